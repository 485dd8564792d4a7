"""Verbs over tags: find or make, rename, merge. Old addresses go on leading to where a tag is now."""

import unicodedata
from contextlib import nullcontext

from django.contrib.admin.models import DELETION
from django.db import transaction
from django.db.models import Exists, Min, OuterRef
from django.utils.text import slugify

from desk.errors import NotPermitted, Refused
from desk.log import log, log_each
from tips.models import FormerSlug, Tag, TagAction, TaggedTip, Tip, TipVersion
from tips.publishing.slugs import numbered


class Unfit(Refused, ValueError):
    """What was asked for makes no sense; the text says what would."""


def key(name):
    """Return what two spellings of one tag have in common: spaces and case do not tell tags apart."""
    return unicodedata.normalize("NFKC", " ".join(name.split())).casefold()


def same_name(name, apart_from=None):
    """Return the tag that has this name in any case and spacing, or None.

    Compared here and not in the database: SQLite knows the case of ASCII letters only.
    """
    wanted = key(name)
    for pk, known in Tag.objects.exclude(pk=apart_from).values_list("pk", "name"):
        if key(known) == wanted:
            return Tag.objects.get(pk=pk)
    return None


def find_or_make(names):
    """Return a tag for each of some names, in their order, each once; unknown ones are made.

    A name in another case is the same tag. The name of a tag that was merged into another, or renamed, is
    that other one: else a merger would be undone by habit.
    """
    wanted = {key(name): " ".join(name.split()) for name in names if name.strip()}
    if not wanted:
        return []
    known = {key(tag.name): tag for tag in Tag.objects.order_by("-pk")}
    tags = []
    for folded, name in wanted.items():
        tag = known.get(folded) or _formerly(name) or make(name)
        if tag not in tags:
            tags.append(tag)
    return tags


def make(name):
    """Return a new tag; an old address that is now its own leads nowhere else any more."""
    with transaction.atomic():
        tag = Tag.objects.create(name=name, slug=_free_slug(name))
        settle(tag)
    return tag


def settle(tag):
    """Let a tag have its address for itself: no old address of another one says the same."""
    FormerSlug.objects.filter(tag__isnull=False, slug=tag.slug).delete()


def slug_for(name):
    """Return the address that a name makes, in letters of any script; may be empty."""
    return slugify(name, allow_unicode=True)[:100]


@transaction.atomic
def rename(tag, name, slug="", *, by):
    """Give a tag another name and address; its old address leads to it.

    Without a slug, or with the present one beside a new name, the address follows the name. Renaming back
    takes the old address out of the list of old ones. Raises Unfit, NotPermitted.
    """
    if not by.has_perm("tips.change_tag"):
        raise NotPermitted("You may not rename tags. Ask an editor to do it.")
    before = Tag.objects.select_for_update().filter(pk=tag.pk).first()
    if before is None:
        raise Unfit(f"The tag “{tag}” has gone meanwhile: somebody merged or deleted it.")
    name = " ".join(name.split())
    if not name:
        raise Unfit("A tag needs a name.")
    if other := same_name(name, apart_from=tag.pk):
        raise Unfit(
            f"There is a tag “{other}” already. Merge the two instead: choose both in the list of tags."
        )
    if not slug or (slug == before.slug and name != before.name):
        slug = slug_for(name) or before.slug
    if Tag.objects.filter(slug=slug).exclude(pk=tag.pk).exists():
        raise Unfit(f"Another tag has the address “{slug}”. Choose another, or merge the two.")
    tag.name, tag.slug = name, slug
    with renamed(Tip.objects.filter(tagged__tag=tag), "tag", before.name, name, by=by):
        tag.save()
    settle(tag)
    changes = []
    if before.name != name:
        changes.append(f"Renamed from “{before.name}” to “{name}”.")
    if before.slug != slug:
        FormerSlug.objects.create(slug=before.slug, tag=tag)
        changes.append(f"Its address was “{before.slug}” and leads here now.")
    if changes:
        log(by, tag, TagAction.RENAMED, " ".join(changes))


def renamed(tips, kind, before, name, *, by):
    """Return a context that keeps a version of each tip on a tag or a category that is renamed in it.

    ``kind`` is the word for what is renamed; without a new name there is nothing to keep.
    """
    if before == name:
        return nullcontext()
    return TipVersion.objects.recorded(tips, by=by, reason=f"The {kind} “{before}” is “{name}” now.")


def deleted(tips, kind, names, *, by):
    """Return a context that keeps a version of each tip that loses the tags or categories deleted in it."""
    named = ", ".join(f"“{name}”" for name in names)
    return TipVersion.objects.recorded(tips, by=by, reason=f"Deleted, of the {kind}: {named}.")


@transaction.atomic
def merge(keep, others, *, by):
    """Make several tags one: every tip of the others gets ``keep``, once, and the others go.

    Their addresses, and those that led to them, lead to ``keep``. Returns how many tips got a tag that they
    did not have. A fixed number of statements, whatever the number of tips. Raises Unfit, NotPermitted.
    """
    if not by.has_perms(["tips.change_tag", "tips.delete_tag"]):
        raise NotPermitted("You may not merge tags. Ask an editor to do it.")
    chosen = {tag.pk for tag in others} - {keep.pk}
    if not chosen:
        raise Unfit("Choose at least two tags to merge.")
    locked = Tag.objects.select_for_update().filter(pk__in={keep.pk, *chosen}).order_by("pk")
    found = {tag.pk: tag for tag in locked}
    if len(found) != len(chosen) + 1:
        raise Unfit("One of these tags has gone meanwhile: somebody merged or deleted it. Choose again.")
    keep, others = found.pop(keep.pk), list(found.values())

    theirs = TaggedTip.objects.filter(tag__in=others)
    has_it = TaggedTip.objects.filter(tag=keep, content_object=OuterRef("content_object"))
    # One row for each tip that has not the kept tag yet; a tip may well have several of the others.
    moving = theirs.exclude(Exists(has_it)).order_by().values("content_object").annotate(first=Min("pk"))
    names = ", ".join(f"“{tag}”" for tag in others)
    losing = Tip.objects.filter(tagged__tag__in=others)
    with TipVersion.objects.recorded(losing, by=by, reason=f"Merged into the tag “{keep}”: {names}."):
        moved = TaggedTip.objects.filter(pk__in=moving.values("first")).update(tag=keep)
        theirs.delete()

    old = [tag.slug for tag in others]
    FormerSlug.objects.filter(tag__isnull=False, slug__in=old).delete()
    FormerSlug.objects.filter(tag__in=others).update(tag=keep)
    FormerSlug.objects.bulk_create(FormerSlug(slug=slug, tag=keep) for slug in old)
    tips = "1 tip" if moved == 1 else f"{moved} tips"
    log_each(by, TagAction.MERGED_AWAY, [(tag, f"Merged into “{keep}”.") for tag in others], DELETION)
    log(by, keep, TagAction.GAINED, f"Merged {names} into it; {tips} gained it.")
    Tag.objects.filter(pk__in=[tag.pk for tag in others]).delete()
    settle(keep)
    return moved


def _formerly(name):
    slug = slug_for(name)
    former = (
        FormerSlug.objects.select_related("tag").filter(tag__isnull=False, slug=slug).first()
        if slug
        else None
    )
    return former.tag if former else None


def _free_slug(name):
    slug = slug_for(name) or "tag"
    taken = set(Tag.objects.filter(slug__startswith=slug[:90]).values_list("slug", flat=True))
    return slug if slug not in taken else numbered(slug[:90], taken)
