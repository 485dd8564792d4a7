"""What people write to the owner: taken, answered, put away as spam, and forgotten in time."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from desk.errors import WrongState
from desk.log import log
from shield import scoring
from subscribers import addresses
from subscribers.models import ContactMessage, MessageAction

State = ContactMessage.State

_SENTENCES = {
    State.ANSWERED: (MessageAction.ANSWERED, "Answered."),
    State.SPAM: (MessageAction.SPAM, "Put away as spam."),
    State.NEW: (MessageAction.NEW, "New again: it waits for an answer."),
}


def take(
    name: str, address: str, about: str, text: str, signals: Sequence[scoring.Signal], *, region: str = ""
) -> ContactMessage:
    """Keep a message with what speaks for spam in it; the clock tells staff. ``address`` is a normal one."""
    points, reasons = scoring.total(signals)
    return ContactMessage.objects.create(
        name=name,
        address=address,
        address_folded=addresses.folded(address),
        about=about,
        text=text,
        points=points,
        reasons=reasons,
        state=State.SPAM if points >= scoring.SPAM else State.NEW,
        region=region,
    )


def mark(message: ContactMessage, state: State, *, by: User) -> str:
    """Give a message another state; return what was done in a sentence. Raises WrongState if it has it."""
    code, sentence = _SENTENCES[state]
    with transaction.atomic():
        others = ContactMessage.objects.filter(pk=message.pk).exclude(state=state)
        if not others.update(state=state, state_at=timezone.now()):
            raise WrongState("A colleague did that already, or the message is gone. Nothing was changed.")
        return log(by, message, code, sentence)


def waiting() -> int:
    """Return how many messages wait for an answer and do not look like spam."""
    return ContactMessage.objects.filter(state=State.NEW, points__lt=scoring.SUSPICIOUS).count()


def forget_old(now: datetime) -> int:
    """Delete spam after CONTACT_SPAM_DAYS, all else after CONTACT_DAYS; return how many. For the clock."""
    spam_until = now - timedelta(days=settings.CONTACT_SPAM_DAYS)
    until = now - timedelta(days=settings.CONTACT_DAYS)
    is_old = Q(state=State.SPAM, state_at__lt=spam_until) | Q(state_at__lt=until)
    return ContactMessage.objects.filter(is_old).delete()[0]
