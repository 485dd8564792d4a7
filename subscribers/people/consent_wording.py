"""What people agree to when they sign up, word for word: which version is shown, and what each says.

A version is never changed once it was shown: it is part of the record of each consent. The program brings the
first ones along; whatever else owners write becomes a version of its own.
"""

from django.conf import settings
from django.db.models import Max

from subscribers.models import ConsentWording
from tips.models import SiteSettings
from tips.models.site_settings import PROMISE

SHIPPED = {
    # Untrue: the link in a mail leads to a button, so that no program that follows links takes anybody off.
    1: "Send me one tip a week from {site} by e-mail. I can leave at any time with one click.",
    2: PROMISE,
}
NEWEST_SHIPPED = max(SHIPPED)


def version_of(text: str) -> int:
    """Return the version of a wording; one that was never shown before becomes the newest version.

    It runs in the transaction that saves the settings.
    """
    if shipped := next((version for version, words in SHIPPED.items() if words == text), None):
        return shipped
    if known := ConsentWording.objects.filter(text=text).values_list("version", flat=True).first():
        return known
    newest: int | None = ConsentWording.objects.aggregate(newest=Max("version"))["newest"]
    version = max(newest or 0, NEWEST_SHIPPED) + 1
    return ConsentWording.objects.create(version=version, text=text).version


def current() -> int:
    """Return the version that is shown now."""
    shown = SiteSettings.objects.values_list("signup_version", flat=True).first()
    return shown or NEWEST_SHIPPED


def known(version: str) -> int | None:
    """Return the version that a form names in text, or None where there is no such version."""
    if not (version.isascii() and version.isdecimal() and len(version) < 5):
        return None
    number = int(version)
    if number in SHIPPED or ConsentWording.objects.filter(version=number).exists():
        return number
    return None


def text(version: int) -> str:
    """Return the wording of a version, as shown on this site."""
    words = SHIPPED.get(version) or ConsentWording.objects.get(version=version).text
    return worded(words)


def worded(words: str) -> str:
    """Return a wording with the name of the site in its place."""
    return words.replace("{site}", settings.SITE_NAME)
