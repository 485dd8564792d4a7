"""Who is not mailed any more: addresses refused for their own sake in three mailings in a row.

A refusal is for the address's own sake where ``judgement`` finds the address at fault and nothing else. One
that is certain suppresses at once; the others are counted here. Who is found waits until no mailing is on its
way. Then all are suppressed together, unless they are so many that something else must be wrong: then nobody
is, and staff are asked (``subscribers.mailings.refused_addresses``).
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from subscribers import addresses
from subscribers.models import ConsentEvent, Delivery, Mailing, RepeatedRefusal, Subscriber, Suppression
from subscribers.people import suppressions
from tips import dates

FEWEST_REFUSALS, SHORTEST_DAYS = 3, 14
# Nobody is suppressed where more than this share of the list would be within a week, or of a mail domain.
LIST_SHARE, DOMAIN_SHARE, WINDOW = 0.01, 0.5, timedelta(days=7)
# So few say nothing about a list or a domain: many a domain has one person.
FEWEST_PEOPLE = 3
# Deliveries that are looked at, of the last ones of a person.
_LOOK_BACK = 60
_FOR_ITS_OWN_SAKE = (Delivery.Refusal.GONE, Delivery.Refusal.UNCLEAR)
# What came of a delivery that the mail server was asked about.
_OUTCOMES = (Delivery.State.SENT, Delivery.State.UNCERTAIN, Delivery.State.REFUSED)
_UNDER_WAY = (Mailing.State.BUILDING, Mailing.State.SENDING)
_DOMAINS_AT_ONCE = 50


@dataclass(frozen=True)
class Crowd:
    """How many are refused of how many: of a mail ``domain``, or of the whole list where that is empty."""

    refused: int
    people: int
    domain: str = ""

    @property
    def percent(self) -> str:
        """How many in 100, with one decimal."""
        return f"{100 * self.refused / max(self.people, 1):.1f}"

    @property
    def is_too_large(self) -> bool:
        """Whether so many at once are no accident."""
        if self.refused < FEWEST_PEOPLE:
            return False
        if self.domain:
            return self.refused >= DOMAIN_SHARE * self.people
        return self.refused > LIST_SHARE * self.people


def note(delivery: Delivery) -> bool:
    """Look at a delivery that was refused just now; return whether its address was refused for long enough.

    A refusal that suppressed its person already, or that is not for the address's own sake, is none for us.
    """
    if delivery.suppressed or delivery.refusal not in _FOR_ITS_OWN_SAKE or delivery.subscriber_id is None:
        return False
    refusals = _row_of_refusals(delivery.subscriber_id)
    if len(refusals) < FEWEST_REFUSALS:
        return False
    newest, oldest = refusals[0], refusals[-1]
    # By the calendar: three weekly mailings are so far apart, by the second they may not be.
    if (_day(newest) - _day(oldest)).days < SHORTEST_DAYS:
        return False
    said = [f"{refusal.reply or 'refused'} on {dates.dated(_day(refusal))}" for refusal in refusals[:3]]
    evidence = f"refused in {len(refusals)} mailings in a row: {', '.join(reversed(said))}"[:200]
    found = {"delivery": newest, "evidence": evidence, "state": RepeatedRefusal.State.WAITING}
    found |= {"at": timezone.now(), "decided_at": None, "by": None}
    RepeatedRefusal.objects.update_or_create(subscriber_id=delivery.subscriber_id, defaults=found)
    return True


def decide(now: datetime) -> int:
    """Suppress who was found, or ask staff where they are too many; return how many were suppressed.

    Run when a mailing is sent, and each minute. While a mailing is on its way nothing is decided: the number
    is known when all were asked.
    """
    waiting = RepeatedRefusal.objects.filter(state=RepeatedRefusal.State.WAITING)
    if not waiting.exists() or Mailing.objects.filter(state__in=_UNDER_WAY).exists():
        return 0
    with transaction.atomic():
        # Of two that decide at once, the second finds nothing left.
        lock(waiting)
        _outdated(waiting).delete()
        week = _of_a_week(now)
        if any(crowd.is_too_large for crowd in crowds(week)):
            ask(week.exclude(state=RepeatedRefusal.State.ASKED))
            return 0
        return suppress(waiting, now)


def lock(found: QuerySet[RepeatedRefusal]) -> int:
    """Lock people who were found, within a transaction; return how many.

    Before them their deliveries, as whoever erases a person or notes a refusal takes the two.
    """
    deliveries = Delivery.objects.filter(pk__in=found.values("delivery")).order_by("pk")
    list(deliveries.select_for_update(of=("self",), no_key=True).values_list("pk"))
    return len(found.select_for_update(of=("self",)).order_by("pk").values_list("pk"))


def suppress(found: QuerySet[RepeatedRefusal], now: datetime, by: User | None = None) -> int:
    """Suppress people as *bounced*, with the evidence; return how many were new. Within a transaction.

    ``by`` is the person who decided so, if one did. Who is not to be decided on any more is left out.
    """
    _outdated(found).delete()
    rows = list(found.select_related("subscriber"))
    reason = Suppression.Reason.BOUNCED
    count = suppressions.suppress_all(
        [
            Suppression(address_hash=row.subscriber.address_hash, reason=reason, evidence=row.evidence)
            for row in rows
        ]
    )
    for batch in _batches([row.delivery_id for row in rows]):
        Delivery.objects.filter(pk__in=batch).update(suppressed=True)
    found.update(state=RepeatedRefusal.State.SUPPRESSED, decided_at=now, by=by)
    return count


def ask(found: QuerySet[RepeatedRefusal]) -> None:
    """Leave people to the decision of staff; who was suppressed among them is not any more."""
    rows = list(found.select_related("subscriber"))
    silenced = [row for row in rows if row.state == RepeatedRefusal.State.SUPPRESSED]
    hashes = {row.subscriber.address_hash: row for row in silenced}
    for batch in _batches(list(hashes)):
        held = Suppression.objects.filter(reason=Suppression.Reason.BOUNCED, address_hash__in=batch)
        ours = [
            address_hash
            for address_hash, evidence in held.values_list("address_hash", "evidence")
            if evidence == hashes[address_hash].evidence
        ]
        suppressions.lift_all(ours, Suppression.Reason.BOUNCED)
    for keys in _batches([row.delivery_id for row in silenced]):
        Delivery.objects.filter(pk__in=keys).update(suppressed=False)
    for keys in _batches([row.pk for row in rows]):
        asked = {"state": RepeatedRefusal.State.ASKED, "decided_at": None, "by": None}
        RepeatedRefusal.objects.filter(pk__in=keys).update(**asked)


def crowds(rows: QuerySet[RepeatedRefusal]) -> list[Crowd]:
    """Return how many some are: of the whole list, and of each mail domain with several of them."""
    found, silenced = Counter[str](), Counter[str]()
    for address_folded, state in rows.values_list("subscriber__address_folded", "state"):
        domain = addresses.domain(address_folded)
        found[domain] += 1
        silenced[domain] += state == RepeatedRefusal.State.SUPPRESSED
    # On any day: who has a rest is on the list.
    people = Subscriber.objects.reachable(date.max)
    whole = Crowd(found.total(), people.count() + silenced.total())
    several = [domain for domain, count in found.most_common() if count >= FEWEST_PEOPLE]
    of_domains = []
    for batch in _batches(several, _DOMAINS_AT_ONCE):
        ends = {f"of_{place}": Q(address_folded__endswith=f"@{domain}") for place, domain in enumerate(batch)}
        counts = people.aggregate(**{name: Count("pk", filter=end) for name, end in ends.items()})
        for place, domain in enumerate(batch):
            of_domains.append(Crowd(found[domain], counts[f"of_{place}"] + silenced[domain], domain))
    return [whole, *of_domains]


def _of_a_week(now: datetime) -> QuerySet[RepeatedRefusal]:
    """Return those who were found within a week, without those on whom a person decided."""
    states = RepeatedRefusal.State
    recent = Q(at__gt=now - WINDOW, state__in=[states.ASKED, states.SUPPRESSED], by=None)
    return RepeatedRefusal.objects.filter(recent | Q(state=states.WAITING))


def _row_of_refusals(subscriber_id: int) -> list[Delivery]:
    """Return the refusals of a person's address since anything else came of a mail, the newest first."""
    subject = Subscriber.objects.filter(pk=subscriber_id)
    moves = ConsentEvent.objects.filter(subscriber=subscriber_id, kind=ConsentEvent.Kind.MOVED)
    begins = [
        moment
        for moment in (
            moves.order_by("-at").values_list("at", flat=True).first(),
            subject.values_list("repeated_refusal__decided_at", flat=True).first(),
        )
        if moment is not None
    ]
    outcomes = Delivery.objects.filter(subscriber=subscriber_id, state__in=_OUTCOMES)
    refusals = []
    for outcome in outcomes.order_by("-pk")[:_LOOK_BACK]:
        at = outcome.settled_at or outcome.sent_at
        # One that suppressed its person was lifted by somebody: the row begins behind it.
        if outcome.refusal not in _FOR_ITS_OWN_SAKE or outcome.suppressed or at is None:
            break
        if any(at <= moment for moment in begins):
            break
        refusals.append(outcome)
    return refusals


def _outdated(found: QuerySet[RepeatedRefusal]) -> QuerySet[RepeatedRefusal]:
    """Return those of whom there is nothing to decide any more."""
    person = {"subscriber": OuterRef("subscriber")}
    accepted = Delivery.objects.filter(**person, pk__gt=OuterRef("delivery"), state=Delivery.State.SENT)
    moved = ConsentEvent.objects.filter(**person, kind=ConsentEvent.Kind.MOVED, at__gt=OuterRef("at"))
    suppressed = Suppression.objects.filter(address_hash=OuterRef("subscriber__address_hash"))
    is_here = Q(subscriber__state=Subscriber.State.CONFIRMED, delivery__state=Delivery.State.REFUSED)
    return found.filter(~is_here | Exists(accepted) | Exists(moved) | Exists(suppressed))


def _day(delivery: Delivery) -> date:
    return timezone.localdate(delivery.settled_at or delivery.sent_at)


def _batches(items: list, size: int = 500) -> Iterable[list]:
    return (items[first : first + size] for first in range(0, len(items), size))
