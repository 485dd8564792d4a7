"""A tip's mail as bytes: made once, and then filled in for one person after another."""

import binascii
import re
from datetime import UTC, datetime
from email.utils import format_datetime, parseaddr
from time import time
from urllib.parse import urlsplit

from django.conf import settings

from subscribers import tokens
from subscribers.mail import senders
from subscribers.mail.message import ONE_CLICK, Message, one_click
from subscribers.models import Mailing
from subscribers.tipmail import writing
from tips.models import Tip

# RFC 2045, 6.7: no encoded line is longer.
_LONGEST_LINE = 76
_PICTURE = re.compile(r'(\bsrc="[^"?]*/media/[^"?]*)(")')
# No address holds it.
_PLACEHOLDER = "\0"


class Template:
    """The message of one frozen mailing, with places for what differs from person to person."""

    def __init__(self, mailing: Mailing) -> None:
        """Make the message of a mailing; its ``pk``, ``kind``, ``subject``, ``text`` and ``html`` count.

        Raises ValueError where its texts have no link that leaves: such a mail must not be sent.
        """
        self.mailing = mailing
        boundary = f"=_tip_{mailing.pk}"
        self._leave = [part.encode("ascii") for part in writing.leave_url().split(writing.NOBODYS)]
        # Each is in two pieces around the delivery's token, or in one without.
        self._envelope = senders.envelope_sender(_PLACEHOLDER).split(_PLACEHOLDER)
        self._message_id = senders.message_id(_PLACEHOLDER).split(_PLACEHOLDER)
        self._has_list_headers = settings.HTTPS
        reply_to = [senders.mailbox(*parseaddr(address), "Reply-To") for address in _reply_to()]
        self._head = _header_lines(
            {"From": senders.mailbox(*senders.sender(), "From")}
            | ({"Reply-To": reply_to[0]} if reply_to else {})
            | {"Subject": senders.folded(mailing.subject, "Subject"), "MIME-Version": "1.0"}
            | {"Content-Type": f'multipart/alternative; boundary="{boundary}"'}
            | _headers(mailing)
        )
        # The body is a list of pieces; the token of the link that leaves goes between each two of them.
        pieces = [b"\r\n"]
        for subtype, source in (("plain", mailing.text), ("html", mailing.html)):
            kind = {"Content-Type": f'text/{subtype}; charset="utf-8"'}
            part = _header_lines(kind | {"Content-Transfer-Encoding": "quoted-printable"})
            first, *others = _quoted_around_token(source)
            pieces[-1] += f"--{boundary}\r\n".encode() + part + b"\r\n" + first
            pieces += others
            pieces[-1] += b"\r\n"
        pieces[-1] += f"--{boundary}--\r\n".encode()
        self._pieces = pieces
        self._clock = 0, b""

    def personal(self, delivery_id: int, public_id: str, address: str) -> tuple[str, bytes]:
        """Return (envelope sender, message) for one person.

        ``delivery_id`` is the Delivery's primary key, ``public_id`` and ``address`` are the Subscriber's.
        """
        _refuse_strange(address)
        known_by = senders.make_token(delivery_id)
        leave = tokens.make(tokens.Purpose.LEAVE, public_id).encode("ascii")
        message_id = known_by.join(self._message_id).encode("ascii")
        fields = self._head, address.encode("ascii"), message_id, self._now()
        head = b"%bTo: %b\r\nMessage-ID: %b\r\nDate: %b\r\n" % fields
        if self._has_list_headers:
            # By hand, and on one line: the standard library folds a long URL into an encoded word, in which
            # no mail program looks for a URL.
            url, one_click_post = leave.join(self._leave), ONE_CLICK.encode("ascii")
            head += b"List-Unsubscribe: <%b>\r\nList-Unsubscribe-Post: %b\r\n" % (url, one_click_post)
        return known_by.join(self._envelope), head + leave.join(self._pieces)

    def message(self, delivery_id: int, public_id: str, address: str) -> Message:
        """Return the same mail as a message for any backend of Django's, which is slower."""
        _refuse_strange(address)
        known_by = senders.make_token(delivery_id)
        token = tokens.make(tokens.Purpose.LEAVE, public_id)
        leave = writing.leave_url().replace(writing.NOBODYS, token)
        message = _message(
            self.mailing,
            address,
            replaced=(writing.leave_path(), writing.leave_path().replace(writing.NOBODYS, token)),
            envelope_sender=senders.envelope_sender(known_by),
            headers={"Message-ID": senders.message_id(known_by), **one_click(leave)},
        )
        # Many mail services put in a Message-ID of their own. Anymail has them report this instead.
        message.metadata = {"delivery": known_by}
        return message

    def _now(self) -> bytes:
        # Most messages of a mailing are made in the same few seconds.
        second, date = self._clock
        if second != int(time()):
            second = int(time())
            date = format_datetime(datetime.fromtimestamp(second, UTC)).encode("ascii")
            self._clock = second, date
        return date


def test_message(
    tip: Tip,
    to: str,
    kind: str = Mailing.Kind.TIP,  # noqa: PT028 - no test of pytest's
    note: str = "",  # noqa: PT028
    token: str = "",  # noqa: PT028
) -> Message:
    """Return a test of a tip's mail, to send by its own ``send``.

    Its link to unsubscribe leads to the page where anybody may ask for their own, and it has no header that
    unsubscribes. ``token`` is that of a preview link, by which a tip's pictures are shown before it is
    public.
    """
    frozen = writing.render(tip, kind, note)
    html = _PICTURE.sub(rf"\1?preview={token}\2", frozen.html) if token else frozen.html
    test = Mailing(kind=kind, tip=tip)
    test.subject, test.text, test.html = f"Test: {frozen.subject}", frozen.text, html
    return _message(
        test,
        to,
        replaced=(writing.leave_url(), writing.preferences_url()),
        envelope_sender=senders.envelope_sender(),
        headers={},
    )


def _message(
    mailing: Mailing, to: str, *, replaced: tuple[str, str], envelope_sender: str, headers: dict[str, str]
) -> Message:
    message = Message(
        subject=" ".join(mailing.subject.split()),
        body=mailing.text.replace(*replaced),
        to=[to],
        reply_to=_reply_to(),
        envelope_sender=envelope_sender,
        headers={**_headers(mailing), **headers},
    )
    message.attach_alternative(mailing.html.replace(*replaced), "text/html")
    return message


def _refuse_strange(address: str) -> None:
    """No address that could end its header gets into one; ``addresses.normal`` lets none through."""
    if not (address.isascii() and address.isprintable()):
        raise ValueError("The address has signs that no header may have.")


def _headers(mailing: Mailing) -> dict[str, str]:
    """Return the headers that are the same for all."""
    name = " ".join(settings.SITE_NAME.split())
    list_id = f"<weekly.{urlsplit(settings.SITE_URL).hostname}>"
    return {
        # RFC 2919: by it people's filters and mail programs know the list.
        "List-Id": f"{senders.phrase(name)} {list_id}" if senders.is_plain(name) else list_id,
        # RFC 3834 and 5230: no out-of-office answers. Auto-Submitted would be untrue: a person wrote the tip.
        "Precedence": "bulk",
        "Content-Language": "en",
        # Complaints are counted by mailing and by kind; it says nothing of the recipient.
        "Feedback-ID": f"{mailing.pk or 'test'}:{mailing.kind}:tips:{_sender_id()}",
    }


def _reply_to() -> list[str]:
    return [settings.REPLY_TO] if settings.REPLY_TO else []


def _sender_id() -> str:
    """Return the sender in 5 to 15 letters, which is what Gmail's Feedback-ID has room for."""
    return ("tips" + re.sub("[^a-z0-9]", "", senders.domain().lower()))[:15]


def _header_lines(headers: dict[str, str]) -> bytes:
    return b"".join(f"{name}: {value}\r\n".encode("ascii") for name, value in headers.items())


def _quoted_around_token(source: str) -> list[bytes]:
    """Return text in quoted-printable, cut where the token of the link that leaves goes."""
    before, after = (part.encode() for part in writing.leave_path().split(writing.NOBODYS))
    pieces = source.replace("\r", "").encode().split(before + writing.NOBODYS.encode() + after)
    if len(pieces) == 1:
        raise ValueError("The mail has no link that leaves, so it must not be sent.")
    quoted = [_quoted(pieces[0] + before, token_follows=True)]
    quoted += [_quoted(after + piece + before, token_follows=True) for piece in pieces[1:-1]]
    quoted.append(_quoted(after + pieces[-1]))
    # The token gets a line of its own, which is joined to the others when the text is read.
    join = b"=\r\n"
    return [quoted[0] + join, *(join + piece + join for piece in quoted[1:-1]), join + quoted[-1]]


def _quoted(data: bytes, token_follows: bool = False) -> bytes:
    """Return bytes in quoted-printable with CRLF line ends; a token that follows finds room for its mark."""
    # No line begins with a dot, which is a sign of its own to a mail server (RFC 5321, 4.5.2; RFC 2049, 3).
    lines = [
        b"=2E=\r\n" + line[1:] if line.startswith(b".") else line
        for line in binascii.b2a_qp(data, istext=True).split(b"\n")
    ]
    if token_follows and len(lines[-1]) >= _LONGEST_LINE:
        # What precedes a token ends with a slash, so no sign is cut in two.
        lines[-1:] = [lines[-1][:-1] + b"=", lines[-1][-1:]]
    return b"\r\n".join(lines)
