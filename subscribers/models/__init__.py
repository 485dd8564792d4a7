"""People who asked, and only they: what is kept of them, why somebody gets nothing, and what was mailed."""

from subscribers.models.bounce_reports import Return
from subscribers.models.database_identity import Instance
from subscribers.models.letters import Letter, Outgoing, new_handle
from subscribers.models.mailings import Delivery, Line, Mailing
from subscribers.models.people import ConsentEvent, Erasure, Subscriber, Suppression
from subscribers.models.signup_requests import SignupRequest

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
