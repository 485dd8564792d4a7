"""The e-mails that tell staff of something wrong, one function each: they build, and others send."""

import math
from datetime import timedelta

from subscribers.mail.link_mails import LONGEST_WAIT
from subscribers.mail.outbox import OVERALL
from tips import dates
from tipsite.staff.emails import build


def slot_alarm(row, addresses, desk):
    """Return the mail that tells staff of a slot (a ``slots.Row``) in which nothing will appear, or did.

    ``desk`` is the address of the page on which they can do something about it.
    """
    context = {"row": row, "when": dates.in_words(row.slot.at), "desk": desk}
    return build("slot_alarm", addresses, context)


def mailing_trouble(sentence, advice, addresses, desk, tip=None):
    """Return the mail that tells staff that a mailing stands still, or that nothing is mailed at all.

    ``sentence`` says what is wrong and ``advice`` what to do; ``desk`` is the address of the page on which to
    do it, and ``tip`` the one whose mailing it is about, or None for all.
    """
    context = {"sentence": sentence, "advice": advice, "desk": desk, "tip": tip}
    return build("mailing_trouble", addresses, context)


def flood_alarm(forms, waiting, addresses, desk):
    """Return the mail that tells staff that far more forms are sent to the site than people send.

    ``forms`` were let through within the last hour, the mails of ``waiting`` have not gone out yet, and
    ``desk`` is the address of the page that lists them.
    """
    # The budget of all mails together, see subscribers/outbox.py.
    hours = math.ceil(waiting / (OVERALL.amount * 60))
    longest = LONGEST_WAIT // timedelta(hours=1)
    context = {
        "forms": forms,
        "waiting": waiting,
        "pace": OVERALL.amount,
        "hours": hours,
        "longest": longest,
        "desk": desk,
    }
    return build("flood_alarm", addresses, context)
