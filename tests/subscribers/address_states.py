"""Addresses in each state that a stranger must not learn of, and a person who answers challenges."""

import re
from datetime import timedelta

from shield import challenges
from subscribers import addresses
from subscribers.models import Subscriber, Suppression
from subscribers.people import erasure, subscriptions, suppressions

GET_A_CONFIRMATION = ("new", "asked", "left")
MEMBERS = ("confirmed", "paused")
GET_NOTHING = ("bounced", "complained", "blocked", "erased")
ALL = GET_A_CONFIRMATION + MEMBERS + GET_NOTHING


def make(number=""):
    """Put one address into each state; return {state: address}, all addresses of one length."""
    addresses_by_state = {name: f"{name}{number}".ljust(14, "x") + "@example.org" for name in ALL}
    for name in (*MEMBERS, "left", "erased"):
        subscriptions.confirm(subscriptions.request(addresses_by_state[name]))
    subscriptions.leave(_subscriber(addresses_by_state["left"]))
    erasure.erase(_subscriber(addresses_by_state["erased"]))
    paused = _subscriber(addresses_by_state["paused"])
    subscriptions.pause(paused, paused.joined_at.date() + timedelta(days=30))
    subscriptions.request(addresses_by_state["asked"])
    for reason in GET_NOTHING:
        suppressions.suppress(addresses.keyed_hash(addresses_by_state[reason]), Suppression.Reason(reason))
    return addresses_by_state


def answer_challenge(asked):
    """Answer a challenge as a person would, from its words alone."""
    *_, words = asked.rstrip("?").rpartition(": ")
    words = words.split(", ")
    if kind := re.match("Which of these words is (.+):", asked):
        (found,) = set(words) & set(challenges._WORDS[kind.group(1)].split())
        return found
    place = re.match(r"Which is the (\w+) of these words", asked).group(1)
    return words[["first", "second", "third", "fourth", "last"].index(place)]


def _subscriber(address):
    return Subscriber.objects.get(address_folded=addresses.folded(address))
