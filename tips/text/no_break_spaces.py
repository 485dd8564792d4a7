"""No-break spaces: those that hold a number and its unit together, and the many that only stick words."""

import re

# The no-break space and its narrow form, and the space as wide as a digit.
_NO_BREAK = "\u00a0\u202f\u2007"
_UNITS = (
    "mm cm dm m km in ft yd mi mg g kg t lb lbs oz ml cl dl l L ms s sec min h hr hrs"
    " hour hours minute minutes second seconds day days week weeks month months year years"
    " ° °C °F % ‰ $ € £ ¥ ¢ USD EUR GBP CHF million billion"
    " B kB KB MB GB TB px pt dpi Hz kHz MHz GHz W kW kWh V A J kJ cal kcal Pa hPa bar dB K"
    " am pm AM PM a.m. p.m. km/h mph m² m³ km² sq"
).split()
_HOLDS = re.compile(
    rf"(?<=\d)[{_NO_BREAK}](?=(?:{'|'.join(map(re.escape, sorted(_UNITS, key=len, reverse=True)))})(?!\w))"
)
_ANY = re.compile(f"[{_NO_BREAK}]")


def loosened(text: str) -> str:
    """Return text, character by character, with an ordinary space for each no-break space.

    One between a number and the unit behind it stays: "10 kg" is not to be torn apart.
    """
    if not _ANY.search(text):
        return text
    kept = {match.start() for match in _HOLDS.finditer(text)}
    return _ANY.sub(lambda space: "\u00a0" if space.start() in kept else " ", text)
