"""Whether a flood of forms arrives, far more than people send. Then every form asks a plain question.

Forms are counted over the whole site and all processes. A refused form counts too, so that a flood that no
longer gets through still counts as a flood.
"""

from datetime import timedelta

from shield.rate_limits import FixedWindow

# A day on which a newspaper names the site may bring so many. Beyond that, most forms are not from people.
FORMS = FixedWindow("forms of the site", 60, timedelta(minutes=5))
COOLDOWN = FixedWindow("flood", 1, timedelta(minutes=30))


def count_form() -> bool:
    """Count one form that somebody sent, and tell whether a flood is active."""
    if FORMS.spend():
        return is_active()
    COOLDOWN.spend()
    return True


def is_active() -> bool:
    """Tell whether a flood goes on, or went on within the last half hour."""
    return COOLDOWN.is_spent()
