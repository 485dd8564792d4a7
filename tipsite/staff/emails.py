"""The e-mails to staff, one function each: they build, and others send."""

import math
from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse

from subscribers.mail.link_mails import LONGEST_WAIT
from subscribers.mail.outbox import OVERALL
from tips import dates
from tipsite.staff import tokens


def invitation(person, by, link):
    """Return the mail that invites a colleague to set a password; ``by`` invites them."""
    context = {"person": person, "by": by, "link": link, "days": tokens.INVITATION.lifetime.days}
    return _build("invitation", person.email, context)


def password_reset(person, link):
    """Return the mail by which a person who forgot their password sets a new one."""
    hours = tokens.FORGOTTEN.lifetime.total_seconds() // 3600
    return _build("password_reset", person.email, {"person": person, "link": link, "hours": int(hours)})


def two_factor_reset(person, by):
    """Return the mail that tells a person that ``by`` reset their two-factor sign-in."""
    account = settings.SITE_URL + reverse("admin:account")
    return _build("two_factor_reset", person.email, {"person": person, "by": by, "account": account})


def address_changed(person, old, by, owners):
    """Return the mail that tells a person, at their ``old`` address, that ``by`` gave them another.

    ``owners`` are the addresses of those to tell if it is wrong.
    """
    context = {"person": person, "old": old, "by": by, "owners": owners}
    return _build("address_changed", old, context)


def slot_alarm(row, addresses, desk):
    """Return the mail that tells staff of a slot (a ``slots.Row``) in which nothing will appear, or did.

    ``desk`` is the address of the page on which they can do something about it.
    """
    context = {"row": row, "when": dates.in_words(row.slot.at), "desk": desk}
    mail = _build("slot_alarm", "", context)
    mail.to = addresses
    return mail


def mailing_trouble(sentence, advice, addresses, desk, tip=None):
    """Return the mail that tells staff that a mailing stands still, or that nothing is mailed at all.

    ``sentence`` says what is wrong and ``advice`` what to do; ``desk`` is the address of the page on which to
    do it, and ``tip`` the one whose mailing it is about, or None for all.
    """
    context = {"sentence": sentence, "advice": advice, "desk": desk, "tip": tip}
    mail = _build("mailing_trouble", "", context)
    mail.to = addresses
    return mail


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
    mail = _build("flood_alarm", "", context)
    mail.to = addresses
    return mail


def _build(name, address, context):
    context = {"SITE_NAME": settings.SITE_NAME, "SITE_URL": settings.SITE_URL, **context}
    return EmailMessage(
        subject=" ".join(render_to_string(f"emails/{name}.subject.txt", context).split()),
        body=render_to_string(f"emails/{name}.txt", context),
        to=[address],
        # RFC 3834: no out-of-office answers, please.
        headers={"Auto-Submitted": "auto-generated"},
    )
