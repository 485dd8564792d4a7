"""What a mail server says in plain text, apart from the mail that it sends back along with it."""

import html
import re
from email.message import Message

from subscribers.bounces import parts

# Of the text of a report so many letters are looked at.
READ_OF_A_TEXT = 2**17
# Nothing of the text is shown as HTML: this has only to make words of it.
_TAG = re.compile(r"<[^<>]*>")
# No line of a server is longer (RFC 5322, 2.1.1).
LONGEST_LINE = 1000
_CODE = re.compile(r"(?<![\w./-])[45]\d\d[ -]|[45]\.\d\.\d")
# Where a server begins to quote: by a line of its own that says so, or by the first header.
_QUOTE = re.compile(
    r"^[ \t>*]*(?:[-=_*]{2,99}[^\n]{0,60}\b(?:below this line|copy of (?:the|your) (?:message|mail|headers)"
    r"|(?:original|returned|unsent|undelivered|failed|forwarded) (?:message|e?-?mail)"
    r"|message (?:header|text|body)s?)\b"
    r"|(?:original message(?: headers)?|message headers)[^\n]{0,40}:[ \t]*$"
    r"|(?:return-path|received|message-id|dkim-signature|list-unsubscribe):[ \t]*\S)",
    re.IGNORECASE | re.MULTILINE,
)


def text_of(message: Message) -> str:
    """Return the text of a mail as it stands right in it: the plain parts, or the words of the HTML."""
    plain, marked_up = [], []
    for part in parts.leaves(message):
        # Where the parts cannot be told apart, all is one text.
        if part.get_content_type() == "text/plain" or part.get_content_maintype() == "multipart":
            plain.append(parts.decoded(part))
        elif part.get_content_type() == "text/html":
            marked_up.append(html.unescape(_TAG.sub(" ", parts.decoded(part)[:READ_OF_A_TEXT])))
    return "\n".join(plain or marked_up)[:READ_OF_A_TEXT]


def from_first_code(text: str) -> str:
    """Return all from the first line on that has a reply code or an enhanced status; without one, all.

    The line before that belongs to it, if it names the command that was answered so.
    """
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if _CODE.search(line[:LONGEST_LINE]):
            before = lines[number - 1].strip() if number else ""
            is_command = before.startswith(">>>") or before.endswith(":")
            return "\n".join(lines[number - is_command :])
    return text


def before_quote(text: str) -> str:
    """Return what a server says itself, without the mail that it quotes behind that."""
    text = text.replace("\r\n", "\n")
    return text[: quote.start()] if (quote := _QUOTE.search(text)) else text
