"""What people agree to when they sign up, word for word.

A version is never changed once it was shown: it is part of the record of each consent. To say something
else, add a version.
"""

from django.conf import settings

VERSIONS = {
    # Untrue: the link in a mail leads to a button, so that no program that follows links takes anybody off.
    1: "Send me one tip a week from {site} by e-mail. I can leave at any time with one click.",
    2: "Send me one tip a week from {site} by e-mail. I can leave at any time, in a moment.",
}
CURRENT = max(VERSIONS)


def text(version: int = CURRENT) -> str:
    """Return the wording of a version, as shown on this site."""
    return VERSIONS[version].format(site=settings.SITE_NAME)
