"""Characters that no text of ours may hold."""

import re

_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def without_controls(text: str) -> str:
    """Return text without the characters that XML has no place for (XML 1.0, section 2.2).

    Word processors leave some behind. One that parts lines becomes a line end.
    """
    return _CONTROLS.sub("", text.replace("\x0b", "\n").replace("\x0c", "\n"))
