"""What a tip's mail says: its subject, its plain text and its HTML, which have the same words and links."""

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import mark_safe

from subscribers.mail import letter_html
from subscribers.models import Mailing
from subscribers.tipmail import plain_text
from tips.models import SeriesPart, Surroundings, Tip
from tips.publishing import preflight
from tips.text import sanitiser

# Where the token stands in the link that leaves, until the message is made for one person.
NOBODYS = "your-own-link"
# Gmail shows no more than about 102 kB of a mail's HTML, and hides what comes after: the link that leaves.
MOST_HTML_BYTES = 95_000
# As wide as the column of text; Outlook heeds nothing but the attribute.
WIDEST_PICTURE = 560

# In clean HTML no attribute holds a quotation mark or a ">", so nothing but real attributes is found.
_IMG = re.compile(r"<img [^>]*>")
_WIDTH = re.compile(r'\bwidth="(\d+)"')
_HEIGHT = re.compile(r'\s*\bheight="\d*"')


@dataclass(frozen=True)
class Frozen:
    """A tip's mail as all get it, but for the link that leaves: there ``NOBODYS`` stands for the token."""

    subject: str
    text: str
    html: str


def render_mailing(mailing: Mailing) -> Frozen:
    """Write the mail of a mailing, saved or not, as its tip stands now."""
    return render(mailing.tip, mailing.kind, mailing.note, is_note_alone=mailing.is_note_alone)


def render(
    tip: Tip,
    kind: str = Mailing.Kind.TIP,
    note: str = "",
    *,
    is_note_alone: bool = False,
    has_surroundings: bool = True,
) -> Frozen:
    """Write a tip's mail.

    ``tip`` may be saved or not. ``kind`` is a ``Mailing.Kind``; a correction says on top, in the words of
    ``note``, what was wrong. With ``is_note_alone`` it says nothing else, and leads to no page of the tip.
    What stands around the text of a saved tip (its series, the house's notices) is left out where it does not
    have its surroundings.
    """
    url = settings.SITE_URL + tip.get_absolute_url()
    is_correction = kind == Mailing.Kind.CORRECTION
    # Here the gate; what follows touches no address.
    body = sanitiser.shown(tip.body, settings.SITE_URL)
    # Only the link of our own gets each reader's token: whoever writes a tip could have it sent elsewhere.
    placeholder = secrets.token_hex(16)
    context = {
        "SITE_NAME": settings.SITE_NAME,
        "SITE_URL": settings.SITE_URL,
        "POSTAL_ADDRESS": settings.POSTAL_ADDRESS,
        "host": urlsplit(settings.SITE_URL).netloc,
        "tip": tip,
        "url": url,
        "body": mark_safe(narrowed(body)),  # noqa: S308
        "body_text": plain_text.from_html(body),
        # What a list of mails shows behind the subject.
        "preheader": note if is_correction else tip.preheader or tip.takeaway or tip.excerpt,
        **(_house(tip) if tip.pk and not is_note_alone and has_surroundings else {}),
        "is_correction": is_correction,
        "is_note_alone": is_note_alone,
        "note": note.strip(),
        "leave": leave_url().replace(NOBODYS, placeholder),
        "preferences": preferences_url(),
        "privacy": settings.SITE_URL + reverse("subscribers:privacy"),
    }
    subject = " ".join(render_to_string("emails/tip.subject.txt", context).split())
    text = render_to_string("emails/tip.txt", context).strip() + "\n"
    whole = subject, text, letter_html.render("emails/tip.html", {**context, "subject": subject})
    # An underscore has no part in NOBODYS, so what stands around cannot become one by it.
    return Frozen(*(part.replace(NOBODYS, "_").replace(placeholder, NOBODYS) for part in whole))


def _house(tip: Tip) -> dict[str, object]:
    """Return what stands in a mail around the text of a saved tip: its series, and the house's notices."""
    return {"part": SeriesPart.in_words(tip), "notices": Surroundings.load().in_mail}


def narrowed(source: str) -> str:
    """Return clean HTML whose images get no wider than the text."""

    def image(match: re.Match[str]) -> str:
        return _WIDTH.sub(
            lambda width: f'width="{min(int(width[1]), WIDEST_PICTURE)}"', _HEIGHT.sub("", match[0])
        )

    return _IMG.sub(image, source) if "<img " in source else source


def leave_path() -> str:
    """Return the path that leaves, with ``NOBODYS`` for a token."""
    return reverse("subscribers:unsubscribe", args=[NOBODYS])


def leave_url() -> str:
    """Return the URL that leaves, with ``NOBODYS`` for a token."""
    return settings.SITE_URL + leave_path()


def preferences_url() -> str:
    """Return the URL of the page that sends a link to one's preferences to who asks for it."""
    return settings.SITE_URL + reverse("subscribers:ask")


def check_size(tip: Tip) -> Iterator[preflight.Fault]:
    """Look for a tip whose mail is so large that mail programs hide its end."""
    size = len(render(tip, has_surroundings=False).html.encode())
    if size > MOST_HTML_BYTES:
        yield preflight.Fault(
            preflight.WARN,
            "body",
            f"Its mail has {size // 1000} kB; over {MOST_HTML_BYTES // 1000} kB, Gmail hides the end, and"
            f" with it the link to unsubscribe. Shorten the body.",
        )
