"""A mail server that does as a test says: at each stage it may answer anything, hang up, or say nothing."""

import asyncio
import email
import email.policy
import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field

DROP, HANG = "drop", "hang"
# At the end of the data only: to take the message, and then hang up without a word.
TAKE_AND_DROP = "take and drop"


@dataclass(frozen=True)
class Late:
    """The usual reply, after so many seconds."""

    seconds: float


_USUAL = {"connect": "220 ready", "ehlo": "250 here", "mail": "250 fine", "rcpt": "250 fine"}
_USUAL |= {"data": "354 go on", "end": "250 2.0.0 taken"}


@dataclass
class Taken:
    """One message: its envelope and its bytes."""

    sender: str
    recipient: str
    raw: bytes

    @property
    def message(self):
        return email.message_from_bytes(self.raw, policy=email.policy.default)


@dataclass
class MailServer:
    """What it took, what it was asked, and how it answers.

    ``script(stage, recipient, number)`` returns a reply, one of the above, or None for the usual reply;
    ``number`` counts the messages that were begun, from 1. The stages are those of ``_USUAL``.
    """

    script: object = None
    taken: list = field(default_factory=list)
    # How often each recipient was named.
    asked: Counter = field(default_factory=Counter)
    connections: int = 0
    begun: int = 0
    pipelining: bool = True
    port: int = 0
    # The transports of connections that are open.
    open: set = field(default_factory=set)

    @property
    def recipients(self):
        """How often each recipient's message was taken."""
        return Counter(each.recipient for each in self.taken)

    def reply(self, stage, recipient):
        told = self.script(stage, recipient, self.begun) if self.script else None
        return told or _USUAL[stage]


class _Connection(asyncio.Protocol):
    def __init__(self, server):
        self.server, self.buffer, self.in_data = server, b"", False
        self.sender = self.recipient = ""
        self.silent = self.is_late = False

    def connection_made(self, transport):
        self.transport = transport
        self.server.connections += 1
        self.server.open.add(transport)
        self.say("connect")

    def connection_lost(self, error):
        self.server.open.discard(self.transport)

    def data_received(self, data):
        self.buffer += data
        self.go_on()

    def go_on(self):
        while not (self.silent or self.is_late or self.transport.is_closing()):
            mark = b"\r\n.\r\n" if self.in_data else b"\r\n"
            piece, found, rest = self.buffer.partition(mark)
            if not found:
                return
            self.buffer = rest
            if self.in_data:
                self.in_data = False
                self.end(piece)
            else:
                self.command(piece.decode())

    def command(self, line):
        verb, argument = line[:4].upper(), line.partition(":")[2].partition(">")[0].lstrip("<")
        if verb in ("EHLO", "HELO"):
            told = self.server.reply("ehlo", "")
            if self.server.pipelining and told == _USUAL["ehlo"]:
                self.transport.write(b"250-here\r\n250 PIPELINING\r\n")
            else:
                self.say("ehlo")
        elif verb == "MAIL":
            self.server.begun += 1
            self.sender, self.recipient = argument, ""
            self.mail_is_fine = self.say("mail").startswith("2")
        elif verb == "RCPT":
            self.server.asked[argument] += 1
            if self.say("rcpt", argument).startswith("2") and self.mail_is_fine:
                self.recipient = argument
        elif verb == "DATA":
            if not self.recipient:
                self.transport.write(b"554 5.5.1 no valid recipients\r\n")
            else:
                self.in_data = self.say("data").startswith("354")
        elif verb == "QUIT":
            self.transport.write(b"221 bye\r\n")
            self.transport.close()
        else:
            self.transport.write(b"250 fine\r\n")

    def end(self, raw):
        told = self.server.reply("end", self.recipient)
        # Noted before it is answered: the sender may be heard of again before this goes on.
        if isinstance(told, Late) or told.startswith("2") or told == TAKE_AND_DROP:
            self.server.taken.append(Taken(self.sender, self.recipient, raw.replace(b"\r\n..", b"\r\n.")))
        self.answer("end", told)

    def say(self, stage, recipient=None):
        return self.answer(
            stage, self.server.reply(stage, self.recipient if recipient is None else recipient)
        )

    def answer(self, stage, told):
        if isinstance(told, Late):
            self.is_late, seconds, told = True, told.seconds, _USUAL[stage]
            asyncio.get_running_loop().call_later(seconds, self.say_late, told)
        elif told in (DROP, TAKE_AND_DROP):
            self.transport.abort()
        elif told == HANG:
            self.silent = True
        else:
            self.transport.write(f"{told}\r\n".encode())
            if told.startswith("421"):
                self.transport.close()
        return told

    def say_late(self, reply):
        self.is_late = False
        if not self.transport.is_closing():
            self.transport.write(f"{reply}\r\n".encode())
            self.go_on()


@contextmanager
def running():
    """Run a MailServer in a thread of its own for the length of a ``with`` block."""
    server, loop = MailServer(), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def there(work):
        # In its own thread: the browser's tests have a loop running in this one.
        return asyncio.run_coroutine_threadsafe(work, loop).result()

    async def listen():
        return await loop.create_server(lambda: _Connection(server), "127.0.0.1", 0)

    async def end():
        listening.close()
        # What hangs, or is kept open by somebody who was killed, ends here too.
        for transport in server.open:
            transport.abort()
        while server.open:
            await asyncio.sleep(0)

    listening = there(listen())
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        there(end())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def only(stage, reply, *recipients):
    """Return a script that gives a reply at a stage, to some recipients or to all."""
    return lambda at, who, number: reply if at == stage and (not recipients or who in recipients) else None
