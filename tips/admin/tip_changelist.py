"""What the list of tips holds: its tabs with their counts, and its sections, each in its own order.

What is not public stands first, last edited first; then the queue, by day; then what is public, newest first.
What a search found stands in the order of the search.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import InvalidPage, Paginator
from django.db.models import Case, CharField, Count, F, Q, QuerySet, Value, When
from django.db.models.expressions import Combinable
from django.http import HttpRequest
from django.utils import timezone

from desk.pages import staff_of
from tips import permissions
from tips.admin import tip_rows
from tips.admin.tip_rows import Row
from tips.models import Tip, TipQuerySet, TipState, newest_first
from tips.search import everything

Order = Sequence[str | Combinable]
_LAST_EDITED: Order = ("-updated_at", "-id")
_NEWEST: Order = (newest_first(), "id")


@dataclass(frozen=True)
class Section:
    """A part of the list: the states of its tips, as ``_STATE`` has them, and their order."""

    heading: str
    note: str
    states: tuple[str, ...]
    order: Order


_SECTIONS = (
    Section("At work", "last edited first", ("draft", "in_review"), _LAST_EDITED),
    Section("Queue", "next first", ("queue",), ("publish_at", "id")),
    Section("Public", "newest first", ("public",), _NEWEST),
    Section("Withdrawn", "last edited first", ("withdrawn",), _LAST_EDITED),
)
# In the order of the page; of the last two, only where there is something in them.
TABS = {
    "": "All",
    "draft": "Drafts",
    "in_review": "In review",
    "queue": "Queue",
    "public": "Public",
    "mine": "Mine",
    "withdrawn": "Withdrawn",
}
# What a page shows of a section; of a search, which has none, the ids in its order.
_Part = tuple[Section | None, QuerySet[Tip] | list[int]]


@dataclass
class Shown:
    """A section of a page, with its rows; without a heading where the tab has no other section."""

    heading: str
    note: str
    rows: list[Row] = field(default_factory=list)


class TipChangeList(ChangeList):
    """One page of the list of tips."""

    tabs: list[tuple[str, str, str, bool]]
    sections: list[Shown]
    corrected = ""
    _found: Sequence[int] | None = None

    def get_queryset(
        self, request: HttpRequest, exclude_parameters: list[str | None] | None = None
    ) -> QuerySet[Tip]:
        queryset: QuerySet[Tip] = super().get_queryset(request, exclude_parameters)
        if self.query:
            found = everything.find(self.query, cast(QuerySet[Tip], self.root_queryset))
            self._found, self.corrected = found.ids, found.corrected
            queryset = queryset.filter(pk__in=found.ids)
        return queryset.order_by()

    def get_results(self, request: HttpRequest) -> None:
        now, user = timezone.now(), staff_of(request)
        chosen = request.GET.get("state", "")
        # The word of earlier links.
        tab = {"planned": "queue"}.get(chosen, chosen)
        tips, sees_all = cast(TipQuerySet, self.queryset), user.has_perm(permissions.CHANGE_ANY)
        # Whoever sees their own tips alone sees those in the first tab.
        if tab not in TABS or (tab == "mine" and not sees_all):
            tab = ""
        found = None if self._found is None else _found(tips, now)
        if found is None:
            of_all, of_mine = _counts(tips, user.pk if sees_all else None, now)
        else:
            of_all = Counter(state for state, _ in found.values())
            of_mine = Counter(state for state, author in found.values() if author == user.pk)
        self.tabs = [
            (name, label, f"{number:,}", name == tab)
            for name, label in TABS.items()
            for number in [_number(name, of_all, of_mine)]
            if not (name == "mine" and not sees_all) and (number or name not in ("mine", "withdrawn"))
        ]
        if tab == "mine":
            tips, of_all = tips.filter(author=user), of_mine
        states = tuple(of_all) if tab in ("", "mine") else (tab,)
        self.has_one_section = tab not in ("", "mine")
        # A tab is no filter.
        self.has_active_filters = any(spec.used_parameters for spec in self.filter_specs if not is_tab(spec))
        self.result_count = self.full_result_count = sum(of_all[state] for state in states)
        self.show_full_result_count = self.show_admin_actions = True
        self.can_show_all = self.result_count <= self.list_max_show_all
        self.multi_page = self.result_count > self.list_per_page
        self.paginator = Paginator(range(self.result_count), self.list_per_page)
        start, stop = self._bounds()
        parts: list[_Part]
        if found is None:
            parts = list(_parts(tips, of_all, states, start, stop, now))
        else:
            mine = user.pk if tab == "mine" else None
            here = [
                pk
                for pk in self._found or ()
                if pk in found and found[pk][0] in states and mine in (None, found[pk][1])
            ]
            parts = [(None, here[start:stop])]
        self._fill(parts, now)

    def _bounds(self) -> tuple[int, int]:
        """Return the numbers of the first row of the page, and of that after its last."""
        if self.show_all and self.can_show_all:
            return 0, self.result_count
        try:
            page = self.paginator.page(self.page_num)
        except InvalidPage:
            raise IncorrectLookupParameters from None
        first = max(page.start_index() - 1, 0)
        return first, page.end_index()

    def _fill(self, parts: list[_Part], now: datetime) -> None:
        """Read the tips of the page in one statement, and what the list says of each."""
        tips = Tip.objects.for_lists().select_related("author")
        condition = Q(pk__in=[])
        for _, part in parts:
            condition |= Q(pk__in=part if isinstance(part, list) else part.values("pk"))
        found = list(tips.filter(condition)) if parts else []
        rows = {row.tip.pk: row for row in tip_rows.rows(found, now)}
        self.sections, self.result_list = [], []
        for section, part in parts:
            if section is None:
                ordered = [rows[pk] for pk in part if pk in rows] if isinstance(part, list) else []
                shown = Shown("", "", ordered)
            else:
                ordered = [row for row in rows.values() if row.state in section.states]
                ordered.sort(key=lambda row: _key(row.tip, section))
                heading = "" if self.has_one_section else section.heading
                shown = Shown(heading, section.note, ordered)
            self.sections.append(shown)
            self.result_list += [row.tip for row in shown.rows]

    @property
    def seen(self) -> str:
        """What the page carries of its rows: the stamp of each."""
        return " ".join(f"{row.tip.pk}:{row.tip.stamp}" for shown in self.sections for row in shown.rows)


def is_tab(spec: object) -> bool:
    """Tell whether a filter is shown as tabs."""
    return getattr(spec, "is_tab", False)


def _state(now: datetime) -> Case:
    """Return the same as an expression."""
    to_come = Q(state=TipState.APPROVED, publish_at__gt=now)
    is_public = Q(state=TipState.APPROVED)
    return Case(
        When(to_come, then=Value("queue")),
        When(is_public, then=Value("public")),
        default=F("state"),
        output_field=CharField(),
    )


def _condition(states: Iterable[str], now: datetime) -> Q:
    """Return the condition of having one of some states, in a form that the index of lists serves."""
    conditions = {
        "queue": Q(state=TipState.APPROVED, publish_at__gt=now),
        "public": Q(state=TipState.APPROVED) & (Q(publish_at__isnull=True) | Q(publish_at__lte=now)),
    }
    condition = Q(pk__in=[])
    for state in states:
        condition |= conditions.get(state, Q(state=state))
    return condition


def _counts(tips: TipQuerySet, mine: int | None, now: datetime) -> tuple[Counter[str], Counter[str]]:
    """Return {state: how many} of some tips, and of those by one author; one statement."""

    def grouped(rows: QuerySet[Tip], whose: int) -> QuerySet[Tip, tuple[int, str, int]]:
        marked = rows.order_by().annotate(whose=Value(whose), at=_state(now))
        return marked.values_list("whose", "at").annotate(Count("pk", distinct=True))

    rows = grouped(tips, 0)
    if mine is not None:
        rows = rows.union(grouped(tips.filter(author=mine), 1), all=True)
    counts: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    for whose, state, number in rows:
        counts[whose][state] = number
    return counts


def _number(tab: str, of_all: Counter[str], of_mine: Counter[str]) -> int:
    if tab == "mine":
        return of_mine.total()
    return of_all[tab] if tab else of_all.total()


def _parts(
    tips: TipQuerySet, counts: Counter[str], states: Sequence[str], start: int, stop: int, now: datetime
) -> Iterator[_Part]:
    """Yield the sections that a page shows something of, each with the rows of it."""
    for section in _SECTIONS:
        here = [state for state in section.states if state in states]
        number = sum(counts[state] for state in here)
        first, last = max(start, 0), min(stop, number)
        if first < last:
            ordered = tips.filter(_condition(here, now)).order_by(*section.order)
            yield section, ordered[first:last]
        start, stop = start - number, stop - number


def _found(tips: TipQuerySet, now: datetime) -> dict[int, tuple[str, int | None]]:
    """Return {id: (state, id of the author)} of what a search has found."""
    rows = tips.annotate(at=_state(now)).values_list("pk", "at", "author")
    return {pk: (state, author) for pk, state, author in rows}


def _key(tip: Tip, section: Section) -> tuple[float, int]:
    """Return what rows of a section are sorted by: as ``Section.order`` says, in Python."""
    if section.order is _LAST_EDITED:
        return -tip.updated_at.timestamp(), -tip.pk
    if section.order is _NEWEST:
        return -tip.publish_at.timestamp() if tip.publish_at else 0.0, tip.pk
    return tip.moment.timestamp(), tip.pk
