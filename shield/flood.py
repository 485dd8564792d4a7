"""Whether far more forms are sent than people of a quiet day send. Then a plain question is asked of all.

It is counted over all forms and processes, whatever becomes of a form, so that a flood that no longer gets
through still counts as one.
"""

from datetime import timedelta

from shield.rate_limits import Allowance

# What a day on which a newspaper names us may bring; of more than that, most is not people.
FORMS = Allowance("forms of the site", 60, timedelta(minutes=5))
LASTING = Allowance("strain", 1, timedelta(minutes=30))


def count_form():
    """Count one form that somebody sent, and tell whether the site is under strain."""
    if FORMS.spend():
        return is_on()
    LASTING.spend()
    return True


def is_on():
    """Tell whether the site is under strain, or was within the last half hour."""
    return LASTING.is_spent()
