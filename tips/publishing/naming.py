"""What tags and categories have in common: their names and former names, and the history of their tips."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import TypeVar

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from tips.models import WRITTEN, Category, FormerName, FormerSlug, Tag, Tip, TipVersion
from tips.text import folding

Label = Tag | Category
_Label = TypeVar("_Label", Tag, Category)
# How many tips are read at once, with their texts.
_BATCH = 200


def same_name(model: type[_Label], name: str, apart_from: int = 0) -> _Label | None:
    """Return the row whose name a reader takes for ``name``, or None; former names do not count."""
    named = model._default_manager.filter(name_key=folding.column_key(name))
    return named.exclude(pk=apart_from).first()


def made(model: type[_Label], name: str, free_slug: Callable[[str], str]) -> _Label:
    """Return a new row of a name, or the one that somebody else made of that name at this moment."""
    with suppress(IntegrityError), transaction.atomic():
        return model._default_manager.create(name=name, slug=free_slug(name))
    if found := same_name(model, name):
        return found
    # Another name took the slug: "$5 questions" and "5 questions" make the same.
    return model._default_manager.create(name=name, slug=free_slug(name))


def settle(label: Label) -> None:
    """Let a tag or a category have its name and its slug for itself: nothing former says the same."""
    former = {f"{label._meta.model_name}__isnull": False}
    FormerName.objects.filter(name_key=label.name_key, **former).delete()
    FormerSlug.objects.filter(slug=label.slug, **former).delete()


def remember(label: Label, name: str) -> None:
    """Let a name that a tag or a category had lead to it from now on, unless its present one reads alike."""
    if (key := folding.column_key(name)) != label.name_key:
        kind = str(label._meta.model_name)
        FormerName.objects.filter(name_key=key, **{f"{kind}__isnull": False}).delete()
        FormerName.objects.create(name_key=key, **{kind: label})


def renamed(tips: QuerySet[Tip], kind: str, before: str, name: str, by: User) -> AbstractContextManager[None]:
    """Return a context that keeps a version of each tip on a tag or a category that is renamed in it.

    ``kind`` is the word for what is renamed; without a new name there is nothing to keep.
    """
    return nullcontext() if before == name else recorded(tips, f"The {kind} “{before}” is “{name}” now.", by)


def deleted(tips: QuerySet[Tip], kind: str, names: Iterable[str], by: User) -> AbstractContextManager[None]:
    """Return a context that keeps a version of each tip that loses the tags or categories deleted in it."""
    return recorded(tips, f"Deleted, of the {kind}: {quoted(names)}.", by)


@contextmanager
def recorded(tips: QuerySet[Tip], reason: str, by: User) -> Iterator[None]:
    """Keep a version of each tip of a queryset once the change inside to its categories or tags is made."""
    with transaction.atomic():
        pks = sorted(set(tips.order_by().values_list("pk", flat=True)))
        yield
        for start in range(0, len(pks), _BATCH):
            batch = Tip.objects.filter(pk__in=pks[start : start + _BATCH]).only(*WRITTEN)
            TipVersion.objects.record_all(list(batch), by=by, reason=reason)


def quoted(names: Iterable[str]) -> str:
    """Return names in quotation marks, separated by commas."""
    return ", ".join(f"“{name}”" for name in names)
