"""Links that run or read something, in spellings that slip past a filter, and a judge of what is alive."""

import html
import re
import unicodedata
from itertools import product
from urllib.parse import unquote

SCHEMES = ("javascript", "vbscript", "data", "file", "JaVaScRiPt")
# What is trimmed by a browser, by Python, or by a step that folds text.
LEADING = (
    *(
        "",
        " ",
        "\t",
        "\n",
        "\r",
        "\x0b",
        "\x0c",
        "\x00",
        "\x01",
        "\x1f",
        "\x7f",
        "\x85",
        "\u00a0",
        "\u00ad",
        "\u1680",
    ),
    *(
        "\u180e",
        "\u2000",
        "\u200b",
        "\u200e",
        "\u2028",
        "\u2029",
        "\u202e",
        "\u202f",
        "\u2060",
        "\u3000",
        "\ufeff",
    ),
)
_WAYS = (
    lambda scheme: f"{scheme}:alert(1)",
    lambda scheme: f"{scheme[:4]}\t{scheme[4:]}:alert(1)",
    lambda scheme: f"{scheme[:3]}\u200b{scheme[3:]}:alert(1)",
    lambda scheme: f"{scheme}&colon;alert(1)",
    lambda scheme: f"&#{ord(scheme[0])};{scheme[1:]}:alert(1)",
    lambda scheme: f"%{ord(scheme[0]):x}{scheme[1:]}:alert(1)",
    lambda scheme: f"{scheme} :alert(1)",
    lambda scheme: f"{scheme}\uff1aalert(1)",
    lambda scheme: f"//%0a{scheme}:alert(1)".removeprefix("//%0a").join(["", "//%0aalert(2)"]),
)
SPELLINGS = [sign + way(scheme) for sign, way, scheme in product(LEADING, _WAYS, SCHEMES)]

_ALIVE = re.compile(r"(?:javascript|vbscript|data|file)\s*:", re.IGNORECASE)


def is_alive(url):
    """Tell whether a URL runs or reads something, in whatever way it may be read by a program downstream."""
    for _ in range(3):
        url = unquote(html.unescape(url))
    signs = "".join(
        sign for sign in unicodedata.normalize("NFKC", url) if unicodedata.category(sign)[0] not in "CZ"
    )
    return bool(_ALIVE.match(signs))
