"""Verbs over tags: find or make, rename, merge. Old slugs go on leading to where a tag is now."""

import unicodedata
from collections.abc import Collection, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from django.contrib.admin.models import DELETION
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, Min, OuterRef, QuerySet
from django.utils.text import slugify

from desk.errors import NotPermitted, WrongState
from desk.log import log, log_each
from tips.models import TEXTS, FormerSlug, Tag, TagAction, TaggedTip, Tip, TipVersion
from tips.publishing import slugs

# How many tips are read at once, with their texts.
_BATCH = 200


def key(name: str) -> str:
    """Return what two spellings of one tag have in common: spaces and case do not tell tags apart."""
    return unicodedata.normalize("NFKC", " ".join(name.split())).casefold()


def same_name(name: str, apart_from: int = 0) -> Tag | None:
    """Return the tag that has this name in any case and spacing, or None.

    Compared here and not in the database: SQLite knows the case of ASCII letters only.
    """
    return next((tag for tag in Tag.objects.exclude(pk=apart_from) if key(tag.name) == key(name)), None)


def find_or_make(names: Iterable[str]) -> list[Tag]:
    """Return a tag for each of some names, in their order, each once; unknown ones are made.

    A name in another case is the same tag. The name of a tag that was merged into another, or renamed, is
    that other one: else a merger would be undone by habit.
    """
    wanted = {key(name): " ".join(name.split()) for name in names if name.strip()}
    if not wanted:
        return []
    known = {key(tag.name): tag for tag in Tag.objects.order_by("-pk")}
    for folded, name in wanted.items():
        if folded not in known:
            former = Tag.objects.filter(former_slugs__slug=slug_for(name)).first()
            known[folded] = former or make(name)
    return list(dict.fromkeys(known[folded] for folded in wanted))


def make(name: str) -> Tag:
    """Return a new tag; a former slug that is now its own leads nowhere else any more."""
    base = slug_for(name) or "tag"
    taken = set(Tag.objects.filter(slug__startswith=base[:90]).values_list("slug", flat=True))
    with transaction.atomic():
        tag = Tag.objects.create(name=name, slug=slugs.numbered(base, taken, 90))
        settle(tag)
    return tag


def settle(tag: Tag) -> None:
    """Let a tag have its slug for itself: no former slug of another one says the same."""
    FormerSlug.objects.filter(tag__isnull=False, slug=tag.slug).delete()


def slug_for(name: str) -> str:
    """Return the slug that a name makes, in letters of any script; may be empty."""
    return slugify(name, allow_unicode=True)[:100]


@transaction.atomic
def rename(tag: Tag, name: str, slug: str = "", *, by: User) -> None:
    """Give a tag another name and slug; its old slug leads to it.

    Without a slug, or with the present one beside a new name, the slug follows the name. Renaming back takes
    the old slug out of the list of former ones. Raises WrongState, NotPermitted.
    """
    if not by.has_perm("tips.change_tag"):
        raise NotPermitted("You may not rename tags. Ask an editor to do it.")
    before = Tag.objects.select_for_update().filter(pk=tag.pk).first()
    if before is None:
        raise WrongState(f"The tag “{tag}” has gone meanwhile: somebody merged or deleted it.")
    name = " ".join(name.split())
    if not name:
        raise WrongState("A tag needs a name.")
    if other := same_name(name, apart_from=tag.pk):
        raise WrongState(f"There is a tag “{other}” already. Merge the two instead: choose both in the list.")
    if not slug or (slug == before.slug and name != before.name):
        slug = slug_for(name) or before.slug
    if Tag.objects.filter(slug=slug).exclude(pk=tag.pk).exists():
        raise WrongState(f"Another tag has the address “{slug}”. Choose another, or merge the two.")
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


def renamed(tips: QuerySet[Tip], kind: str, before: str, name: str, by: User) -> AbstractContextManager[None]:
    """Return a context that keeps a version of each tip on a tag or a category that is renamed in it.

    ``kind`` is the word for what is renamed; without a new name there is nothing to keep.
    """
    return nullcontext() if before == name else _recorded(tips, f"The {kind} “{before}” is “{name}” now.", by)


def deleted(tips: QuerySet[Tip], kind: str, names: Iterable[str], by: User) -> AbstractContextManager[None]:
    """Return a context that keeps a version of each tip that loses the tags or categories deleted in it."""
    return _recorded(tips, f"Deleted, of the {kind}: {_quoted(names)}.", by)


@contextmanager
def _recorded(tips: QuerySet[Tip], reason: str, by: User) -> Iterator[None]:
    """Keep a version of each tip of a queryset once the change inside to its categories or tags is made."""
    with transaction.atomic():
        pks = sorted(set(tips.order_by().values_list("pk", flat=True)))
        yield
        for start in range(0, len(pks), _BATCH):
            batch = Tip.objects.filter(pk__in=pks[start : start + _BATCH]).only(*TEXTS)
            TipVersion.objects.record_all(list(batch), by=by, reason=reason)


@transaction.atomic
def merge(keep: Tag, others: Collection[Tag], *, by: User) -> int:
    """Make several tags one: every tip of the others gets ``keep``, once, and the others go.

    Their slugs, and those that led to them, lead to ``keep``. Returns how many tips got a tag that they did
    not have. A fixed number of statements, whatever the number of tips. Raises WrongState, NotPermitted.
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
    names = _quoted(tag.name for tag in others)
    with _recorded(Tip.objects.filter(tagged__tag__in=others), f"Merged into the tag “{keep}”: {names}.", by):
        moved = TaggedTip.objects.filter(pk__in=moving.values("first")).update(tag=keep)
        theirs.delete()

    old = [tag.slug for tag in others]
    FormerSlug.objects.filter(tag__isnull=False, slug__in=old).delete()
    FormerSlug.objects.filter(tag__in=others).update(tag=keep)
    FormerSlug.objects.bulk_create(FormerSlug(slug=slug, tag=keep) for slug in old)
    log_each(by, TagAction.MERGED_AWAY, [(tag, f"Merged into “{keep}”.") for tag in others], DELETION)
    gained = f"{moved} tip{'' if moved == 1 else 's'}"
    log(by, keep, TagAction.GAINED, f"Merged {names} into it; {gained} gained it.")
    Tag.objects.filter(pk__in=[tag.pk for tag in others]).delete()
    settle(keep)
    return moved


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)
