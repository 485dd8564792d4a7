"""A mail to a reader for Django's backends, and the headers by which mail programs unsubscribe."""

from email.message import EmailMessage as StandardMessage
from email.utils import formataddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from subscribers.mail import envelope

# RFC 8058 allows no other way than HTTPS.
ONE_CLICK = "List-Unsubscribe=One-Click"


class Message(EmailMultiAlternatives):
    """A mail of ours for Django's backends: from the site's sender, each header on its one line."""

    # What a mail service reports along with the mail, by Anymail.
    metadata: dict[str, str]

    def __init__(self, texts: tuple[str, ...], to: str, headers: dict[str, str], token: str = "") -> None:
        """``texts`` are the subject, the plain text and the HTML; ``token`` is that of a delivery, or "".

        The envelope sender with that token gets reports of what was not delivered.
        """
        name, address = envelope.sender()
        if settings.EMAIL_BACKEND.startswith("anymail."):
            # To Anymail a From header asks for another envelope. Most services have no way to ask, some take
            # its domain for the account's, and all would show a name that is encoded already as it stands.
            sender = f"{envelope.phrase(name)} <{address}>"
        else:
            # Django takes this for the envelope where there is a From header.
            sender = envelope.envelope_sender(token)
            headers = {**headers, "From": formataddr((name, address), "utf-8")}
        reply_to = [settings.REPLY_TO] if settings.REPLY_TO else None
        subject, text, html = texts
        super().__init__(" ".join(subject.split()), text, sender, [to], headers=headers, reply_to=reply_to)
        self.attach_alternative(html, "text/html")

    def message(self, **options: Any) -> StandardMessage:
        """Return the message of the standard library; Django 6 hands in a policy."""
        message = super().message(**options)
        # Folded, the URL that unsubscribes would begin on a line of its own.
        message.policy = message.policy.clone(max_line_length=None)
        return message


def one_click(leave_url: str) -> dict[str, str]:
    """Return the headers by which mail programs unsubscribe a person (RFC 8058); none without HTTPS."""
    if not settings.HTTPS:
        return {}
    return {"List-Unsubscribe": f"<{leave_url}>", "List-Unsubscribe-Post": ONE_CLICK}
