"""How text is cleaned before it is stored, and how it is compared: the one place that says so.

``visible`` is for what is stored of a name, a title or any other single line; ``key`` is for every
comparison: look-ups, unique columns, duplicates. Both are idempotent, and both come before a comparison,
never after. Running text keeps its white space: ``without_invisible`` takes what shows nothing,
``without_controls`` only what XML has no place for. ``INVISIBLE`` is the class of the invisible signs for a
pattern that must read over them (a word with soft hyphens is one word). Terms are those of Unicode: UAX 15
for NFC and NFKC, and the property Default_Ignorable_Code_Point (chapter 5.21) for signs that show nothing.
"""

import hashlib
import re
import unicodedata

# In characters: what ``column_key`` returns at most.
LONGEST_KEY = 200

# Both are the inside of a class of a regular expression. What XML has no place for: the controls that part no
# lines, half of a pair of surrogates, and code points that are no characters.
_CONTROLS = "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
# Signs that show nothing, or that only turn the direction of writing: these controls, the default ignorable
# code points, and what is no character in the other planes.
INVISIBLE = (
    f"{_CONTROLS}\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0x110000, 0x10000))
)
# Scripts in which a joiner, or its opposite, changes the letters beside it: Arabic with its kin, those of
# India, Burmese, Khmer and Mongolian.
_JOINING = "\u0600-\u08ff\u0900-\u0dff\u1000-\u109f\u1780-\u18af"
# Where a joiner makes one picture of two, it may stand after these and before those.
_PICTURE = "\u203c\u2049\u20e3\u2139\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
_FLAG = "\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f"
# What readers do see of the signs in INVISIBLE: the parts of one picture, in a name as it is stored …
_SHOWN = (
    f"{_FLAG}|(?<=[{_PICTURE}\ufe0f])\u200d(?=[{_PICTURE}])|(?<=[\u00a9\u00ae{_PICTURE}])[\ufe0e\ufe0f]"
    f"|(?<=[0-9#*])\ufe0f(?=\u20e3)|(?<=[{_JOINING}])[\u200c\u200d](?=[{_JOINING}])"
)
# … and in a comparison, to which it is one whether a sign is drawn in colour.
_DISTINCT = f"{_FLAG}|(?<=[{_PICTURE}])\u200d(?=[{_PICTURE}])"
_OF_CONTROLS = re.compile(f"[{_CONTROLS}]")
_IN_STORED = re.compile(f"({_SHOWN})|[{INVISIBLE}]")
_IN_COMPARED = re.compile(f"({_DISTINCT})|[{INVISIBLE}]")
_ACCENTS = re.compile("[\u0300-\u036f]")
_COLOUR = re.compile("[\ufe00-\ufe0f]")

# Python takes them for unprintable, and yet they are part of what readers see.
JOINERS = "\u200c\u200d\ufe0e\ufe0f"

# White space to a reader, but not to Python: the blank of Braille.
_BLANKS = str.maketrans({"\u2800": " "})
# The forms of apostrophes, quotation marks, hyphens and dashes, each by the one of ASCII.
SAME_SIGNS = str.maketrans(
    dict.fromkeys("‘’‚‛ʹʻʼ′`´\u1ffd", "'")
    | dict.fromkeys("“”„‟«»″", '"')
    | dict.fromkeys("‐‑‒–—―⁃−﹘﹣－", "-")
)


def without_controls(text: str) -> str:
    """Return text without the characters that XML has no place for (XML 1.0, section 2.2).

    Word processors leave some behind. A control that parts lines becomes a line end.
    """
    return _OF_CONTROLS.sub("", text.replace("\x0b", "\n").replace("\x0c", "\n"))


def without_invisible(text: str) -> str:
    """Return text without the signs that show nothing; white space and line ends stay as they are.

    Kept are the joiners and selectors that readers see: those within one picture (emoji), and joiners between
    letters of scripts that need them, such as Persian and Hindi.
    """
    if text.isascii() and text.isprintable():
        return text
    return _IN_STORED.sub(_kept, text)


def visible(text: str) -> str:
    """Return a single line as it is stored: in NFC, without invisible signs, and with single spaces.

    The result is empty where a reader would see nothing.
    """
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    while (cleaned := _visible_once(text)) != text:
        text = cleaned
    return text


def key(text: str) -> str:
    """Return what all spellings of a line have in common that a reader cannot tell apart, or takes for one.

    These differ in case, in composed or decomposed letters (NFKC), in invisible signs, in white space, or in
    the form of apostrophes, quotation marks, hyphens and dashes. Every other letter, digit and sign counts:
    "C++" is not "C#", "$5" is not "5", and letters of two scripts that look alike are two.
    """
    if text.isascii() and text.isprintable():
        return " ".join(text.translate(SAME_SIGNS).lower().split())
    while (folded := _key_once(text)) != text:
        text = folded
    return text


def column_key(text: str, *, accents: bool = True) -> str:
    """Return the key of a line as a column keeps it: one over ``LONGEST_KEY`` ends in its digest.

    Without ``accents``, letters that differ in them alone are one: no two tips of a day have such titles.
    """
    folded = key(text)
    if not accents and not folded.isascii():
        folded = key(_ACCENTS.sub("", unicodedata.normalize("NFD", folded)))
    return folded if len(folded) <= LONGEST_KEY else f"{folded[:150]}#{digest(folded)}"


def digest(text: str) -> str:
    """Return a digest of text, in 32 characters."""
    return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=16).hexdigest()


def _visible_once(text: str) -> str:
    text = unicodedata.normalize("NFC", _IN_STORED.sub(_kept, text))
    return " ".join(text.translate(_BLANKS).split())


def _key_once(text: str) -> str:
    text = _IN_COMPARED.sub(_kept, _COLOUR.sub("", text)).translate(SAME_SIGNS)
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(text.translate(_BLANKS).translate(SAME_SIGNS).split())


def _kept(sign: re.Match[str]) -> str:
    return sign[1] or ""
