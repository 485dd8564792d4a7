"""What follows for the mail when a tip is excluded from mail, or is for mail again."""

from django.conf import settings
from django.utils import timezone

from desk.errors import WrongState
from subscribers.delivery import scheduling
from subscribers.mailings import outlook
from subscribers.models import Mailing
from tips.models import Tip, TipState


def consequence(tip: Tip, for_mail: bool) -> str:
    """Return in a sentence what follows for the mail when a tip is excluded from mail, or is for mail again.

    ``tips.publishing.mail_exclusion`` calls this with the tip locked. A process that freezes a mailing locks
    the tip too, so it either sees the exclusion or is seen here. Raises WrongState where nothing would
    follow: the mail went out, somebody ended it, or the tip is long past. Of mail that is on its way,
    ``taken_back`` says what follows.
    """
    mailings = outlook.mailings_of(tip) if scheduling.may_have_mailing(tip) else []
    mailing = next((each for each in mailings if each.kind == Mailing.Kind.TIP), None)
    if mailing and mailing.state == Mailing.State.SENT:
        raise WrongState(f"“{tip}” was mailed already, and the mark changes nothing any more.")
    if mailing and mailing.state == Mailing.State.CANCELLED and mailing.ended_at:
        raise WrongState(f"The mailing of “{tip}” was cancelled: it is not mailed any more, marked or not.")
    if for_mail:
        return _for_mail_again(tip, mailing)
    if mailing is None or mailing.state == Mailing.State.CANCELLED:
        return "No mailing brings it."
    if mailing.state == Mailing.State.HELD:
        return "Its mailing stays held, and cannot be released: cancel it on its page."
    return ""


def _for_mail_again(tip: Tip, mailing: Mailing | None) -> str:
    now = timezone.now()
    if mailing and mailing.started_at:
        return "Its mailing was stopped on its way: resume it on its page, or cancel it."
    if mailing and mailing.state == Mailing.State.HELD:
        return "Its mailing is held: release it on its page, or cancel it."
    if tip.publish_at is None or tip.publish_at > now or tip.state in (TipState.DRAFT, TipState.IN_REVIEW):
        return "It is mailed when it goes live."
    late = now - tip.publish_at
    if late > scheduling.LOOK_BACK:
        days = scheduling.LOOK_BACK.days
        raise WrongState(f"“{tip}” went live more than {days} days ago. Write a new tip that points to it.")
    if tip.state == TipState.WITHDRAWN:
        return "It is withdrawn, and not mailed before it is reinstated."
    if late > scheduling.window():
        hours = settings.MAIL_WINDOW_HOURS
        return f"It went live more than {hours} hours ago, so its mailing is held until somebody releases it."
    return "Its mailing is prepared within a minute, and shown for ten before it begins: stop it there."
