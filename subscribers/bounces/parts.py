"""The parts of a mail that came back, taken apart with an end to their number, depth and length."""

import email
import email.policy
from collections.abc import Iterator
from email.message import Message
from itertools import islice

# Of a mail so many bytes are read. A report ends with the mail that it is about, and says all before it.
READ_OF_A_MAIL = 2**18
# More parts than any report has, and more letters than any of its headers: to take such mail apart can take
# the library minutes.
MOST_PARTS = 500
LONGEST_HEADER = 4000


class _ShortHeaders(email.policy.Compat32):
    """Reads headers as they stand, and none to an end that no mail server writes."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:LONGEST_HEADER]


_POLICY = _ShortHeaders()


def parsed(raw: bytes) -> Message | None:
    """Return a mail, or None where it has more parts than any report."""
    message = email.message_from_bytes(raw[:READ_OF_A_MAIL], policy=_POLICY)
    return None if len(list(islice(message.walk(), MOST_PARTS + 1))) > MOST_PARTS else message


def direct(message: Message) -> list[Message]:
    """Return a mail, or the parts right in it, but none of those in them."""
    return inner(message) if message.get_content_maintype() == "multipart" else [message]


def inner(part: Message) -> list[Message]:
    """Return the parts right in a part, of which there may be none."""
    payload = part.get_payload()
    return [each for each in payload if isinstance(each, Message)] if isinstance(payload, list) else []


def leaves(message: Message) -> Iterator[Message]:
    """Yield the parts of a mail that are no multiparts, without those of a mail within it."""
    for part in direct(message):
        if part is not message and part.get_content_maintype() == "multipart":
            yield from leaves(part)
        else:
            yield part


def block(message: Message) -> dict[str, str]:
    """Return the headers of a mail, or of a block of fields, by their names in small letters."""
    return {name.lower(): " ".join(str(value).split()) for name, value in message.items()}


def blocks(part: Message) -> list[dict[str, str]]:
    """Return the blocks of fields in a part (RFC 3464, 2.1), each by the names in small letters."""
    if within := inner(part):
        return [block(each) for each in within]
    return [fields(part)]


def fields(part: Message) -> dict[str, str]:
    """Return the fields in the text of a part, by their names in small letters."""
    if within := inner(part):
        return {name: value for each in map(block, within) for name, value in each.items()}
    return block(email.message_from_string(decoded(part), policy=_POLICY))


def decoded(part: Message) -> str:
    """Return the text of a part; what is no UTF-8 becomes a question mark."""
    payload = part.get_payload(decode=True)
    return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
