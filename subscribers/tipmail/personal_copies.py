"""A tip's mail as bytes: made once, and then filled in for one person after another."""

import binascii
import functools
import re
from datetime import UTC, datetime
from email.utils import format_datetime, parseaddr
from time import time
from urllib.parse import urlsplit

from django.conf import settings

from subscribers import tokens
from subscribers.mail import envelope
from subscribers.mail.message import Message, one_click
from subscribers.models import Mailing
from subscribers.tipmail import rendering

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
        self._leave = rendering.leave_url().split(rendering.NOBODYS)
        # Each is in two pieces around the delivery's token, or in one without.
        self._envelope = envelope.envelope_sender(_PLACEHOLDER).split(_PLACEHOLDER)
        self._message_id = envelope.message_id(_PLACEHOLDER).split(_PLACEHOLDER)
        reply_to = settings.REPLY_TO and envelope.mailbox(*parseaddr(settings.REPLY_TO), "Reply-To")
        self._head = _header_lines(
            {"From": envelope.mailbox(*envelope.sender(), "From")}
            | ({"Reply-To": reply_to} if reply_to else {})
            | {"Subject": envelope.folded(mailing.subject, "Subject"), "MIME-Version": "1.0"}
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

    def personal(self, delivery_id: int, public_id: str, address: str) -> tuple[str, bytes]:
        """Return (envelope sender, message) for one person.

        ``delivery_id`` is the Delivery's primary key, ``public_id`` and ``address`` are the Subscriber's.
        """
        _refuse_strange(address)
        known_by = envelope.make_token(delivery_id)
        leave = tokens.make(tokens.Purpose.LEAVE, public_id)
        fields = {"To": address, "Message-ID": known_by.join(self._message_id), "Date": _date(int(time()))}
        # By hand, and on one line: the standard library folds a long URL into an encoded word, in which no
        # mail program looks for a URL.
        head = self._head + _header_lines(fields | one_click(leave.join(self._leave)))
        return known_by.join(self._envelope), head + leave.encode("ascii").join(self._pieces)

    def envelope_sender(self, delivery_id: int) -> str:
        """Return the envelope sender of a delivery's message alone, as ``personal`` does."""
        return envelope.make_token(delivery_id).join(self._envelope)

    def message(self, delivery_id: int, public_id: str, address: str) -> Message:
        """Return the same mail as a message for any backend of Django's, which is slower."""
        _refuse_strange(address)
        known_by = envelope.make_token(delivery_id)
        token = tokens.make(tokens.Purpose.LEAVE, public_id)
        headers = {"Message-ID": envelope.message_id(known_by), **one_click(token.join(self._leave))}
        path = rendering.leave_path()
        texts = _texts(self.mailing, path, path.replace(rendering.NOBODYS, token))
        message = Message(texts, address, _headers(self.mailing) | headers, known_by)
        # Many mail services put in a Message-ID of their own. Anymail has them report this instead.
        message.metadata = {"delivery": known_by, "leave": token}
        return message


def test_message(mailing: Mailing, to: str, token: str) -> Message:
    """Return a test of a mailing's mail as its tip stands now, to send by its own ``send``.

    The mailing may be saved or not; its ``tip``, ``kind`` and ``note`` count. The link to unsubscribe leads
    to the page where anybody may ask for their own, and no header unsubscribes. ``token`` is that of a
    preview link, by which a tip's pictures are shown before it is public, or "".
    """
    frozen = rendering.render_mailing(mailing)
    html = _PICTURE.sub(rf"\1?preview={token}\2", frozen.html) if token else frozen.html
    test = Mailing(kind=mailing.kind, subject=f"Test: {frozen.subject}", text=frozen.text, html=html)
    return Message(_texts(test, rendering.leave_url(), rendering.preferences_url()), to, _headers(test))


def _texts(mailing: Mailing, replaced: str, link: str) -> tuple[str, ...]:
    """Return a mailing's subject, text and HTML with one link in the place of another."""
    return mailing.subject, mailing.text.replace(replaced, link), mailing.html.replace(replaced, link)


# Most messages of a mailing are made in the same few seconds.
@functools.lru_cache(maxsize=8)
def _date(second: int) -> str:
    return format_datetime(datetime.fromtimestamp(second, UTC))


def _refuse_strange(address: str) -> None:
    """No address that could end its header gets into one; ``addresses.normal`` lets none through."""
    if not (address.isascii() and address.isprintable()):
        raise ValueError("The address has signs that no header may have.")


def _headers(mailing: Mailing) -> dict[str, str]:
    """Return the headers that are the same for all."""
    name = " ".join(settings.SITE_NAME.split())
    list_id = f"<weekly.{urlsplit(settings.SITE_URL).hostname}>"
    # In 5 to 15 letters, which is what Gmail's Feedback-ID has room for.
    sender_id = ("tips" + re.sub("[^a-z0-9]", "", envelope.domain().lower()))[:15]
    return {
        # RFC 2919: by it people's filters and mail programs know the list.
        "List-Id": f"{envelope.phrase(name)} {list_id}" if envelope.is_plain(name) else list_id,
        # RFC 3834 and 5230: no out-of-office answers. Auto-Submitted would be untrue: a person wrote the tip.
        "Precedence": "bulk",
        "Content-Language": "en",
        # Complaints are counted by mailing and by kind; it says nothing of the recipient.
        "Feedback-ID": f"{mailing.pk or 'test'}:{mailing.kind}:tips:{sender_id}",
    }


def _header_lines(headers: dict[str, str]) -> bytes:
    return "".join([f"{name}: {value}\r\n" for name, value in headers.items()]).encode("ascii")


def _quoted_around_token(source: str) -> list[bytes]:
    """Return text in quoted-printable, cut where the token of the link that leaves goes."""
    before, after = (part.encode() for part in rendering.leave_path().split(rendering.NOBODYS))
    pieces = source.replace("\r", "").encode().split(before + rendering.NOBODYS.encode() + after)
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
