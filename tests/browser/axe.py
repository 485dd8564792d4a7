"""What axe finds wrong with a page that lies open, on a phone and on a desk, by day and by night."""

from axe_playwright_python.sync_playwright import Axe

# The last is what a fresh page has, so that a test goes on as it began.
ALL_WAYS = [(360, "light"), (1280, "dark"), (360, "dark"), (1280, "light")]
# Each width and each scheme once: what is wrong in one scheme is hardly ever so at one width alone.
WAYS = ALL_WAYS[2:]
# It would load style sheets by itself, for a rule on sound and one on turned screens that is off; where a
# sheet imports another it asks for what is not there.
OPTIONS = {"resultTypes": ["violations"], "reporter": "no-passes", "preload": False}
# Colours that are on their way from one scheme to the other are judged where they arrive.
JUDGE = """async options => {
    document.getAnimations().forEach(each => each.finish())
    const {violations} = await axe.run(options)
    const found = Object.fromEntries(violations.map(each => [each.id, each.nodes[0].target]))
    if (document.documentElement.scrollWidth > innerWidth) found["wider than its window"] = ["html"]
    return found
}"""


def faults(page, name, ways=WAYS):
    """Return {where and what: the first element} of all that is wrong with the page in any of ``ways``.

    A way is a width in pixels and a colour scheme. ``name`` says in the answer which page it was. A page that
    scrolls sideways is a fault as well.
    """
    page.evaluate(Axe().axe_script)
    found = {}
    for width, scheme in ways:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        found |= {
            f"{name} ({width}, {scheme}): {rule}": target
            for rule, target in page.evaluate(JUDGE, OPTIONS).items()
        }
    return found
