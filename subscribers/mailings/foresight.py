"""What the verbs over a mailing will do: how many have it, how many get it, and how many go without."""

from datetime import datetime

from django.contrib.auth.models import User
from django.utils import timezone

from desk.foresight import Foresight, MailLine, Step
from subscribers.delivery import scheduling
from subscribers.mailings.reach import LONG_LIST, Reach, people
from subscribers.models import Delivery, Mailing, Subscriber
from subscribers.people import receivers
from tips import dates

_IN_HAND = "What the mail server has in hand this moment still goes."


def cancel(user: User, mailing: Mailing) -> Foresight:
    now, reach = timezone.now(), Reach.of(mailing)
    ends = _IN_HAND if mailing.state in (Mailing.State.BUILDING, Mailing.State.SENDING) else ""
    steps = [Step(_hour(now, ", now"), "It ends", f"Nothing brings it back. {ends}".strip())]
    if reach.have:
        steps.append(Step("", reach.who_have, "Afterwards you can send them a correction."))
    if reach.waiting:
        again = "Its tip is not mailed again." if mailing.kind == Mailing.Kind.TIP else ""
        words = reach.who_go_without
        steps.append(Step("", words[0].upper() + words[1:], again))
    also = f", and {reach.waiting:,} without" if reach.waiting else ""
    return Foresight(
        "Cancel the mailing",
        f"Cancel it with {people(reach.have)} mailed{also}?" if reach.have else "Cancel the mailing?",
        steps=steps,
        leave=_leave(mailing),
    )


def correct(user: User, mailing: Mailing) -> Foresight:
    now, have = timezone.now(), Reach.of(mailing).have
    at = now + scheduling.GRACE
    count, to = have, f"about {people(have)}"
    if have <= LONG_LIST:
        today = Subscriber.objects.reachable(timezone.localdate(at))
        received = mailing.deliveries.filter(state__in=[Delivery.State.SENT, Delivery.State.UNCERTAIN])
        count = received.filter(subscriber__in=today).count()
        if mailing.condensed_at:
            count += today.filter(pk__in=receivers.between(mailing.pk, 0, Mailing.ALL)).count()
        to = people(count)
    ready = f"You can look at its mail, and stop it until {_hour(at)}."
    obstacle = scheduling.obstacle(mailing.tip)
    text = f"It has your words alone. {obstacle}" if obstacle else "Your words, and the tip as it is then."
    line = MailLine(f"Correction: {mailing.tip.title}", "Your words")
    steps = [
        Step(_hour(now, ", now"), "It is prepared", ready),
        Step(_hour(at), f"It is mailed to {to}", text, is_mail=True, mail=line),
    ]
    if gone := have - count:
        goes = "goes" if gone == 1 else "go"
        why = "They have the faulty mail, and left since, asked for a rest, or can be reached no more."
        steps.append(Step("", f"{people(gone)} {goes} without", why))
    label = f"Send a correction to {to}"
    return Foresight(label, f"{label}?", steps=steps, leave="Send none")


def release(user: User, mailing: Mailing) -> Foresight:
    now, reach = timezone.now(), Reach.of(mailing)
    at = max(mailing.tip.publish_at or now, now)
    to = reach.whoever_waits if mailing.kind == Mailing.Kind.TIP else "those who got what it corrects"
    is_now = at == now
    when = _hour(now, ", now") if is_now else dates.short(at, now)
    step = Step(when, f"It is mailed to {to}", "What is sent cannot be unsent.", is_mail=True)
    label = f"Release, and mail {to}" if is_now else f"Release for {dates.short(at, now)}"
    question = f"{label.replace('Release', 'Release it', 1)}?"
    return Foresight(label, question, steps=[step], leave="Leave it held")


def send_again(user: User, mailing: Mailing) -> Foresight:
    label = f"Send it once more to {people(mailing.held_count)}"
    title = f"It goes once more to {people(mailing.held_count)}"
    step = Step(_hour(timezone.now(), ", now"), title, is_mail=True)
    return Foresight(label, f"{label}?", "Whoever had got it after all gets it twice.", steps=[step])


def count_as_sent(user: User, mailing: Mailing) -> Foresight:
    to = people(mailing.held_count)
    sentence = "They stand in the ledger as sent. Whoever had not got it does not get it."
    return Foresight(f"Count {to} as mailed", f"Count {to} as mailed?", sentence=sentence)


def waiting(mailing: Mailing) -> str:
    """Return how many wait for a mailing that was stopped or paused, for the message about that."""
    reach = Reach.of(mailing)
    wait = f"{reach.whoever_waits} {'waits' if reach.waiting == 1 else 'wait'} for it."
    return f"{reach.who_have}, and {wait}" if mailing.started_at else wait[0].upper() + wait[1:]


def _leave(mailing: Mailing) -> str:
    stays = {Mailing.State.PREPARED: "Let it begin", Mailing.State.HELD: "Leave it held"}
    stays[Mailing.State.PAUSED] = "Leave it paused"
    return stays.get(Mailing.State(mailing.state), "Let it go on")


def _hour(moment: datetime, more: str = "") -> str:
    return f"{dates.clock(moment)}{more}"
