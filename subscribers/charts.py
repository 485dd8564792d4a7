"""How the growth of the list is drawn."""

from dataclasses import dataclass

from subscribers.growth import Week

# In the drawing's own units. The bars share what is right of the scale; one that is cut off is drawn a little
# higher than the highest.
_WIDE, _SCALE, _GAP = 780, 34, 3
_CUT, _LABELS = 8, 18


@dataclass
class Bar:
    """One week as it is drawn: where, how high its bars are, and whether the upper one is cut off."""

    week: Week
    x: float
    middle: float
    up: float
    down: float
    net_at: float
    month: str
    is_cut: bool


def growth(weeks, height=90):
    """Return the drawing of some ``growth.Week``: bars for who joined and left, and a line for the net.

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
            Bar(
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
