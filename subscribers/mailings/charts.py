"""How the weeks are drawn: the growth of the list, and what came of mailings."""

from dataclasses import dataclass

from subscribers.mailings.statistics import MailingWeek
from subscribers.people.growth import GrowthWeek

# All in the drawing's own units. The bars of the growth share what is right of the scale; one that is cut off
# is drawn a little higher than the highest.
_WIDE, _SCALE, _GAP = 780, 34, 3
_CUT, _LABELS = 8, 18
# Of what came of mailings there is a small drawing for each of these.
_STEP, _HIGH, _SMALL_LABELS = 14, 56, 14
_KINDS = [
    ("sent", "Sent"),
    ("refused", "Refused"),
    ("complaints", "Complaints"),
    ("left", "Left after it"),
]


@dataclass
class GrowthBar:
    """One week of the growth: where it stands, how high its bars are, and whether the upper is cut off."""

    week: GrowthWeek
    x: float
    middle: float
    up: float
    down: float
    net_at: float
    month: str
    is_cut: bool


def growth(weeks, height=90):
    """Return the drawing of some GrowthWeeks: bars for who joined and left, and a line for the net.

    ``height`` is that of the highest bar. An import of thousands in one week would press all other weeks
    flat. So the scale follows those who came or went by themselves, if anybody did, and a bar that does not
    fit is cut off and says so.
    """
    most = max(max(week.joined, week.left) for week in weeks) or max(week.imported for week in weeks) or 1
    step, unit = _WIDE / len(weeks), height / most
    bars, before = [], None
    for place, week in enumerate(weeks):
        came, x = week.joined + week.imported, place * step
        month = "" if before in (None, week.monday.month) else f"{week.monday:%b}"
        before = week.monday.month
        bars.append(
            GrowthBar(
                week,
                x=round(x, 1),
                middle=round(x + (step - _GAP) / 2, 1),
                up=round(min(came * unit, height + _CUT), 1),
                down=round(week.left * unit, 1),
                net_at=round(-min(week.net * unit, height + _CUT), 1),
                month=month,
                is_cut=came * unit > height + _CUT,
            )
        )
    below = max([_CUT, *(bar.down for bar in bars)])
    return {
        "bars": bars,
        "bar": round(step - _GAP, 1),
        "most": most,
        "line": " ".join(f"{bar.middle:g},{bar.net_at:g}" for bar in bars),
        "left": -_SCALE,
        "width": _WIDE + _SCALE,
        "end": _WIDE,
        "top": -height - _CUT - 6,
        "highest": -height,
        "height": round(height + _CUT + 6 + below + _LABELS),
        "labels": round(below + _LABELS - 5),
        "joined": sum(week.joined for week in weeks),
        "imported": sum(week.imported for week in weeks),
        "gone": sum(week.left for week in weeks),
        "net": sum(week.net for week in weeks),
        "is_cut": any(bar.is_cut for bar in bars),
    }


@dataclass
class MailingBar:
    """What came of one week's mailings, of one kind: where it stands, how high it is, and what it says."""

    week: MailingWeek
    number: int
    x: int
    height: float
    month: str


@dataclass
class MailingChart:
    """The weeks in bars of one kind, on a scale of its own."""

    name: str
    label: str
    total: int
    most: int
    bars: list
    width: int
    bar: int = _STEP - _GAP
    high: int = _HIGH
    labels: int = _SMALL_LABELS


def mailings(weeks):
    """Return a MailingChart of some MailingWeeks for each of: sent, refused, complaints, and who left."""
    found = []
    for name, label in _KINDS:
        numbers = [getattr(week.figures, name) for week in weeks]
        most = max([1, *numbers])
        bars, before = [], None
        for place, (week, number) in enumerate(zip(weeks, numbers, strict=True)):
            month = "" if before in (None, week.monday.month) else f"{week.monday:%b}"
            before = week.monday.month
            # What happened at all must be seen.
            height = max(round(number * _HIGH / most, 1), 1.5) if number else 0
            bars.append(MailingBar(week, number, place * _STEP, height, month))
        width = len(bars) * _STEP
        found.append(MailingChart(name, label, sum(numbers), max(numbers, default=0), bars, width))
    return found
