"""Whether a public form counts: how many a network and the site may send before a plain question is asked."""

from datetime import timedelta
from typing import NamedTuple

from django.http import HttpRequest

from shield import flood, request_origin
from shield.forms import ShieldedForm
from shield.network_limits import NetworkLimit

# Of all public forms together: what a network may send without being asked a question. A class that signs up
# in a training room fits in.
UNASKED = NetworkLimit("form network", 80, timedelta(hours=1))
# And how many answers to questions are looked at beyond that.
ANSWERS = NetworkLimit("answer network", 80, timedelta(hours=1))
# The cost of a form whose browser does not say which page the form comes from.
COST_OF_UNKNOWN_ORIGIN = 5


class Refusal(NamedTuple):
    """Why a form is shown again: a sentence, the status, and the seconds to wait before the next try."""

    problem: str
    status: int
    retry: int = 0


def judge(request: HttpRequest, form: ShieldedForm, limit: NetworkLimit | None = None) -> Refusal | None:
    """Count a valid form; return why it is not let through, after it was renewed, or None.

    ``limit`` is what a network may send unasked of forms of this kind, beside what it may send of all.
    """
    networks, origin = request_origin.networks(request), request_origin.origin(request)
    cost = COST_OF_UNKNOWN_ORIGIN if origin is request_origin.Origin.UNKNOWN else 1
    if flood.count_form(networks[-1]):
        many = "Very many forms are being sent to us just now."
    elif not UNASKED.spend(networks, cost) or (limit and not limit.spend(networks)):
        many = "Your network has sent many forms just now."
    else:
        return None
    # A form without an answer costs nothing; an answer does, or a sender could guess all day.
    if form.has_answer() and not ANSWERS.spend(networks):
        form.data = form.renewed()
        return Refusal("Your network has sent many forms just now. Please try again in an hour.", 429, 3600)
    # Of the network, and not of the address: each page tells the same of every address, to the letter.
    if form.is_answered(networks[0]):
        return None
    form.ask(networks[0])
    return Refusal(f"{many} Please answer the question below as well.", 422)
