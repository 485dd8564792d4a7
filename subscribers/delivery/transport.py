"""One kept-open connection to whatever takes the mail: an SMTP server, or another of Django's backends."""

import contextlib
import re
import smtplib
import socket
import ssl
import time

import requests
import urllib3.exceptions
from anymail.exceptions import AnymailConfigurationError, AnymailRecipientsRefused, AnymailUnsupportedFeature
from django.core.exceptions import ImproperlyConfigured
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend

from subscribers import tipmail
from subscribers.delivery.envelopes import Envelopes
from subscribers.delivery.judgement import Cause, Judgement
from subscribers.delivery.verdicts import TAKEN, Answer, Stage, Verdict, broken, judge
from subscribers.mail import smtp

# What would end the command, or the address in it.
_UNSAFE_IN_COMMAND = re.compile(r"[^\x21-\x3b\x3d\x3f-\x7e]")
# A connection carries so many messages at most; some servers end longer ones without a word.
MOST_MESSAGES = 1000
# A server may hang up on who has said nothing for so long, in seconds.
LONGEST_SILENCE = 20
# It is the address that was refused, and nobody says why.
_UNEXPLAINED = Judgement(Cause.UNEXPLAINED)
# What a mail service answers to a wrong key, an unpaid bill, or a sender that it does not serve.
_SENDER_REFUSED = (401, 402, 403)
# A delivery's primary key, and the address that it is going to.
Following = tuple[int, str]


class Refusal(Exception):
    """The server cannot be used now; ``answer`` says whether that is the sender's fault."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.reply)
        self.answer = answer


def connect() -> "Transport":
    """Return what the setting EMAIL_BACKEND names, yet to be opened. Raises Refusal where there is none."""
    try:
        backend = smtp.get_connection()
    except (ImportError, ImproperlyConfigured) as error:
        raise Refusal(Answer(Verdict.SENDER_AT_FAULT, Stage.HELLO, type(error).__name__[:60])) from error
    return SmtpTransport(backend) if isinstance(backend, EmailBackend) else BackendTransport(backend)


class SmtpTransport:
    """SMTP, with the host, the account and the encryption of Django's own backend.

    Messages are ready-made bytes. Where the server can take it, the next envelope goes ahead (``envelopes``).
    """

    # Of the connection, as long as it is open.
    _replies: smtp.Replies
    _envelopes: Envelopes

    def __init__(self, backend: EmailBackend) -> None:
        self._backend = backend
        self._is_connected = False
        self._messages, self._used = 0, 0.0

    @property
    def is_open(self) -> bool:
        """Whether the next message can go without a new connection, which may take half a minute."""
        lively = time.monotonic() - self._used < LONGEST_SILENCE
        return self._is_connected and self._messages < MOST_MESSAGES and lively

    def open(self) -> None:
        """Connect and sign in, if that is still to be done. Raises Refusal."""
        if self.is_open:
            return
        self.close()
        try:
            self._backend.open()
            server = self._backend.connection
            if server is None or server.sock is None:
                raise smtplib.SMTPServerDisconnected
            server.ehlo_or_helo_if_needed()
            # Or the last part of a message waits until the server has said that it got the others.
            server.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # An error of smtplib is one, too.
        except OSError as error:
            self.close()
            raise Refusal(_before_any_message(error)) from None
        self._is_connected, self._messages, self._used = True, 0, time.monotonic()
        self._replies = smtp.Replies(server.sock)
        self._envelopes = Envelopes(self._replies, pipelining=server.has_extn("pipelining"))

    def send(
        self,
        template: tipmail.Template,
        delivery_id: int,
        public_id: str,
        address: str,
        following: Following | None = None,
    ) -> Answer:
        """Send the message of a delivery; return the Answer.

        The envelope of ``following`` may go ahead: it is judged anew before it is sent, and may never be.
        """
        if _UNSAFE_IN_COMMAND.search(address):
            return Answer(
                Verdict.REFUSED, Stage.RECIPIENT, "no address that can be written to", judged=_UNEXPLAINED
            )
        sender, data = template.personal(delivery_id, public_id, address)
        self._messages += 1
        self._used = time.monotonic()
        answer = self._envelopes.begin(sender, address)
        if answer is None:
            ahead = b""
            if following and self._messages < MOST_MESSAGES and not _UNSAFE_IN_COMMAND.search(following[1]):
                ahead = self._envelopes.ahead(template.envelope_sender(following[0]), following[1])
            answer = self._data(data, ahead)
        # It may have thought about it for minutes, and is no less there for that.
        self._used = time.monotonic()
        # A server that said more than it was asked would be a reply ahead from now on.
        said_too_much = self._replies.are_ahead and not self._envelopes.is_ahead
        is_usable = answer.verdict is Verdict.SENT or (not answer.broken and self._envelopes.forget())
        if said_too_much or not is_usable:
            self.close()
        return answer

    def close_if_idle(self) -> None:
        """Close the connection if it has had nothing to do for a while."""
        if self._is_connected and time.monotonic() - self._used > LONGEST_SILENCE:
            self.close()

    def close(self) -> None:
        """Close the connection in good manners, or in any."""
        server, self._backend.connection = self._backend.connection, None
        self._is_connected = False
        if server is not None:
            with contextlib.suppress(OSError):
                if server.sock is not None:
                    server.quit()
            server.close()
        # What it had opened half, and lacked what the settings ask for.
        with contextlib.suppress(OSError):
            self._backend.close()

    def _data(self, data: bytes, ahead: bytes) -> Answer:
        # RFC 5321, 4.5.2. A tip's mail has no such line, and this tells at little cost.
        if b"\r\n." in data:
            data = data.replace(b"\r\n.", b"\r\n..")
        end = b".\r\n" if data.endswith(b"\r\n") else b"\r\n.\r\n"
        complete = False
        try:
            self._replies.write(data + end + ahead)
            # What fails before here has not got its end, and is no message to the server.
            complete = True
            code, words = self._replies.next(".")
        except OSError as error:
            return broken(Stage.DATA, error, after_data=complete)
        if code == -1:
            return broken(Stage.DATA, smtplib.SMTPServerDisconnected(), after_data=True)
        if 200 <= code < 300:
            return TAKEN
        return judge(Stage.DATA, code, words)


class BackendTransport:
    """Another of Django's backends: a mail service's, or one that only shows or keeps the mail."""

    # It connects for each message, or so it may.
    is_open = True

    def __init__(self, backend: BaseEmailBackend) -> None:
        self._backend = backend

    def open(self) -> None:
        """Open what the backend keeps open. Raises Refusal."""
        try:
            self._backend.open()
        except OSError as error:
            raise Refusal(broken(Stage.CONNECT, error)) from None

    def send(
        self,
        template: tipmail.Template,
        delivery_id: int,
        public_id: str,
        address: str,
        following: Following | None = None,
    ) -> Answer:
        """Hand over the message of a delivery; return the Answer."""
        message = template.message(delivery_id, public_id, address)
        try:
            self._backend.send_messages([message])
        # Each service has errors of its own, and none that all share.
        except Exception as error:
            # Anymail notes the response there when it means that the message was taken.
            response = getattr(getattr(message, "anymail_status", None), "esp_response", None)
            return _service_failed(error, was_heard=response is not None)
        return TAKEN

    def close_if_idle(self) -> None:
        """Close what the backend keeps open: there is nothing to do."""
        self.close()

    def close(self) -> None:
        """Close what the backend keeps open."""
        with contextlib.suppress(OSError):
            self._backend.close()


Transport = SmtpTransport | BackendTransport


def _before_any_message(error: OSError) -> Answer:
    """Return the Answer for what went wrong before any message."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return judge(Stage.SIGN_IN, error.smtp_code, error.smtp_error)
    if isinstance(error, smtplib.SMTPResponseException):
        stage = Stage.HELLO if isinstance(error, smtplib.SMTPHeloError) else Stage.CONNECT
        return judge(stage, error.smtp_code, error.smtp_error)
    if isinstance(error, smtplib.SMTPServerDisconnected) or not isinstance(error, smtplib.SMTPException):
        return broken(Stage.CONNECT, error)
    # It lacks what the settings ask for: encryption, or a way to sign in.
    lacks = "TLS" if isinstance(error, smtp.NoTls) else "way to sign in that we know"
    words = f"The mail server offers no {lacks}, and EMAIL_URL asks for it: nothing is sent"
    return Answer(
        Verdict.SENDER_AT_FAULT, Stage.HELLO, type(error).__name__[:60], broken=True, explanation=words
    )


def _service_failed(error: Exception, *, was_heard: bool) -> Answer:
    status, name = getattr(error, "status_code", None), type(error).__name__[:60]
    if isinstance(error, AnymailRecipientsRefused):
        return Answer(Verdict.REFUSED, Stage.RECIPIENT, "refused by the mail service", judged=_UNEXPLAINED)
    if isinstance(error, (AnymailConfigurationError, AnymailUnsupportedFeature)):
        return Answer(Verdict.SENDER_AT_FAULT, Stage.HELLO, name, broken=True)
    if status in _SENDER_REFUSED:
        return Answer(Verdict.SENDER_AT_FAULT, Stage.SIGN_IN, f"HTTP {status}")
    if isinstance(status, int):
        # Of what it took, by that number, nobody may understand what else it says.
        verdict = Verdict.UNCERTAIN if 200 <= status < 300 else Verdict.LATER
        return Answer(verdict, Stage.DATA, f"HTTP {status}", broken=True)
    if isinstance(error, requests.RequestException):
        # What it was before Anymail made an error of its own of it.
        name = type(error.__cause__ or error).__name__[:60]
        if _surely_not_sent(error):
            return Answer(Verdict.LATER, Stage.CONNECT, name, broken=True)
        # The request went out, and nobody knows what became of it.
        return Answer(Verdict.UNCERTAIN, Stage.DATA, name, broken=True)
    verdict = Verdict.UNCERTAIN if was_heard or isinstance(error, TimeoutError) else Verdict.LATER
    return Answer(verdict, Stage.DATA, name, broken=True)


def _surely_not_sent(error: Exception) -> bool:
    """Tell whether a request surely failed before any of it was sent; the library says so deep inside."""
    cause = error.__cause__ or error
    # A ValueError is an address of the service that is none.
    if isinstance(cause, (requests.ConnectTimeout, ValueError)):
        return True
    reason = getattr(cause.args[0], "reason", None) if cause.args else None
    if isinstance(reason, urllib3.exceptions.SSLError):
        return bool(reason.args) and isinstance(reason.args[0], ssl.SSLCertVerificationError)
    return isinstance(reason, (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ProxyError))
