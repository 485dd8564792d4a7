"""Text that is cut where there is room for so much and no more."""

_LEFT_OUT = " ,;:–—-([“‘\"'/"


def at_word(text: str, longest: int) -> str:
    """Return text as one line of at most ``longest`` characters.

    Where it is cut, a word ends and “…” follows. A text without spaces, as of some scripts, is cut anywhere.
    """
    line = " ".join(text.split())
    if len(line) <= longest:
        return line
    kept = line[:longest]
    whole, space, _ = kept.rpartition(" ")
    return (whole if space else kept[:-1]).rstrip(_LEFT_OUT) + "…"
