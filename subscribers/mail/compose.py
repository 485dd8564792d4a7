"""The e-mails to readers, one function each: they build, and others send.

Nothing that a stranger may have typed stands in a mail to somebody who has not confirmed: no name above all.
"""

from urllib.parse import urlsplit

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.crypto import salted_hmac

from subscribers import tokens
from subscribers.mail import envelope, letter_html
from subscribers.mail.message import Message, one_click
from subscribers.models import LinkRequest, ServiceMail, Subscriber
from subscribers.people import subscriptions
from subscribers.people.next_tip import next_tip
from tips.models import Tip


def confirmation(link_request: LinkRequest) -> Message:
    """Return the mail that asks whether the owner of an address really wants the tips."""
    link = _url("confirm", link_request.token)
    return _build("confirm", link_request, {"link": link, "link_days": _days(tokens.Purpose.CONFIRM)})


def subscribed_already(link_request: LinkRequest, subscriber: Subscriber) -> Message:
    """Return the mail that tells a subscriber that there was no need to sign up."""
    return _build("subscribed_already", link_request, {"link": _preferences_of(subscriber)})


def preferences(link_request: LinkRequest) -> Message:
    """Return the mail with the link that opens a subscriber's preferences."""
    return _build("preferences", link_request, {"link": _url("preferences", link_request.token)})


def move(link_request: LinkRequest) -> Message:
    """Return the mail that asks whether the owner of an address wants a subscriber's tips to go there."""
    return _build("move", link_request, {"link": _url("move", link_request.token)})


def moved(service_mail: ServiceMail) -> Message:
    """Return the mail that tells a subscriber, at their old address, that the tips go elsewhere now."""
    return _build("moved", service_mail, {"subscribe": _url("subscribe")})


def welcome(service_mail: ServiceMail, tip: Tip | None, *, is_newest: bool = False) -> Message:
    """Return the mail to welcome a subscriber; it may name a tip, as the newest or as one to begin with."""
    leave = _url("unsubscribe", service_mail.subscriber.leave_token)
    context: dict[str, object] = {
        # One line, also where an import brought more.
        "first_name": " ".join(service_mail.subscriber.first_name.split()),
        "tip": tip,
        "is_newest": is_newest,
        "tip_link": settings.SITE_URL + tip.get_absolute_url() if tip else "",
        "next_tip": next_tip(service_mail.subscriber),
        "leave": leave,
        "preferences": _preferences_of(service_mail.subscriber),
    }
    return _build("welcome", service_mail, context, **one_click(leave))


def left(service_mail: ServiceMail) -> Message:
    """Return the mail that tells a person that they left, and how to undo it."""
    token = tokens.make(tokens.Purpose.UNDO_BY_MAIL, subscriptions.leaving(service_mail.subscriber))
    context = {"undo": _url("undo", token), "undo_days": _days(tokens.Purpose.UNDO_BY_MAIL)}
    return _build("left", service_mail, context)


def _build(name: str, mail: LinkRequest | ServiceMail, context: dict[str, object], **headers: str) -> Message:
    """Build the mail of a row from its templates, with some more ``headers``.

    Its Message-ID is the same however often it is built: a copy that a crash made is recognised as one.
    """
    context |= {key: getattr(settings, key) for key in ("SITE_NAME", "SITE_URL", "POSTAL_ADDRESS")}
    context |= {"privacy": _url("privacy"), "host": urlsplit(settings.SITE_URL).netloc}
    subject, text = (render_to_string(f"emails/{name}{end}", context) for end in (".subject.txt", ".txt"))
    html = letter_html.render(f"emails/{name}.html", context)
    digest = salted_hmac("subscribers.message-id", mail.public_id, algorithm="sha256").hexdigest()[:32]
    message_id = f"<{name}.{digest}@{envelope.domain()}>"
    # RFC 3834: no out-of-office answers, please.
    headers |= {"Auto-Submitted": "auto-generated", "Message-ID": message_id}
    return Message((subject, text, html), mail.to, headers)


def _preferences_of(subscriber: Subscriber) -> str:
    """Return the link that opens the preferences of a subscriber for an hour, and for one change."""
    token = tokens.make(tokens.Purpose.PREFERENCES_ONCE, subscriptions.at_address(subscriber))
    return _url("preferences", token)


def _url(name: str, *args: str) -> str:
    return settings.SITE_URL + reverse(f"subscribers:{name}", args=args)


def _days(purpose: tokens.Purpose) -> int:
    return tokens.LIFETIMES[purpose].days
