"""Whether a flood of forms is sent, far more than people send. Then every form asks a plain question.

Forms are counted over the whole site and all processes, whatever becomes of a form, so that a flood that no
longer gets through still counts as one.
"""

from datetime import timedelta

from shield.rate_limits import FixedWindow

# What a day on which a newspaper names us may bring; of more than that, most is not people.
FORMS = FixedWindow("forms of the site", 60, timedelta(minutes=5))
COOLDOWN = FixedWindow("flood", 1, timedelta(minutes=30))


def count_form():
    """Count one form that somebody sent, and tell whether a flood is active."""
    if FORMS.spend():
        return is_active()
    COOLDOWN.spend()
    return True


def is_active():
    """Tell whether a flood goes on, or went on within the last half hour."""
    return COOLDOWN.is_spent()
