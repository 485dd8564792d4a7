"""The parts that reports of all servers are made of.

In their texts ``{to}`` is our address with the token of a delivery, ``{id}`` the Message-ID of its mail, and
``{desk}`` the sender's own address, which carries no token.
"""

from dataclasses import dataclass

from subscribers.mail import envelope

READER = "anna@reader.example"


@dataclass(frozen=True)
class Case:
    """A mail that came back, by its name, and how it is to be judged."""

    name: str
    text: str
    kind: str
    cause: str = ""

    def raw(self, delivery_id):
        """Return the mail as bytes, about a delivery."""
        token = envelope.make_token(delivery_id)
        named = {"to": envelope.envelope_sender(token), "id": envelope.message_id(token)}
        text = self.text
        for name, value in (named | {"desk": "tips@tips.example.org"}).items():
            text = text.replace(f"{{{name}}}", value)
        return text.replace("\n", "\r\n").encode()


def returned(message_id="{id}"):
    """Return the headers of the mail that is sent back."""
    return (
        f"From: Tip Desk <{{desk}}>\nTo: {READER}\nSubject: Greet whoever comes in\n"
        f"Message-ID: {message_id}\nList-Unsubscribe: <https://tips.example.org/unsubscribe/x/>\n"
        "Date: Tue, 17 Nov 2026 07:00:03 +0000\nContent-Type: text/plain; charset=utf-8\n"
    )


BODY = "\nGreet whoever comes in before they reach the counter.\n"


def headers(sender, subject, to="{to}", **more):
    """Return the headers of a report; an underscore in a name of ``more`` is a hyphen."""
    lines = [f"From: {sender}", f"To: {to}", f"Subject: {subject}"]
    lines += ["Date: Tue, 17 Nov 2026 07:00:09 +0000", "MIME-Version: 1.0"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in more.items()]
    return "\n".join(lines) + "\n"


def multipart(head, kind, *parts):
    """Return a mail of several parts, each (its Content-Type, its text)."""
    bound = "=_part_17"
    text = f'{head}Content-Type: multipart/{kind}; boundary="{bound}"\n\nThis is a MIME message.\n'
    for content_type, content in parts:
        text += f"\n--{bound}\nContent-Type: {content_type}\n\n{content}\n"
    return f"{text}\n--{bound}--\n"


def report(head, text, fields, *, per_message="", back="message/rfc822", text_type="text/plain"):
    """Return a report in the standard form (RFC 3464); ``fields`` are those about the recipient."""
    reporting = per_message or "Reporting-MTA: dns; mx.relay.example"
    quoted = (returned() + BODY) if back == "message/rfc822" else returned()
    parts = [(f"{text_type}; charset=utf-8", text)]
    parts += [("message/delivery-status", f"{reporting}\n\n{fields}")]
    parts += [(back, quoted)] if back else []
    return multipart(head, "report; report-type=delivery-status", *parts)


def recipient(status, action="failed", diagnostic="", remote="mx.reader.example", **more):
    """Return the fields about the recipient."""
    lines = [f"Final-Recipient: rfc822;{READER}", f"Action: {action}"]
    lines += [f"Status: {status}"] if status else []
    lines += [f"Remote-MTA: dns; {remote}"] if remote else []
    lines += [f"Diagnostic-Code: {diagnostic}"] if diagnostic else []
    return "\n".join([*lines, *(f"{name.replace('_', '-')}: {value}" for name, value in more.items())])
