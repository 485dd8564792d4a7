"""The HTML of our mails to readers: one dress for all, with its style in each element."""

import html
import re
from collections.abc import Mapping

import css_inline
from django.conf import settings
from django.template.loader import render_to_string

# A list of mails shows about so many signs behind the subject. Where the preheader has fewer, this fills up
# what would be the beginning of the mail itself.
PREHEADER = 110
_FILLING = "&#847;&zwnj;&nbsp;"
_PREHEADER = re.compile(r'(?<=<div class="preheader">)([^<]*)(?=</div>)')

_inliner = css_inline.CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)


def render(template: str, context: Mapping[str, object]) -> str:
    """Return a mail's HTML from a template that extends ``emails/_letter.html``."""
    # By its plain name: a letter is read for years, and a worker need not have the files of the pages.
    bell = f"{settings.SITE_URL}{settings.STATIC_URL}mail-bell.png"
    lines = render_to_string(template, {**context, "bell": bell}).split("\n")
    whole = "\n".join(filter(None, map(str.strip, lines)))
    return _inliner.inline(_PREHEADER.sub(_filled, whole, count=1))


def _filled(preheader: re.Match[str]) -> str:
    words = " ".join(preheader[0].split())
    return words + _FILLING * (PREHEADER - len(html.unescape(words))) if words else ""
