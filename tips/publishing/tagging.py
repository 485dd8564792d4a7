"""Verbs over tags: find or make, and rename. What led to a tag leads to where the tag is now."""

from collections.abc import Iterable

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from desk.errors import NotPermitted, WrongState
from desk.log import log
from tips.models import DeskChoice, FormerSlug, LabelAction, Tag, TaggedTip, Tip
from tips.permissions import CHANGE_ANY
from tips.publishing import naming, slugs
from tips.text import folding
from tips.text.slugify import slugify


def find_or_make(names: Iterable[str]) -> list[Tag]:
    """Return a tag for each of some names, in their order, each once; unknown ones are made.

    Two spellings that a reader takes for one are one tag. The name of a tag that was merged into another, or
    renamed, is that other one: else a merger would be undone by habit. A name in which nothing is visible is
    none.
    """
    wanted: dict[str, str] = {}
    for name in filter(folding.visible, names):
        wanted.setdefault(folding.column_key(name), name)
    known = Tag.objects.by_names(wanted.values())
    return list(dict.fromkeys(known.get(key) or make(name) for key, name in wanted.items()))


def known_to(user: User) -> QuerySet[Tag]:
    """Return the tags that a person may know of.

    For whoever may change all tips, all. Others do not know a tag that only unpublished tips of others have:
    it would tell what these are about.
    """
    if user.has_perm(CHANGE_ANY):
        return Tag.objects.all()
    placed = TaggedTip.objects.filter(tag=OuterRef("pk"))
    seen = Exists(placed.published()) | Exists(placed.filter(content_object__author=user))
    return Tag.objects.filter(seen | ~Exists(placed))


def make(name: str) -> Tag:
    """Return a new tag of a name that no tag has or had, with a slug that none has or had."""
    return naming.made(Tag, name, free_slug)


def slug_for(name: str) -> str:
    """Return the slug that a name makes, in letters of any script; empty only for a name without signs."""
    return slugify(name, Tag.LONGEST_MADE_SLUG)


def free_slug(name: str, besides: int = 0) -> str:
    """Return a slug made from a name that no other tag than ``besides`` has, and none had."""
    base = slug_for(name)
    tags = Tag.objects.filter(slug__startswith=base).exclude(pk=besides)
    former = FormerSlug.objects.filter(tag__isnull=False, slug__startswith=base).exclude(tag=besides)
    taken = tags.order_by().values_list("slug", flat=True).union(former.values_list("slug", flat=True))
    return slugs.numbered(base, set(taken), Tag.LONGEST_MADE_SLUG)


@transaction.atomic
def rename(tag: Tag, name: str, slug: str = "", *, by: User) -> None:
    """Give a tag another name and slug; its old name means it, and its old slug leads to it.

    Without a slug, or with the present one beside a new name, the slug follows the name. Renaming back takes
    the old name and slug out of the list of former ones. Raises WrongState, NotPermitted.
    """
    if not by.has_perm("tips.change_tag"):
        raise NotPermitted("You may not rename tags. Ask an editor to do it.")
    before = Tag.objects.select_for_update().filter(pk=tag.pk).first()
    if before is None:
        raise WrongState(f"The tag “{tag}” has gone meanwhile: somebody merged or deleted it.")
    name = folding.visible(name)
    if not name:
        raise WrongState("A tag needs a name that can be seen.")
    if other := naming.same_name(Tag, name, apart_from=tag.pk):
        raise WrongState(f"There is a tag “{other}” already. Merge the two instead: choose both in the list.")
    if before.slug in DeskChoice:
        # By which home finds what the desk chose.
        slug = before.slug
    elif not slug or (slug == before.slug and name != before.name):
        # What the old name makes too stays as it is, with its number.
        is_same = slug_for(name) == slug_for(before.name)
        slug = before.slug if is_same else free_slug(name, besides=tag.pk)
    if Tag.objects.filter(slug=slug).exclude(pk=tag.pk).exists():
        raise WrongState(f"Another tag has the address “{slug}”. Choose another, or merge the two.")
    tag.name, tag.slug = name, slug
    with naming.renamed(Tip.objects.filter(tagged__tag=tag), "tag", before.name, name, by=by):
        tag.save()
    naming.settle(tag)
    changes = []
    if before.name != name:
        naming.remember(tag, before.name)
        changes.append(f"Renamed from “{before.name}” to “{name}”.")
    if before.slug != slug:
        FormerSlug.objects.filter(tag__isnull=False, slug=before.slug).delete()
        FormerSlug.objects.create(slug=before.slug, tag=tag)
        changes.append(f"Its address was “{before.slug}” and leads here now.")
    if changes:
        log(by, tag, LabelAction.RENAMED, " ".join(changes))
