"""The verbs over ideas: what becomes of them."""

from django.contrib.auth.models import User
from django.db import transaction

from desk.errors import Overtaken
from desk.log import log
from desk.names import person
from tips.models import Idea, Tip, TipAction
from tips.publishing import editing, slugs
from tips.text import plain_to_html


@transaction.atomic
def write(idea: Idea, *, by: User) -> Tip:
    """Make a draft of an idea, which goes away with it; return the draft, whose author is ``by``.

    The line is its title, the thought the beginning of its body.
    """
    current = Idea.objects.select_for_update().filter(pk=idea.pk).first()
    if current is None:
        raise Overtaken(f"“{idea}” is no idea any more: somebody made a draft of it, or deleted it.")
    tip = Tip(
        title=current.line, slug=slugs.free(current.line), body=plain_to_html.from_text(current.thought)
    )
    editing.start(tip, by=by)
    noted = f" Noted by {person(current.by)}." if current.by else ""
    log(by, tip, TipAction.MADE_OF_IDEA, f"A draft made of an idea.{noted}")
    current.delete()
    return tip
