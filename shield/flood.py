"""Whether many networks send a flood of forms, far more than people send. Then every form asks a question.

Forms are counted over the whole site and all processes. A refused form counts too, so that a flood that no
longer gets through still counts as a flood. Of one region only few forms count: what a single network sends
is asked of that network alone (``network_limits``), and puts no question to anybody else.
"""

from datetime import timedelta

from shield.rate_limits import FixedWindow

# A day on which a newspaper names the site may bring so many. Beyond that, most forms are not from people.
FORMS = FixedWindow("forms of the site", 60, timedelta(minutes=5))
# So many of them may be from one region, so that a flood comes from twenty at least.
OF_ONE_REGION = FixedWindow("forms of a region", 3, timedelta(minutes=5))
COOLDOWN = FixedWindow("flood", 1, timedelta(minutes=30))


def count_form(region: str) -> bool:
    """Count one form that was sent from a region (see ``request_origin``); tell whether a flood is active."""
    if OF_ONE_REGION.spend(region) and not FORMS.spend():
        COOLDOWN.spend()
        return True
    return is_active()


def is_active() -> bool:
    """Tell whether a flood goes on, or went on within the last half hour."""
    return COOLDOWN.is_spent()
