"""People who asked, and only they: what is kept of them, why somebody gets nothing, and what was mailed."""

# ruff: noqa: F401  (the names are handed on)

from subscribers.models.actions import DatabaseAction, MailingAction, MessageAction, SubscriberAction
from subscribers.models.bounce_reports import BounceReport
from subscribers.models.consent_wordings import ConsentWording
from subscribers.models.contact_messages import ContactMessage
from subscribers.models.database_identity import DatabaseIdentity
from subscribers.models.delivery_counts import DeliveryCount
from subscribers.models.link_requests import LinkRequest
from subscribers.models.mailings import Delivery, Mailing
from subscribers.models.outgoing_mail import OutgoingMail, ServiceMail
from subscribers.models.people import ConsentEvent, Erasure, Subscriber, Suppression
from subscribers.models.receivers import Receivers
from subscribers.models.repeated_refusals import RepeatedRefusal
from subscribers.models.subscriber_counts import SubscriberCount
from subscribers.models.workers import Heartbeat, SenderLease, UploadClaim
