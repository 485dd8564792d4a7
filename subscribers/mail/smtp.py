"""What a mail server says, with an end to how much and how long: also to what Django's own backend hears.

How long depends on what was asked (RFC 5321, 4.5.3.2). Whoever does not wait for the answer to a whole
message sends it again, and the server may have taken both.
"""

import smtplib
import socket
import time
from types import MappingProxyType
from typing import TYPE_CHECKING

from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

# RFC 5321, 4.5.3.1.5 allows lines of 512 bytes. Whoever talks on and on is no mail server.
_LONGEST = 65_536
# By the command, in seconds; "" is the greeting, and "." the end of a message, which many a server looks
# through before it answers. Nothing depends on the answers to RSET and QUIT.
REPLY_WITHIN = MappingProxyType(
    {"": 300, "mail": 300, "rcpt": 300, "data": 120, ".": 600, "rset": 60, "quit": 2}
)
_OTHER_REPLY_WITHIN = 300
# How long the server may take to read some of a message on (RFC 5321, 4.5.3.2.5).
BLOCK_WITHIN = 180


class NoTls(smtplib.SMTPNotSupportedError):
    """The server offers no TLS, which the settings ask for: nothing may be sent, nor a password."""


def reply_within(command: str) -> float:
    """Return how long the answer to a command is waited for, in seconds."""
    return REPLY_WITHIN.get(command, _OTHER_REPLY_WITHIN)


class Replies:
    """What a server says, reply by reply (RFC 5321, 4.2). The several of a pipeline often come at once."""

    def __init__(self, sock: socket.socket) -> None:
        """``sock`` is a connected socket, or an encrypted one."""
        self.sock, self._heard = sock, b""

    @property
    def are_ahead(self) -> bool:
        """Whether more was heard than was asked for."""
        return bool(self._heard)

    def write(self, data: bytes) -> None:
        """Send commands, or a piece of a message. Raises OSError."""
        self.sock.settimeout(BLOCK_WITHIN)
        self.sock.sendall(data)

    def next(self, command: str) -> tuple[int, bytes]:
        """Return the number of the reply to a command, -1 where it has none, and its words, line by line.

        ``command`` is a key of ``REPLY_WITHIN``, or another one. Raises OSError, and SMTPServerDisconnected
        where the server hung up or talks without end; TimeoutError where the whole reply takes too long.
        """
        seconds = reply_within(command)
        until = time.monotonic() + seconds
        words, length = [], 0
        while True:
            line = self._line(seconds, until)
            seconds = max(until - time.monotonic(), 0.001)
            length += len(line)
            code = int(line[:3]) if line[:3].isdigit() else -1
            words.append(line[4:].strip())
            if code == -1 or line[3:4] != b"-":
                return code, b"\n".join(words)
            if length > _LONGEST:
                raise smtplib.SMTPServerDisconnected

    def _line(self, seconds: float, until: float) -> bytes:
        while not (parts := self._heard.partition(b"\n"))[1]:
            if time.monotonic() > until:
                raise TimeoutError
            self.sock.settimeout(seconds)
            heard = self.sock.recv(_LONGEST)
            if not heard or len(self._heard) > _LONGEST:
                raise smtplib.SMTPServerDisconnected
            self._heard += heard
        self._heard = parts[2]
        return parts[0]


class _PatientSmtp(smtplib.SMTP):
    """The library's own has one limit for all, waits for each piece anew, and keeps whatever lines come."""

    _replies: Replies | None = None
    # To which the next reply is the answer: first the greeting, which nothing asks for.
    _command = ""

    def putcmd(self, cmd: str, args: str = "") -> None:
        """Send a command."""
        self._command = cmd.lower()
        super().putcmd(cmd, args)

    def send(self, s: "ReadableBuffer | str") -> None:
        """Send a command, or a message."""
        if self.sock is not None:
            self.sock.settimeout(BLOCK_WITHIN)
        super().send(s)

    def has_extn(self, opt: str) -> bool:
        """Tell whether the server offers an extension. Raises NoTls instead of saying no to TLS."""
        is_offered = super().has_extn(opt)
        # The library asks for this one only on the way to TLS.
        if opt == "starttls" and not is_offered:
            raise NoTls
        return is_offered

    def getreply(self) -> tuple[int, bytes]:
        """Return the next reply's number and words. Raises SMTPServerDisconnected, as smtplib does."""
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected
        # Another socket from the moment on that it is encrypted: what was heard before counts no more.
        if self._replies is None or self._replies.sock is not self.sock:
            self._replies = Replies(self.sock)
        try:
            code, words = self._replies.next(self._command)
        except OSError as error:
            self.close()
            raise smtplib.SMTPServerDisconnected(type(error).__name__) from error
        if code == 354:
            self._command = "."
        return code, words


class _PatientSmtpSsl(_PatientSmtp, smtplib.SMTP_SSL):
    pass


class _Backend(EmailBackend):
    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _PatientSmtpSsl if self.use_ssl else _PatientSmtp


def get_connection() -> BaseEmailBackend:
    """Return the backend of the setting EMAIL_BACKEND, as Django does; its own SMTP with an end to replies.

    Raises ImportError or ImproperlyConfigured where there is none.
    """
    backend = mail.get_connection()
    # A class made from Django's has a connection of its own choice.
    return _Backend() if type(backend) is EmailBackend else backend
