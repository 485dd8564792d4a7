"""What follows for the mail when a tip is marked as not for mail, or the mark is lifted."""

from django.conf import settings
from django.utils import timezone

from desk.errors import WrongState
from subscribers.delivery import scheduling
from subscribers.models import Mailing
from tips.models import TipState


def consequence(tip, for_mail):
    """Return what follows from the mark, in a sentence; for ``tips.mail_mark``, which has locked the tip.

    Whoever freezes a mailing locks its tip too, and so either finds the mark or is found here. Raises
    WrongState where nothing would follow: its mail has begun, somebody ended it, or it is long past.
    """
    mailing = Mailing.objects.filter(tip=tip.pk, kind=Mailing.Kind.TIP).defer("text", "html").first()
    if mailing is not None and mailing.state == Mailing.State.SENT:
        raise WrongState(f"“{tip}” was mailed already, and the mark changes nothing any more.")
    if mailing is not None and mailing.state == Mailing.State.CANCELLED and mailing.ended_at is not None:
        raise WrongState(f"The mailing of “{tip}” was cancelled: it is not mailed any more, marked or not.")
    if mailing is not None and mailing.started_at is not None:
        raise WrongState(f"The mail of “{tip}” has begun already. Pause or cancel it on its mailing’s page.")
    return _lifted(tip, mailing) if for_mail else _set(mailing)


def _set(mailing):
    if mailing is None or mailing.state == Mailing.State.CANCELLED:
        return "No mailing brings it."
    if mailing.state == Mailing.State.HELD:
        return "Its mailing stays held, and cannot be released: cancel it on its page."
    return "Its mailing, which was prepared, is cancelled before it begins."


def _lifted(tip, mailing):
    now = timezone.now()
    if mailing is not None and mailing.state == Mailing.State.HELD:
        return "Its mailing is held: release it on its page, or cancel it."
    if tip.publish_at is None or tip.publish_at > now or tip.state in (TipState.DRAFT, TipState.IN_REVIEW):
        return "It is mailed when it goes live."
    late = now - tip.publish_at
    if late > scheduling.LOOK_BACK:
        raise WrongState(
            f"“{tip}” went live more than {scheduling.LOOK_BACK.days} days ago, and what is so old is not"
            " mailed any more. Write a new tip that points to it."
        )
    if tip.state == TipState.WITHDRAWN:
        return "It is withdrawn, and not mailed before it is reinstated."
    if late > scheduling.window():
        hours = settings.MAIL_WINDOW_HOURS
        return f"It went live more than {hours} hours ago, so its mailing is held until somebody releases it."
    return "Its mailing is prepared within a minute, and shown for ten before it begins: stop it there."
