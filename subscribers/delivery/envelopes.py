"""The envelopes of one connection: that of a message, and that of the next one, which may go ahead.

Where the server offers PIPELINING (RFC 2920), a message's end and the next envelope go in one write, so that
the server thinks about the next recipient while we settle this one. An envelope is no message: what follows
DATA waits until its receiver was judged again, and an envelope that is not wanted any more is reset.
"""

from subscribers.delivery.verdicts import Answer, Stage, Verdict, broken, judge
from subscribers.mail import smtp

# By which command each stage of an envelope is reached.
_COMMANDS = {Stage.SENDER: "mail", Stage.RECIPIENT: "rcpt", Stage.DATA: "data"}
# The server and we disagree about which answer belongs to what, or it hung up between two messages. Nothing
# is said of the next message by that: it is to be begun anew, on a new connection.
OUT_OF_STEP = Answer(Verdict.LATER, Stage.CONNECT, "out of step", broken=True)


class Envelopes:
    """What a server is told before messages, and what it says to that."""

    def __init__(self, replies: smtp.Replies, *, pipelining: bool) -> None:
        """``replies`` are those of a connection that is ready for a message."""
        self._replies, self._pipelining = replies, pipelining
        # The envelope that has gone, and of which no reply was read yet.
        self._ahead: tuple[str, str] | None = None

    @property
    def is_ahead(self) -> bool:
        """Whether the next envelope has gone: then replies to that are no surprise."""
        return self._ahead is not None

    def ahead(self, sender: str, address: str) -> bytes:
        """Return the next envelope, to be written behind a message; nothing where the server takes none."""
        if not self._pipelining:
            return b""
        self._ahead = sender, address
        return _mail(sender) + _rcpt(address)

    def begin(self, sender: str, address: str) -> Answer | None:
        """Begin a message; return an Answer where the server does not wait for its data.

        Of one that went ahead, a refused sender may be an answer too many to the message before, so that is
        ``OUT_OF_STEP``; whoever is told so asks anew.
        """
        has_gone = self._ahead == (sender, address)
        if self._ahead is not None and not has_gone and not self._reset(Stage.SENDER, Stage.RECIPIENT):
            return OUT_OF_STEP
        self._ahead = None
        commands = (
            (Stage.SENDER, b"" if has_gone else _mail(sender)),
            (Stage.RECIPIENT, b"" if has_gone else _rcpt(address)),
            (Stage.DATA, b"DATA\r\n"),
        )
        stage, refused = Stage.SENDER, None
        try:
            if self._pipelining:
                self._replies.write(b"".join([command for _, command in commands]))
            for stage, command in commands:
                if not self._pipelining:
                    self._replies.write(command)
                code, words = self._replies.next(_COMMANDS[stage])
                expected = code == 354 if stage is Stage.DATA else 200 <= code < 300
                if has_gone and not expected and (stage is Stage.SENDER or 200 <= code < 300):
                    return OUT_OF_STEP
                if refused is None and not expected:
                    refused = judge(stage, code, words)
                    if not self._pipelining or refused.broken:
                        return refused
        except OSError as error:
            return OUT_OF_STEP if has_gone and stage is Stage.SENDER else refused or broken(stage, error)
        if refused is not None and code == 354:
            # It waits for data all the same. Only to break off says clearly that there are none.
            return Answer(refused.verdict, refused.stage, refused.reply, broken=True)
        if refused is None and self._replies.are_ahead:
            # It would be taken for the answer to the message, which the server has not seen.
            return Answer(Verdict.LATER, Stage.DATA, "said too much", broken=True)
        return refused

    def forget(self) -> bool:
        """Have the server forget a message that it did not take; return whether the connection is usable."""
        # Of a message that was refused at its end nothing is left, and the next one has begun.
        return self.is_ahead or self._reset()

    def _reset(self, *unread: Stage) -> bool:
        try:
            self._replies.write(b"RSET\r\n")
            for stage in unread:
                self._replies.next(_COMMANDS[stage])
            code, _ = self._replies.next("rset")
        except OSError:
            return False
        return code == 250 and not self._replies.are_ahead


def _mail(sender: str) -> bytes:
    return b"MAIL FROM:<%b>\r\n" % sender.encode("ascii")


def _rcpt(address: str) -> bytes:
    return b"RCPT TO:<%b>\r\n" % address.encode("ascii")
