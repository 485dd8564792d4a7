"""The e-mails to readers, one function each: they build, and others send.

Nothing that a stranger may have typed stands in a mail to somebody who has not confirmed: no name above all.
"""

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.crypto import salted_hmac

from subscribers import tokens
from subscribers.mail import senders
from subscribers.people import subscriptions
from subscribers.tipmail import template


def confirmation(signup):
    """Return the mail that asks whether the owner of an address really wants the tips."""
    link = _address("confirm", signup.token)
    return _build("confirm", signup, {"link": link, "link_days": _days(tokens.Purpose.CONFIRM)})


def subscribed_already(signup):
    """Return the mail that tells a subscriber that there was no need to sign up."""
    return _build("subscribed_already", signup, {"preferences": _address("ask")})


def preferences(signup):
    """Return the mail with the link that opens a subscriber's preferences."""
    return _build("preferences", signup, {"link": _address("preferences", signup.token)})


def move(signup):
    """Return the mail that asks whether the owner of an address wants a subscriber's tips to go there."""
    return _build("move", signup, {"link": _address("move", signup.token)})


def moved(letter):
    """Return the mail that tells a subscriber, at their old address, that the tips go elsewhere now."""
    return _build("moved", letter, {"subscribe": _address("subscribe")})


def welcome(letter, tip):
    """Return the mail that welcomes a subscriber; it names a tip, unless that is None."""
    leave = _address("unsubscribe", letter.subscriber.leave_token)
    context = {
        # One line, also where an import brought more.
        "first_name": " ".join(letter.subscriber.first_name.split()),
        "tip": tip,
        "tip_link": settings.SITE_URL + tip.get_absolute_url() if tip else "",
        "leave": leave,
        "preferences": _address("ask"),
    }
    return _build("welcome", letter, context, template.one_click(leave))


def left(letter):
    """Return the mail that tells a person that they left, and how to undo it."""
    token = tokens.make(tokens.Purpose.UNDO_BY_MAIL, subscriptions.leaving(letter.subscriber))
    context = {"undo": _address("undo", token), "undo_days": _days(tokens.Purpose.UNDO_BY_MAIL)}
    return _build("left", letter, context)


def _build(name, row, context, headers=None):
    """Build the mail of an ``Outgoing`` row, with some more ``headers`` (a dict).

    Its Message-ID is the same however often it is built: a copy that a crash made is recognised as one.
    """
    context = {
        "SITE_NAME": settings.SITE_NAME,
        "SITE_URL": settings.SITE_URL,
        "POSTAL_ADDRESS": settings.POSTAL_ADDRESS,
        "privacy": _address("privacy"),
        **context,
    }
    digest = salted_hmac("subscribers.message-id", row.handle, algorithm="sha256").hexdigest()[:32]
    message = template.Message(
        subject=" ".join(render_to_string(f"emails/{name}.subject.txt", context).split()),
        body=render_to_string(f"emails/{name}.txt", context),
        to=[row.to],
        reply_to=[settings.REPLY_TO] if settings.REPLY_TO else None,
        envelope_sender=senders.envelope_sender(),
        headers={
            # RFC 3834: no out-of-office answers, please.
            "Auto-Submitted": "auto-generated",
            "Message-ID": f"<{name}.{digest}@{senders.domain()}>",
            **(headers or {}),
        },
    )
    message.attach_alternative(render_to_string(f"emails/{name}.html", context), "text/html")
    return message


def _address(name, *args):
    return settings.SITE_URL + reverse(f"subscribers:{name}", args=args)


def _days(purpose):
    return tokens.LIFETIMES[purpose].days
