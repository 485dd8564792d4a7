"""What a mail server says, with an end to how much and how long: also to what Django's own backend hears."""

import math
import smtplib
import socket
import time

from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend

# RFC 5321, 4.5.3.1.5 allows lines of 512 bytes. Whoever talks on and on is no mail server.
_LONGEST = 65_536


class Replies:
    """What a server says, reply by reply (RFC 5321, 4.2). The several of a pipeline often come at once."""

    def __init__(self, sock: socket.socket) -> None:
        """``sock`` is a connected socket, or an encrypted one."""
        self.sock, self._heard = sock, b""

    @property
    def are_ahead(self) -> bool:
        """Whether more was heard than was asked for."""
        return bool(self._heard)

    def next(self) -> tuple[int, bytes]:
        """Return the next reply's number, -1 where it has none, and its words, line by line.

        Raises OSError, and SMTPServerDisconnected where the server hung up or talks without end. The
        socket's timeout holds for each piece that comes; here it holds for the reply as well, so that none
        lasts longer than twice that.
        """
        until = time.monotonic() + (self.sock.gettimeout() or math.inf)
        words, length = [], 0
        while True:
            line = self._line(until)
            length += len(line)
            code = int(line[:3]) if line[:3].isdigit() else -1
            words.append(line[4:].strip())
            if code == -1 or line[3:4] != b"-":
                return code, b"\n".join(words)
            if length > _LONGEST:
                raise smtplib.SMTPServerDisconnected

    def _line(self, until: float) -> bytes:
        while not (parts := self._heard.partition(b"\n"))[1]:
            if time.monotonic() > until:
                raise TimeoutError
            heard = self.sock.recv(_LONGEST)
            if not heard or len(self._heard) > _LONGEST:
                raise smtplib.SMTPServerDisconnected
            self._heard += heard
        self._heard = parts[2]
        return parts[0]


class _PatientSmtp(smtplib.SMTP):
    """The library's own waits for each piece anew, and keeps whatever lines come."""

    _replies: Replies | None = None

    def getreply(self) -> tuple[int, bytes]:
        """Return the next reply's number and words. Raises SMTPServerDisconnected, as smtplib does."""
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected
        # Another socket from the moment on that it is encrypted: what was heard before counts no more.
        if self._replies is None or self._replies.sock is not self.sock:
            self._replies = Replies(self.sock)
        try:
            return self._replies.next()
        except OSError as error:
            self.close()
            raise smtplib.SMTPServerDisconnected(type(error).__name__) from error


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
