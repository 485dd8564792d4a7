"""What the readers' templates need beyond Django's own tags."""

from django import template
from django.utils.safestring import mark_safe

from tips.public import structured_data
from tips.text import body_images, highlight, markup

register = template.Library()


@register.filter
def description(tip):
    """Return what search engines and link previews show of a tip."""
    return structured_data.description(tip)


@register.filter
def json_ld(tip):
    """Return a tip's structured data, ready to stand in a script element."""
    return structured_data.as_script(structured_data.article(tip))


@register.filter
def safe_body(tip):
    """Return a tip's body as it may be shown. It was cleaned when stored; only here is it trusted."""
    return mark_safe(body_images.lazy_images(tip.body))  # noqa: S308


@register.filter
def marked(text, stems):
    """Mark the words that a search found."""
    return highlight.marked(text, stems)


@register.filter
def passage(tip, stems):
    """Return the passage of a tip in which a search found most, with the words marked."""
    text = " ".join(filter(None, [tip.searchable_text, tip.takeaway]))
    return highlight.marked(highlight.passage(text, stems), stems)


@register.filter
def teaser(tip):
    """Return a tip's excerpt, with an ellipsis where it was cut in the middle of a sentence."""
    text = markup.one_line(tip.excerpt)
    if not text or text[-1] in ".!?…”\"’')":
        return text
    return text.rstrip(",;:–—- ") + "…"
