"""The e-mails about accounts of staff, one function each: they build, and others send."""

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse

from desk.pages import Context
from subscribers.mail import letter_html
from tipsite.staff import mailed_links


def invitation(person: User, by: User, link: str) -> EmailMessage:
    """Return the mail that invites a colleague to set a password; ``by`` invites them."""
    context = {"person": person, "by": by, "link": link, "days": mailed_links.INVITATION.lifetime.days}
    return build("invitation", [person.email], context)


def password_reset(person: User, link: str) -> EmailMessage:
    """Return the mail by which a person who forgot their password sets a new one."""
    hours = mailed_links.FORGOTTEN.lifetime.total_seconds() // 3600
    return build("password_reset", [person.email], {"person": person, "link": link, "hours": int(hours)})


def two_factor_reset(person: User, by: User) -> EmailMessage:
    """Return the mail that tells a person that ``by`` reset their two-factor sign-in."""
    account = settings.SITE_URL + reverse("admin:account")
    return build("two_factor_reset", [person.email], {"person": person, "by": by, "account": account})


def address_changed(person: User, old: str, by: User, owners: list[str]) -> EmailMessage:
    """Return the mail that tells a person, at their ``old`` address, that ``by`` gave them another.

    ``owners`` are the addresses of those to tell if it is wrong.
    """
    context = {"person": person, "old": old, "by": by, "owners": owners}
    return build("address_changed", [old], context)


def build(name: str, addresses: list[str], context: Context) -> EmailMultiAlternatives:
    """Return the mail of templates ``emails/<name>`` (subject, text, HTML) to some addresses (a list)."""
    context = {"SITE_NAME": settings.SITE_NAME, "SITE_URL": settings.SITE_URL, **context}
    subject = " ".join(render_to_string(f"emails/{name}.subject.txt", context).split())
    body = render_to_string(f"emails/{name}.txt", context)
    # RFC 3834: no out-of-office answers, please.
    headers = {"Auto-Submitted": "auto-generated"}
    message = EmailMultiAlternatives(subject, body, to=addresses, headers=headers)
    message.attach_alternative(letter_html.render(f"emails/{name}.html", context), "text/html")
    return message
