"""The e-mails to readers, one function each: they build, and others send."""

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.crypto import salted_hmac

from subscribers import tokens


def confirmation(signup):
    """Return the mail that asks whether the owner of an address really wants the tips.

    Whoever typed the address may be a stranger, so nothing they wrote stands in it. Its Message-ID is the
    same however often it is built: a copy that a crash made is recognised as one.
    """
    link = settings.SITE_URL + reverse("subscribers:confirm", args=[signup.token])
    digest = salted_hmac("subscribers.message-id", signup.handle, algorithm="sha256").hexdigest()[:32]
    return _build(
        "confirm",
        signup.address,
        {"link": link, "link_days": tokens.LIFETIMES[tokens.Purpose.CONFIRM].days},
        {"Message-ID": f"<confirm.{digest}@{_sender_domain()}>"},
    )


def _build(name, address, context, headers):
    context = {
        "SITE_NAME": settings.SITE_NAME,
        "SITE_URL": settings.SITE_URL,
        "POSTAL_ADDRESS": settings.POSTAL_ADDRESS,
        "privacy": settings.SITE_URL + reverse("subscribers:privacy"),
        **context,
    }
    mail = EmailMultiAlternatives(
        subject=" ".join(render_to_string(f"emails/{name}.subject.txt", context).split()),
        body=render_to_string(f"emails/{name}.txt", context),
        to=[address],
        reply_to=[settings.REPLY_TO] if settings.REPLY_TO else None,
        # RFC 3834: no out-of-office answers, please.
        headers={"Auto-Submitted": "auto-generated", **headers},
    )
    mail.attach_alternative(render_to_string(f"emails/{name}.html", context), "text/html")
    return mail


def _sender_domain():
    return settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> ") or "localhost"
