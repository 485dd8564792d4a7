"""What is public at this moment: the ids of all tips, the years that have some, the categories and the tags.

A process keeps the answer until the edition changes or the next tip goes live by time alone (``Edition``), so
that a search does not read the whole archive's ids for a few hits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

from django.db import connection
from django.db.models import Case, Count, TextField, Value, When
from django.utils import timezone

from tips import dates
from tips.models import (
    CategorisedTip,
    Category,
    Edition,
    Page,
    Tag,
    TaggedTip,
    Tip,
    TipState,
)
from tips.text import html_to_plain, stems

Label = Category | Tag
# Which edition of which database: its number alone may come twice, where a transaction is taken back.
_Key = tuple[object, ...]


@dataclass(frozen=True)
class OwnPage:
    """An approved page of the site's own, with the stems of all its words."""

    path: str
    title: str
    stems: frozenset[str]


@dataclass(frozen=True)
class Archive:
    """The public tips at one moment.

    ``ids`` has all their ids, the newest tip first; ``known`` is the same as a set, ``place`` says where one
    stands. ``years`` has the latest first, ``labels`` the categories, then the tags, each by name;
    ``counts`` says in how many of the tips a label is, as far as that is known. At ``until`` the next tip
    goes live. ``pages`` are the site's own.
    """

    ids: Sequence[int]
    known: frozenset[int]
    place: Mapping[int, int]
    years: Sequence[int]
    labels: Sequence[Label]
    until: datetime | None
    counts: Mapping[Label, int] = field(default_factory=dict)
    pages: Sequence[OwnPage] = ()


class _Keeper:
    """The archive as this process knows it; all that it has changes at once."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: tuple[_Key, Archive] | None = None

    def current(self) -> Archive:
        # Asked for before the tips: what changes in between is read anew by the next search.
        edition = Edition.objects.values_list("number", "moment", "clock").first()
        # A transaction may be taken back, and with it the tips that only it can see.
        if edition is None or edition[2] == Edition.NO_TRIGGERS or connection.in_atomic_block:
            return _read()
        key: _Key = (connection.vendor, connection.settings_dict["NAME"], *edition)
        with self._lock:
            kept = self._kept
        if kept is None or kept[0] != key or (kept[1].until and kept[1].until <= timezone.now()):
            kept = (key, _read())
            with self._lock:
                self._kept = kept
        return kept[1]

    def forget(self) -> None:
        with self._lock:
            self._kept = None


_keeper = _Keeper()


def current() -> Archive:
    """Return what is public now, in one small statement if nothing has changed since the last call."""
    return _keeper.current()


def forget() -> None:
    """Read anew what is public the next time: after a database was emptied, its editions begin anew."""
    _keeper.forget()


def _read() -> Archive:
    now = timezone.now()
    # What is still to come stands first in the index.
    coming = Case(When(publish_at__gt=now, then="publish_at"))
    approved = Tip.objects.filter(state=TipState.APPROVED).newest_first().values_list("pk", coming)
    moments = [(pk, at) for pk, at in approved]
    ids = [pk for pk, at in moments if at is None]
    counts, pages = _labels_and_pages(now)
    return Archive(
        ids=ids,
        known=frozenset(ids),
        place={pk: number for number, pk in enumerate(ids)},
        years=dates.years_with(Tip.objects.published_dated(now), "publish_at"),
        labels=list(counts),
        until=min((at for _, at in moments if at), default=None),
        counts=counts,
        pages=pages,
    )


def _labels_and_pages(now: datetime) -> tuple[dict[Label, int], list[OwnPage]]:
    """Return {label: in how many public tips}, the categories and then the tags, each by name; and the pages.

    All of it is one statement.
    """
    nothing = Value("", output_field=TextField())
    categorised, tagged = (
        placements.order_by()
        .values_list(Value(kind), f"{name}_id", f"{name}__name", f"{name}__slug", nothing)
        .annotate(Count("pk"))
        for kind, placements, name in (
            (0, CategorisedTip.objects.published(now), "category"),
            (1, TaggedTip.objects.published(now), "tag"),
        )
    )
    approved = Page.objects.filter(state=Page.State.APPROVED).order_by()
    pages = approved.values_list(Value(2), "pk", "title", "path", "body", Value(0))
    found = sorted(
        categorised.union(tagged, pages, all=True), key=lambda row: (row[0], row[2].casefold(), row[1])
    )
    return {
        (Tag if kind else Category)(pk=pk, name=name, slug=slug): count
        for kind, pk, name, slug, _, count in found
        if kind < 2
    }, [
        OwnPage(path, title, frozenset(stems.stems(f"{title} {html_to_plain.to_text(body)}")))
        for kind, _, title, path, body, _ in found
        if kind == 2
    ]
