"""Mails of every kind with their links, and all rows as they stand, which a mail scanner must not change."""

import re
from datetime import timedelta

from django.apps import apps

from shield.rate_limits import FixedWindow
from subscribers.mail import link_mails, outbox, service_mails
from subscribers.models import LinkRequest
from subscribers.people import subscriptions

KINDS = [
    f"/{kind}/"
    for kind in "subscribe/confirm subscribe/move subscribe/preferences subscribe/undo unsubscribe".split()
]


def send_each_kind(number, monkeypatch):
    """Send five mails on behalf of each of so many: a confirmation, a welcome, a link to the preferences, a
    question at a new address, and a "you have left"."""
    for index in range(number):
        host = f"host{index % 50}.example"
        subscriptions.request(f"asks{index}@{host}", first_name="Anna")
        member = subscriptions.confirm(subscriptions.request(f"member{index}@{host}"))
        subscriptions.request(member.address, kind=LinkRequest.Kind.LINK)
        subscriptions.ask_to_move(member, f"new{index}@{host}")
        subscriptions.leave(subscriptions.confirm(subscriptions.request(f"leaver{index}@{host}")))
    # As fast as they can be sent.
    monkeypatch.setattr(outbox, "OVERALL", FixedWindow("test", 10_000, timedelta(minutes=1)))
    for outgoing in (service_mails.outbox, link_mails.outbox):
        outgoing.send_due(seconds=600)


def links(post_office):
    """Return every link in every mail, as paths of the site, each once."""
    links = {}
    for letter in post_office.letters:
        for text in (letter.text, letter.html):
            for link in re.findall(r"https?://[^/\s\"<>]+(/(?!static/)[^\s\"<>]*)", text):
                links.setdefault(link)
    return list(links)


def kinds(links):
    """Return what kinds of signed link there are, as the paths before the token, sorted."""
    return sorted({re.sub(r"[^/]{30,}/$", "", link) for link in links if re.search(r"[^/]{30,}/$", link)})


def all_rows():
    """Return all rows of all tables, as they stand."""
    return {model._meta.label: list(model.objects.order_by("pk").values()) for model in apps.get_models()}
