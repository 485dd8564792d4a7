"""People who asked, and only they: what is kept of them, why somebody gets nothing, and what was mailed."""

from subscribers.models.mailings import Delivery, Mailing
from subscribers.models.outgoing import Letter, Outgoing, new_handle
from subscribers.models.people import ConsentEvent, Erasure, Subscriber, Suppression
from subscribers.models.requests import SignupRequest

__all__ = [
    "ConsentEvent",
    "Delivery",
    "Erasure",
    "Letter",
    "Mailing",
    "Outgoing",
    "SignupRequest",
    "Subscriber",
    "Suppression",
    "new_handle",
]
