"""A test of a tip's mail: what a mailing would send now, to one colleague."""

from anymail.exceptions import AnymailError
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email

from desk.errors import NotPermitted, Refused, WrongState
from desk.log import log
from subscribers import tipmail
from subscribers.mailings.control import MANAGE
from subscribers.models import Mailing, MailingAction
from tips.models import Tip
from tips.publishing import preview
from tips.text import body_images


def send_test(tip: Tip, address: str, *, by: User, mailing: Mailing | None = None) -> str:
    """Mail a tip as it stands to an address, marked as a test; return a sentence.

    With a ``mailing`` of that tip, the test is what this mailing would send now: a correction with its note.
    The links in the test unsubscribe nobody, and the ledger has no row for it. Before the tip is public, its
    images are shown by a preview link that is made for that. Raises Refused where the mail server or the mail
    service does not take the test.
    """
    if not (by.has_perm(MANAGE) or (by.has_perm("tips.change_tip") and preview.may_see(by, tip))):
        raise NotPermitted("You may not send tests of this tip. Ask an editor to do it.")
    try:
        validate_email(address)
    except ValidationError:
        raise WrongState(f"“{address}” is no address. Correct it.") from None
    # No link is made where none is needed, and where ``by`` may not show the tip to others.
    has_link = needs_link(tip) and preview.may_see(by, tip)
    token = preview.token(preview.make_link(tip, by=by)) if has_link else ""
    try:
        tipmail.test_message(mailing or Mailing(tip=tip), address, token).send()
    except (OSError, AnymailError, ImproperlyConfigured) as error:
        status = getattr(error, "status_code", None)
        why = f"HTTP {status}" if status else type(error).__name__
        sentence = f"The mail server did not take the test ({why}). Look at “Is Tuesday safe?”."
        raise Refused(sentence) from None
    return log(by, mailing or tip, MailingAction.TESTED, "Sent a test of the mail to 1 address.")


def needs_link(tip: Tip) -> bool:
    """Tell whether a tip has images that are not public yet, so that only a preview link shows them."""
    return not tip.is_published and bool(body_images.shown(tip.body))
