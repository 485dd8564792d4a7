"""What mail says for or against each coming slot, and what stands against all mail: a look of ``verdict``."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from desk import once
from desk.counting import count_each
from shield import clocks
from subscribers.mailings import outlook, reach, status
from subscribers.mailings.worker_reasons import Workers
from subscribers.models import (
    Delivery,
    LinkRequest,
    Mailing,
    ServiceMail,
    Subscriber,
    SubscriberCount,
    Suppression,
)
from subscribers.people import journal
from subscribers.recovery import guard
from tips import dates, permissions
from tips.models import Tip
from tips.schedule.reasons import Reason, Remedy, Severity
from tips.schedule.slot_reasons import other_tip
from tips.schedule.slot_states import SlotRow
from tips.schedule.verdict import Question, named

# Mail that is due this long and has not gone is stuck. Confirmations may wait for their rate limits.
STUCK = timedelta(minutes=15)
SERVER = "Look at the mail server’s log and at EMAIL_URL; what waits is tried again."
_LOOK = "Look whether a worker runs and the mail server answers."
_LOOK_AT_WORKER = "Look whether a worker runs."
_SEE = "subscribers.view_mailing"
_SEE_PEOPLE = "subscribers.view_subscriber"
_BRING_PEOPLE = "subscribers.import_subscriber"


def look(question: Question) -> Iterator[Reason]:
    """Say of each slot whether its tip goes by mail and to how many, and what stops mail as a whole.

    The number of queries does not depend on that of the slots or mailings.
    """
    workers = Workers(question.server.clock_ahead) if question.of_site else None
    tips = [row.tip.pk for row in question.rows if row.tip]
    wanted = Q(tip__in=tips, kind=Mailing.Kind.TIP)
    if question.of_site:
        wanted |= Q(state__in=Mailing.UNFINISHED)
    found = Mailing.objects.filter(wanted)
    counts = _counts(question, workers, found)
    # Mostly there are none.
    mailings = list(_with_motion(found, question.now)) if counts["mailings"] else []
    own = {each.tip_id: each for each in mailings if each.kind == Mailing.Kind.TIP}
    for row in question.rows:
        if row.tip and row.tip.pk not in own:
            # Without a mailing of its own, a tip has none that corrects it.
            once.note((outlook.MAILINGS_OF, row.tip.pk), [])
        if row.tip:
            yield from _of_slot(row, own.get(row.tip.pk), counts, question.now)
    if workers:
        yield from _audience(question, counts)
        yield from workers.reasons(counts)
        closure, unwritable = guard.why_closed(), journal.why_unwritable()
        if closure:
            real = Remedy("Say whether this is the real one", reverse("admin:safe_real"), guard.PERMISSION)
            advice = "If this is the real site, say so; if it is a copy, leave it as it is."
            reason = _stop("guard", closure.sentence, "Mail is stopped", "no mail may go out", advice)
            yield replace(reason, remedies=(real,))
        yield from _journal(unwritable, counts["unjournaled"])
        for mailing in mailings:
            yield from _of_mailing(mailing, question.now, is_explained=bool(closure or unwritable))
        yield from _deliveries(counts)


def _counts(question: Question, workers: Workers | None, mailings: QuerySet[Mailing]) -> dict[str, int]:
    """Return how many there are of what the looks count, in one query."""
    on = timezone.localdate(question.rows[0].slot.at if question.rows else question.now)
    some = Subscriber.objects.filter(pk__in=reach.first_reachable(on).values("pk"))
    counted: dict[str, QuerySet[Model]] = {"reachable": some}
    counted["mailings"] = mailings
    if workers:
        now = question.now
        # The clock writes each minute what could not be written when it happened.
        is_unjournaled = Q(journaled=False, since__lt=now - timedelta(minutes=2))
        late = Q(mail_state=ServiceMail.MailState.WAITING, asked_at__lt=now - STUCK, tries__gt=2)
        counted |= {
            **workers.counted(),
            "unjournaled": Suppression.objects.filter(is_unjournaled),
            "held": Delivery.objects.held(),
            "service mails": ServiceMail.objects.filter(late),
            "link requests": LinkRequest.objects.filter(late),
        }
    counts = count_each(counted, SubscriberCount.objects.named("confirmed"))
    counts["reachable"] = reach.reckoned(counts["reachable"], counts["confirmed"])
    once.note((reach.REACHABLE, on), counts["reachable"])
    return counts


def _stop(code: str, words: str, fact: str, headline: str, advice: str = "") -> Reason:
    """Return a reason against the whole site."""
    return Reason(code, Severity.STOP, words, fact, headline, advice, is_internal=True)


# --- One slot -----------------------------------------------------------------------------------------


def _of_slot(
    row: SlotRow, mailing: Mailing | None, counts: dict[str, int], now: datetime
) -> Iterator[Reason]:
    if row.tip is None:
        return
    reason = _of_tip(row, row.tip, mailing, counts["reachable"], now)
    if reason is None:
        return
    subject = "" if reason.severity == Severity.GOOD else named(row.tip)
    yield replace(reason, day=row.slot.day, tip=row.tip.pk, subject=subject)


def _of_tip(row: SlotRow, tip: Tip, mailing: Mailing | None, many: int, now: datetime) -> Reason | None:
    """Say whether a tip goes by mail; without what ``_of_slot`` adds. Of a teaser, ``tips`` says it."""
    # A monitor or a mail is read later: no “tomorrow”.
    goes_live, another = f"goes live on {dates.short(row.slot.at, now)}", other_tip(row, now)
    if not tip.for_mail:
        words = f"{goes_live}, but nobody gets it by mail: it is marked as not for mail."
        # Where nobody is subscribed, nobody misses it.
        severity = Severity.STOP if many else Severity.NOTE
        reason = Reason("not-for-mail", severity, words, "Not for mail", "no mail would go out", no_mail=True)
        url = reverse("admin:tips_tip_do", args=[tip.pk, "for-mail"])
        label = f"Lift the mark, and mail {reach.expected(many)}" if many else "Lift the mark"
        lift = Remedy(label, url, permissions.MAIL)
        advice = "A Publisher lifts the mark on the tip’s page"
        advice += "; or give the slot to another tip." if row.slot.is_weekly else "."
        # A teaser is not mailed by that.
        remedies = (lift, *(another if many else ())) if tip.has_body else another
        return replace(reason, advice=advice, remedies=remedies)
    if mailing and mailing.state == Mailing.State.CANCELLED and mailing.ended_at:
        words = f"{goes_live}, but nobody gets it by mail: its mailing was cancelled."
        reason = Reason(
            "cancelled", Severity.STOP, words, "Mailing cancelled", "no mail would go out", no_mail=True
        )
        advice = "A cancelled mailing does not come back"
        advice += ": give the slot to another tip." if row.slot.is_weekly else "."
        return replace(reason, advice=advice, mailing=mailing.pk, remedies=another)
    if mailing and mailing.state == Mailing.State.SENT:
        words = f"{goes_live} again: it was mailed already, and nobody gets it a second time."
        reason = Reason("mailed", Severity.NOTE, words, "Mailed already", mailing=mailing.pk, no_mail=True)
        return replace(reason, remedies=(_to_mailing(mailing.pk),))
    return Reason("for-mail", Severity.GOOD, "", "For mail") if tip.has_body else None


def _audience(question: Question, counts: dict[str, int]) -> Iterator[Reason]:
    """Say to how many people the next tip goes; nothing good of a teaser, which no mail brings."""
    many, confirmed = counts["reachable"], counts["confirmed"]
    people = Remedy(
        "Look at the subscribers", reverse("admin:subscribers_subscriber_changelist"), _SEE_PEOPLE
    )
    following = question.rows[0].tip if question.rows else None
    if many:
        if following is None or following.has_body:
            words = f"By mail it goes to {reach.expected(many)}."
            fact = f"{reach.about(many)} subscribed".capitalize()
            yield Reason("subscribed", Severity.GOOD, words, fact)
        return
    if confirmed:
        words = f"Nobody would get a mail: of {confirmed:,} on the list, each is paused or suppressed."
        reason = Reason(
            "nobody-subscribed", Severity.STOP, words, "Nobody to mail", "nobody would get it by mail"
        )
        reason = replace(reason, no_mail=True)
        yield replace(reason, advice="Look why, in the list of subscribers.", remedies=(people,))
        return
    words = "Nobody is subscribed yet: the tip goes live on the site, and no mail goes out."
    reason = Reason("nobody-subscribed", Severity.NOTE, words, "Nobody subscribed", no_mail=True)
    bring = Remedy("Bring the subscribers", reverse("admin:subscribers_import"), _BRING_PEOPLE)
    yield replace(reason, remedies=(bring,))


# --- All mail -----------------------------------------------------------------------------------------


def _journal(unwritable: str, unjournaled: int) -> Iterator[Reason]:
    if unwritable:
        words = f"The journal {journal.store()} cannot be written ({unwritable}): no mailing goes on."
        advice = journal.store().advice
        yield _stop("journal", words, "Journal fails", "the journal cannot be written", advice)
    if unjournaled:
        who = "1 suppression is" if unjournaled == 1 else f"{unjournaled} suppressions are"
        words = f"{who} not in the journal: a restored backup would not know of it."
        yield _stop("journal", words, "Journal is behind", "the journal is behind", _LOOK_AT_WORKER)


def _of_mailing(mailing: Mailing, now: datetime, *, is_explained: bool) -> Iterator[Reason]:
    """Say what is wrong with a mailing; where its trouble is told already, nothing of that."""
    state, the_mailing = mailing.state, f"The mailing of “{mailing.tip}”"
    due_at = {Mailing.State.PREPARED: mailing.starts_at, Mailing.State.BUILDING: mailing.started_at}
    due = due_at.get(Mailing.State(state))
    reason = None
    if state in (Mailing.State.PAUSED, Mailing.State.HELD):
        standing, word = status.describe(mailing, now), str(Mailing.State(state))
        words = f"{the_mailing} is {word}. {standing.sentence}"
        reason = _stop(word, words, f"A mailing is {word}", f"a mailing is {word}", standing.advice)
    elif due and due < now - STUCK:
        words = f"{the_mailing} should have begun, and has not."
        reason = _stop("stuck", words, "Mail is stuck", "mail is stuck", _LOOK)
    elif state == Mailing.State.SENDING and mailing.trouble:
        if not is_explained:
            words = f"{the_mailing} is held up. {mailing.trouble}"
            reason = _stop("server", words, "Mail server fails", "the mail server takes no mail", SERVER)
    elif state == Mailing.State.SENDING and _is_stuck(mailing, now):
        words = f"Of the mailing of “{mailing.tip}”, nothing went out for a quarter of an hour."
        reason = _stop("stuck", words, "Mail is stuck", "mail is stuck", _LOOK)
    if reason:
        yield replace(reason, mailing=mailing.pk, remedies=(_to_mailing(mailing.pk),))


def _with_motion(mailings: QuerySet[Mailing], now: datetime) -> QuerySet[Mailing]:
    """Return mailings in order, and of each whether deliveries went out lately, and whether some could go.

    Those that were put off for later cannot. A delivery that is being sent counts: its mail server may never
    come to an end.
    """
    own, since = Delivery.objects.filter(mailing=OuterRef("pk")), now - STUCK
    waiting = own.filter(state__in=[Delivery.State.QUEUED, Delivery.State.SENDING], due_at=None)
    went = own.filter(settled_at__range=(since, clocks.latest_credible(now)))
    mailings = mailings.select_related("tip").defer("text", "html", "tip__body").order_by("pk")
    return mailings.annotate(
        went_lately=Exists(went), could_go=Exists(waiting) | Exists(own.filter(due_at__lt=since))
    )


def _is_stuck(mailing: Mailing, now: datetime) -> bool:
    """Tell whether deliveries of a mailing ``_with_motion`` could go out and do not."""
    began, known = mailing.started_at, vars(mailing)
    is_young = not began or now - STUCK < began <= clocks.latest_credible(now)
    return not is_young and known["could_go"] and not known["went_lately"]


def _deliveries(counts: dict[str, int]) -> Iterator[Reason]:
    """Say what waits for a person, and what the mail server does not take."""
    if count := counts["held"]:
        many = "1 delivery is" if count == 1 else f"{count:,} deliveries are"
        first = Delivery.objects.held().values_list("mailing", flat=True).order_by("mailing").first()
        advice = "Say in the mailing’s ledger whether to send again, or to count as sent."
        reason = _stop(
            "uncertain", f"{many} uncertain.", "Uncertain deliveries", "deliveries are uncertain", advice
        )
        yield replace(reason, mailing=first, remedies=(_to_mailing(first),) if first else ())
    if stuck := counts["service mails"] + counts["link requests"]:
        many = "1 mail to a reader was" if stuck == 1 else f"{stuck:,} mails to readers were"
        words = f"The mail server takes no mail: {many} tried again and again."
        yield _stop("server", words, "Mail server fails", "the mail server takes no mail", SERVER)


def _to_mailing(pk: int) -> Remedy:
    return Remedy("Look at the mailing", reverse("admin:subscribers_mailing_change", args=[pk]), _SEE)
