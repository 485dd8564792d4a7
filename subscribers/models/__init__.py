"""People who asked, and only they: what is kept of them, why somebody gets nothing, and what was mailed."""

from subscribers.models.instance import Instance
from subscribers.models.mailings import Delivery, Line, Mailing
from subscribers.models.outgoing import Letter, Outgoing, new_handle
from subscribers.models.people import ConsentEvent, Erasure, Subscriber, Suppression
from subscribers.models.requests import SignupRequest
from subscribers.models.returns import Return

__all__ = [
    "ConsentEvent",
    "Delivery",
    "Erasure",
    "Instance",
    "Letter",
    "Line",
    "Mailing",
    "Outgoing",
    "Return",
    "SignupRequest",
    "Subscriber",
    "Suppression",
    "new_handle",
]
