"""Verbs over tags: find or make, rename, merge. What led to a tag leads to where the tag is now."""

from collections.abc import Collection, Iterable

from django.contrib.admin.models import DELETION
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, Min, OuterRef

from desk.errors import NotPermitted, WrongState
from desk.log import log, log_each
from tips.models import FormerName, FormerSlug, Tag, TagAction, TaggedTip, Tip
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
    if not slug or (slug == before.slug and name != before.name):
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
        log(by, tag, TagAction.RENAMED, " ".join(changes))


@transaction.atomic
def merge(keep: Tag, others: Collection[Tag], *, by: User) -> int:
    """Make several tags one: every tip of the others gets ``keep``, once, and the others go.

    Their slugs and names, and those that led to them, lead to ``keep``. Returns how many tips got a tag
    that they did not have. A fixed number of statements, whatever the number of tips. Raises WrongState,
    NotPermitted.
    """
    if not by.has_perms(["tips.change_tag", "tips.delete_tag"]):
        raise NotPermitted("You may not merge tags. Ask an editor to do it.")
    chosen = {tag.pk for tag in others} - {keep.pk}
    if not chosen:
        raise WrongState("Choose at least two tags to merge.")
    tags = Tag.objects.select_for_update().order_by("pk").in_bulk({keep.pk, *chosen})
    if len(tags) != len(chosen) + 1:
        raise WrongState("One of these tags has gone meanwhile: somebody merged or deleted it. Choose again.")
    keep, others = tags.pop(keep.pk), list(tags.values())

    theirs = TaggedTip.objects.filter(tag__in=others)
    has_it = TaggedTip.objects.filter(tag=keep, content_object=OuterRef("content_object"))
    # One row for each tip that has not the kept tag yet; a tip may well have several of the others.
    moving = theirs.exclude(Exists(has_it)).order_by().values("content_object").annotate(first=Min("pk"))
    names = naming.quoted(tag.name for tag in others)
    with naming.recorded(
        Tip.objects.filter(tagged__tag__in=others), f"Merged into the tag “{keep}”: {names}.", by
    ):
        moved = TaggedTip.objects.filter(pk__in=moving.values("first")).update(tag=keep)
        theirs.delete()

    old = [tag.slug for tag in others]
    FormerSlug.objects.filter(tag__isnull=False, slug__in=old).delete()
    FormerSlug.objects.filter(tag__in=others).update(tag=keep)
    FormerSlug.objects.bulk_create(FormerSlug(slug=slug, tag=keep) for slug in old)
    FormerName.objects.filter(tag__in=others).update(tag=keep)
    FormerName.objects.filter(tag__isnull=False, name_key__in=[tag.name_key for tag in others]).delete()
    FormerName.objects.bulk_create(FormerName(name_key=tag.name_key, tag=keep) for tag in others)
    log_each(by, TagAction.MERGED_AWAY, [(tag, f"Merged into “{keep}”.") for tag in others], DELETION)
    gained = f"{moved} tip{'' if moved == 1 else 's'}"
    log(by, keep, TagAction.GAINED, f"Merged {names} into it; {gained} gained it.")
    Tag.objects.filter(pk__in=[tag.pk for tag in others]).delete()
    naming.settle(keep)
    return moved
