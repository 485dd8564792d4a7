"""A tip begun as a copy of another."""

from django.contrib.auth.models import User
from django.db import transaction

from desk.errors import NotPermitted
from desk.log import log
from tips.models import WRITTEN, Tip, TipAction, TipVersion
from tips.publishing import editing, preview, slugs

_LONGEST_TITLE = Tip._meta.get_field("title").max_length or 0
_MARK = " (copy)"


@transaction.atomic
def duplicate(tip: Tip, *, by: User) -> Tip:
    """Begin a draft of ``by`` with the texts, categories and tags of a tip, and return the draft.

    The draft has no day and an address of its own; the tip stays as it is. Raises NotPermitted.
    """
    if not preview.may_see(by, tip):
        raise NotPermitted(f"You may not copy “{tip}”. Ask its author or an editor to do it.")
    texts = {name: getattr(tip, name) for name in WRITTEN}
    copy = Tip(**texts | {"title": f"{tip.title[: _LONGEST_TITLE - len(_MARK)]}{_MARK}"})
    copy.slug = slugs.free(copy.title)
    copy.hold_version()
    editing.start(copy, by=by)
    copy.categories.set(tip.categories.all())
    copy.tags.set(tip.tags.all())
    TipVersion.objects.record(copy, by=by, reason=f"Begun as a copy of “{tip}”."[:100])
    log(by, copy, TipAction.DUPLICATED, f"Begun as a copy of “{tip}”.")
    return copy
