"""How a page of the desk says how a slot stands."""

from django import template
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from tips.schedule.verdict import Verdict

register = template.Library()


@register.filter
def in_short(verdict: Verdict) -> SafeString:
    """Return ``Verdict.words`` for a row of the calendar, with what is not for mail marked as such."""
    facts = [
        format_html('<span class="not-for-mail">{}</span>', fact) if reason.code == "not-for-mail" else fact
        for reason in verdict.why
        for fact in [reason.fact.lower()]
    ]
    word = str(capfirst(verdict.word))
    return (
        format_html("{}: {}", word, format_html_join(", ", "{}", ((fact,) for fact in facts)))
        if facts
        else escape(word)
    )
