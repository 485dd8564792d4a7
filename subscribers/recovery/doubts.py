"""What a restored database cannot know: what was mailed, and who left, after its journal's last line."""

from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from subscribers.models import (
    DatabaseIdentity,
    Delivery,
    DeliveryCount,
    LinkRequest,
    Mailing,
    OutgoingMail,
    ServiceMail,
)
from subscribers.people import journal
from subscribers.recovery import checkpoints, guard

_AHEAD = timedelta(days=1)
_SETTLED = Delivery.State.SENT, Delivery.State.REFUSED, Delivery.State.SKIPPED
# Of these nobody knows whether the mail server took them, but for what it has refused or taken since.
_IN_DOUBT = Delivery.State.DEFERRED, Delivery.State.UNCERTAIN, DeliveryCount.HELD
# {(mailing, tip, kind): (the delivery that it had come to, whether it was finished)}
Progress = dict[tuple[int, int, str], tuple[int, bool]]


@dataclass(frozen=True)
class Reached:
    """How far a mailing is, as far as this database and its journal know.

    ``sent`` have it. ``tried`` may have it: they were on their way, put off, or stand in the journal.
    ``untried`` have it only if the mailing went on after the journal's last line. ``is_list_open`` says that
    others may have it who have no row here.
    """

    sent: int
    tried: int
    untried: int
    is_list_open: bool

    @property
    def in_doubt(self) -> int:
        """How many may have it already, besides those who do."""
        return self.tried + self.untried


@dataclass(frozen=True)
class Survey:
    """What is known, and what is not, before somebody says that this is the real database.

    ``last_line_at`` is the moment of the journal's last line, None without a journal; ``half_sent`` has the
    mailings that were under way, and how far; ``mailed_tips`` has the primary keys of the tips whose mail
    went out by the journal, and not by the database, unless the journal is another's; ``letters`` is how many
    mails to one person each wait since the backup, the oldest since ``letters_since``.
    """

    closure: guard.Closure
    last_line_at: datetime | None
    half_sent: list[tuple[Mailing, Reached]]
    mailed_tips: set[int]
    letters: int
    letters_since: datetime | None


def survey() -> Survey | None:
    """Return the Survey of a database whose guard is closed, or None where it is open."""
    if (closure := guard.why_closed()) is None:
        return None
    identity = DatabaseIdentity.objects.filter(pk=guard.ROW).first() or DatabaseIdentity(name="")
    is_readable = closure.code != guard.UNREADABLE
    known = newer_than(identity) if is_readable else {}
    mailings = half_sent().select_related("tip").defer("text", "html", "tip__body").order_by("pk")
    letters = [query.values_list("asked_at", flat=True) for query in waiting_letters(identity)]
    moments = [moment for query in letters for moment in query.order_by("asked_at")[:1]]
    return Survey(
        closure,
        last_line_at(identity) if is_readable and closure != guard.NO_JOURNAL else None,
        [(mailing, reached(mailing, known.get(_key(mailing), (0, False))[0])) for mailing in mailings],
        {tip for (_, tip, _), (_, is_over) in known.items() if is_over and closure != guard.ANOTHER},
        sum(query.count() for query in letters),
        min(moments, default=None),
    )


def _key(mailing: Mailing) -> tuple[int, int, str]:
    return mailing.pk, mailing.tip_id, mailing.kind


def last_line_at(identity: DatabaseIdentity) -> datetime | None:
    """Return the moment of the last line that the journal got before this database was restored, or None.

    Where that moment is not known, as of a copy that was put back by hand, every line counts.
    """
    moments = (entry for _, line in journal.numbered_lines() if (entry := journal.parsed(line, _has_moment)))
    known = (datetime.fromisoformat(entry["at"]) for entry in moments)
    # Another clock may be a little ahead of ours; what is further ahead is no moment of a line.
    before = identity.restored_at or timezone.now() + _AHEAD
    return max((moment for moment in known if moment < before), default=None)


def _has_moment(entry: journal.Entry) -> bool:
    at = datetime.fromisoformat(entry["at"])
    return at.tzinfo is not None and MINYEAR < at.year < MAXYEAR


def newer_than(identity: DatabaseIdentity) -> Progress:
    """Return what came further than this database knows, and how far.

    What the journal tells under a former name of this database is known here already, or was brought up then.
    """
    reached: Progress = {}
    is_ours = all(entry["instance"] != identity.name for entry in checkpoints.every())
    for entry in checkpoints.every(log_faults=True):
        if entry["instance"] == identity.name:
            is_ours = True
            if entry["counter"] <= identity.counter:
                continue
        if is_ours and "mailing" in entry:
            mailing = entry["mailing"], entry["tip"], entry["kind"]
            up_to, is_finished = reached.get(mailing, (0, False))
            is_finished = is_finished or bool(entry.get("finished"))
            # Of a mailing that was finished meanwhile that is every delivery.
            reached[mailing] = Mailing.ALL if is_finished else max(up_to, entry["up_to"]), is_finished
    return reached


def half_sent() -> QuerySet[Mailing]:
    """Return the mailings that had begun and were not complete, whether somebody had paused them or not."""
    some_left = Exists(Delivery.objects.filter(mailing=OuterRef("pk")).pending())
    begun = Q(state=Mailing.State.BUILDING) | Q(some_left, state=Mailing.State.SENDING)
    return Mailing.objects.filter(begun | Q(state=Mailing.State.PAUSED))


def reached(mailing: Mailing, up_to: int = 0) -> Reached:
    """Return the Reached of a mailing that had begun; the journal knows its deliveries ``up_to`` a key."""
    counts, queued = DeliveryCount.objects.of([mailing.pk])[mailing.pk], 0
    settled = sum(counts[kind] for kind in _SETTLED)
    tried = mailing.deliveries.filter(state=Delivery.State.SENDING).count()
    if up_to:
        queued = mailing.deliveries.filter(state=Delivery.State.QUEUED, pk__lte=up_to).count()
    tried += queued + sum(counts[kind] for kind in _IN_DOUBT)
    untried = max(mailing.audience - settled - tried, 0)
    is_list_open = mailing.audience_up_to != Mailing.ALL
    return Reached(counts[Delivery.State.SENT], tried=tried, untried=untried, is_list_open=is_list_open)


def not_begun(at: datetime) -> QuerySet[Mailing]:
    """Return the mailings that had not begun and may have since: of tips that are live, and corrections."""
    waiting = Mailing.objects.filter(state__in=[Mailing.State.PREPARED, Mailing.State.HELD])
    return waiting.filter(Q(kind=Mailing.Kind.CORRECTION) | Q(tip__publish_at__lte=at))


def waiting_letters(identity: DatabaseIdentity) -> tuple[QuerySet[ServiceMail], QuerySet[LinkRequest]]:
    """Return the mails to one person each that were waiting at the backup.

    What was asked for after the restore is not among them, as far as its moment is known; nor are requests
    that are used, of which no mail comes.
    """
    waiting = Q(mail_state__in=[OutgoingMail.MailState.WAITING, OutgoingMail.MailState.SENDING])
    if identity.restored_at:
        waiting &= Q(asked_at__lte=identity.restored_at)
    return ServiceMail.objects.filter(waiting), LinkRequest.objects.filter(
        waiting, state=LinkRequest.State.OPEN
    )
