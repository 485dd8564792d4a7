"""Bodies made up by chance over all that a body may hold, in orders that nobody would write by hand."""

import random

PICTURE = f"/media/{'0' * 64}.png"
INLINE = ("strong", "em", "del", "sub", "sup", "code", "cite", "b", "i", "span")
WORDS = (
    "Smile",
    "first ",
    " then",
    "  listen  ",
    "\n",
    "R&D",
    "a < b",
    "“so”",
    "naïve",
    "1\u00a0kg",
    "é",
    "",
)


def made_body(seed):
    """Return the HTML of a made-up body; the same seed gives the same."""
    chance = random.Random(seed)
    return "".join(_block(chance, 0) for _ in range(chance.randint(1, 6)))


def _inline(chance, depth=0):
    parts = []
    for _ in range(chance.randint(0, 4)):
        kind = chance.random()
        text = chance.choice(WORDS).replace("&", "&amp;").replace("<", "&lt;")
        if depth < 3 and kind < 0.35:
            tag = chance.choice(INLINE)
            text = f"<{tag}>{_inline(chance, depth + 1)}</{tag}>"
        elif kind < 0.42 and depth < 3:
            url = chance.choice(
                ["https://example.com/?a=1&amp;b=2", "mailto:a@example.com", "tel:+15550100", "/tips/x/"]
            )
            text = f'<a href="{url}">{_inline(chance, depth + 1)}</a>'
        elif kind < 0.46:
            text = f'<abbr title="{text}">{text}</abbr>'
        elif kind < 0.54:
            text = "<br>"
        elif kind < 0.58:
            text = _picture(chance)
        parts.append(text)
    return "".join(parts)


def _picture(chance):
    return chance.choice(
        [f'<img src="{PICTURE}" alt="A bell" width="40" height="20">', f'<img src="{PICTURE}" alt="">']
    )


def _block(chance, depth):
    kinds = ["p", "p", "heading", "hr", "pre", "text", "figure"]
    kinds += ["list", "list", "quotation", "table", "item"] if depth < 3 else []
    match chance.choice(kinds):
        case "p":
            return f"<p>{_inline(chance)}</p>"
        case "heading":
            tag = chance.choice(("h2", "h3", "h4"))
            return f"<{tag}>{_inline(chance)}</{tag}>"
        case "hr":
            return "<hr>"
        case "pre":
            return chance.choice(["<pre>a  b\n c\n</pre>", "<pre><code>\nif x &lt; 1:\n    y</code></pre>"])
        case "text":
            return _inline(chance)
        case "figure":
            return f"<figure>{_picture(chance)}<figcaption>{_inline(chance)}</figcaption></figure>"
        case "list":
            return _list(chance, depth)
        case "quotation":
            return f"<blockquote>{_blocks(chance, depth)}</blockquote>"
        case "item":
            return f"<li>{_blocks(chance, depth)}</li>"
        case _:
            return _table(chance, depth)


def _blocks(chance, depth):
    return "".join(_block(chance, depth + 1) for _ in range(chance.randint(0, 3)))


def _list(chance, depth):
    start = chance.choice(["", ' start="3"', ' start="i"', ' type="a"', ' start="1" type="I"'])
    tag = chance.choice(("ul", "ol"))
    items = (
        chance.choice([f"<li>{_blocks(chance, depth)}</li>", f"<li>{_inline(chance)}</li>\n"])
        for _ in range(3)
    )
    return f"<{tag}{start if tag == 'ol' else ''}>{''.join(items)}{_block(chance, 3)}</{tag}>"


def _table(chance, depth):
    rows = []
    for _ in range(chance.randint(1, 4)):
        cells = []
        for _ in range(chance.randint(0, 4)):
            tag = chance.choice(("td", "td", "th"))
            spans = chance.choice(["", "", "", ' colspan="2"', ' rowspan="2"', ' rowspan="9" colspan="3"'])
            inner = _inline(chance) if chance.random() < 0.8 else _blocks(chance, depth)
            scope = " scope=col" if tag == "th" else ""
            cells.append(f"<{tag}{spans}{scope}>{inner}</{tag}>")
        rows.append(f"<tr>{''.join(cells)}</tr>")
    head = "<thead><tr><th>A</th><th>B</th></tr></thead>" if chance.random() < 0.3 else ""
    return f"<table>{head}<tbody>{''.join(rows)}</tbody></table>"
