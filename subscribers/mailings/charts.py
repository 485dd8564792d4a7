"""The drawings of weeks: the growth of the list, and what came of mailings."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from types import SimpleNamespace

from subscribers.mailings.statistics import MailingWeek
from subscribers.people.growth import GrowthWeek
from tips import dates

# All in the drawing's own units. The bars of the growth share what is right of the scale; a bar that is cut
# off is drawn a little higher than the highest.
_WIDE, _SCALE, _GAP = 780, 34, 3
_CUT, _LABELS = 8, 18
# The drawings of what came of mailings are small: the distance of bars, their height, the place of labels.
_STEP, _HIGH, _SMALL_LABELS = 14, 56, 14
_KINDS = {"sent": "Sent", "refused": "Refused", "complaints": "Complaints", "left": "Left after it"}


def growth(weeks: Sequence[GrowthWeek], height: int = 90) -> dict[str, object]:
    """Return the drawing of some GrowthWeeks: bars for who joined and left, and a line for the net.

    ``height`` is that of the highest bar. ``bars`` says of each week where it stands, how high its two bars
    are, and whether the upper one is cut off. An import of thousands in one week would press all other weeks
    flat. So the scale follows those who came or went by themselves, if anybody did, and a bar that does not
    fit is cut off and says so.
    """
    most = max(max(week.joined, week.left) for week in weeks) or max(week.imported for week in weeks) or 1
    step, unit, tallest = _WIDE / len(weeks), height / most, height + _CUT
    bars = [
        SimpleNamespace(
            week=week,
            x=round(place * step, 1),
            middle=round(place * step + (step - _GAP) / 2, 1),
            up=round(min((week.joined + week.imported) * unit, tallest), 1),
            down=round(week.left * unit, 1),
            net_at=round(-min(week.net * unit, tallest), 1),
            month=month,
            is_cut=(week.joined + week.imported) * unit > tallest,
        )
        for place, (week, month) in enumerate(zip(weeks, _months(weeks), strict=True))
    ]
    below = max([_CUT, *(bar.down for bar in bars)])
    width = {"left": -_SCALE, "width": _WIDE + _SCALE, "end": _WIDE, "bar": round(step - _GAP, 1)}
    labels, whole = round(below + _LABELS - 5), round(tallest + 6 + below + _LABELS)
    heights = {"top": -tallest - 6, "highest": -height, "height": whole, "labels": labels}
    line = " ".join(f"{bar.middle:g},{bar.net_at:g}" for bar in bars)
    sums = {key: sum(getattr(week, key) for week in weeks) for key in ("joined", "imported", "left", "net")}
    gone, is_cut = sums.pop("left"), any(bar.is_cut for bar in bars)
    return width | heights | sums | {"bars": bars, "line": line, "most": most, "gone": gone, "is_cut": is_cut}


def mailings(weeks: Sequence[MailingWeek]) -> Iterator[dict[str, object]]:
    """Yield a drawing of some MailingWeeks for each of: sent, refused, complaints, and who left."""
    for name, label in _KINDS.items():
        numbers = [week.figures[name] for week in weeks]
        most = max(numbers)
        bars = [
            {
                "week": week,
                "number": number,
                "x": place * _STEP,
                # A bar of a single person must be seen.
                "height": max(number * _HIGH / most, 1.5) if number else 0,
                "month": month,
            }
            for place, (week, number, month) in enumerate(zip(weeks, numbers, _months(weeks), strict=True))
        ]
        sizes = {"width": len(bars) * _STEP, "bar": _STEP - _GAP, "high": _HIGH, "labels": _SMALL_LABELS}
        yield sizes | {"name": name, "label": label, "total": sum(numbers), "most": most, "bars": bars}


def _months(weeks: Sequence[GrowthWeek] | Sequence[MailingWeek]) -> list[str]:
    """Return the short name of its month for each week that begins another month than the week before."""
    mondays = [week.monday for week in weeks]
    return [
        "",
        *(dates.short_month(day) if day.month != before.month else "" for before, day in pairwise(mondays)),
    ]
