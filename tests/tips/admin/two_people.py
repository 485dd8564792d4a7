"""Two people at one desk, each on a connection of their own: ``python -m tests.tips.admin.two_people 600``.

On the database of DATABASE_URL, where ``make_desk`` has put what they work on. For so many seconds both open
forms, pages of the calendar and the list, wait for a while, and press; what they are asked about they answer,
and what is refused they leave or try again. A journal keeps what each one meant, and what each one saw.
Prints one JSON object: ``problems``, what rows and versions do not bear out, and how often what happened.
"""

import json
import sys
import threading
import time
from collections import Counter
from datetime import date

import django

if __name__ == "__main__":
    django.setup()

from django.contrib.admin.models import DELETION, LogEntry
from django.utils import timezone

from tests.tips.admin.journal import Journal
from tests.tips.admin.somebody import NAMES, QUEUED, TEXTS, Somebody, free_days
from tests.tips.making import make_tip
from tests.tips.people import make_person
from tests.tips.weeks import tuesdays
from tips.models import Category, SlotException, Tag, Tip, TipState, TipVersion
from tips.schedule.forecast import holders


def make_desk():
    """Put two editors on the desk, and what they work on."""
    tuesdays()
    for name in NAMES:
        make_person(name, "Editor", first_name=name.capitalize())
        Category.objects.create(name=f"of {name}", slug=name)
    labels = {"categories": ["Sports"], "tags": ["bell"]}
    make_tip("Open", state=TipState.DRAFT, publish_at=None, excerpt="By hand.", takeaway="Old.", **labels)
    for title in ("Undated", "Pinned", "Planned", "Listed"):
        make_tip(title, state=TipState.DRAFT, publish_at=None, **labels)
    make_tip("Out")
    make_tip("Doomed", state=TipState.DRAFT, publish_at=None)
    make_tip("Reviewed", state=TipState.IN_REVIEW, publish_at=None)
    days = free_days(12)
    for title, slot in zip(("First", "Second"), days[8:10], strict=True):
        make_tip(title, publish_at=slot.at, pinned=True, approved_at=timezone.now(), **labels)
    for title, slot in zip(QUEUED, days, strict=False):
        make_tip(title.capitalize(), publish_at=slot.at, approved_at=timezone.now(), **labels)


def rows(pks, renamed, days, things):
    """Return {thing: its value} of the rows as they are; ``things`` names tags that somebody wrote."""
    tips = {name: Tip.objects.get(pk=pk) for name, pk in pks.items()}
    found = {("open", name): getattr(tips["open"], name) for name in TEXTS}
    found["open", "day"], found["pinned", "day"] = day_of(tips["open"]), day_of(tips["pinned"])
    names = {name: {*tips[name].tags.names()} for name in ("open", "listed")}
    for name, kind, tag in (thing for thing in things if thing[1] == "tag"):
        found[name, kind, tag] = tag in names[name]
    for name in NAMES:
        for title in ("open", "listed"):
            found[title, "category", name] = tips[title].categories.filter(slug=name).exists()
    found["undated", "undated"], found["listed", "author"] = tips["undated"].undated, tips["listed"].author_id
    found["planned", "day"] = tips["planned"].publish_at is not None
    for title in ("reviewed", "out"):
        found[title, "state"] = tips[title].state
    found["tag", "name"] = Tag.objects.get(pk=renamed["tag"]).name
    found["category", "name"] = Category.objects.get(pk=renamed["category"]).name
    skipped, moved = map(date.fromisoformat, days[:2])
    reasons = dict(SlotException.objects.values_list("day", "reason"))
    found["week", str(skipped)] = skipped in reasons
    if skipped in reasons:
        found["why", str(skipped)] = reasons[skipped]
    found["moved", str(moved)] = reasons.get(moved, "")
    found["order", "swapped"] = tips["first"].moment > tips["second"].moment
    return found


def day_of(tip):
    return timezone.localdate(tip.publish_at).isoformat() if tip.publish_at else ""


def together(seconds):
    """Let both work; return what came of it."""
    journal, pks = Journal(), {tip.title.lower(): tip.pk for tip in Tip.objects.all()}
    journal.doomed.append(pks.pop("doomed"))
    renamed = {"tag": Tag.objects.get(name="bell").pk, "category": Category.objects.get(name="Sports").pk}
    # Named once: a slot may pass meanwhile.
    days = [slot.day.isoformat() for slot in free_days(12)]
    for thing, value in rows(pks, renamed, days, []).items():
        journal.was(thing, value)
    people = [Somebody(name, journal, pks, renamed, days) for name in NAMES]
    threads = [threading.Thread(target=somebody.work, args=[seconds]) for somebody in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    now, began = rows(pks, renamed, days, journal.writes), time.monotonic()
    was_swapped = now.pop(("order", "swapped"))
    for thing, value in now.items():
        journal.saw(thing, value, began)
    journal.judge()
    if was_swapped != bool(journal.counts["swapped"] % 2):
        journal.complain(f"the two are not where {journal.counts['swapped']} swaps leave them")
    # Each week has one tip at most, and each tip is deleted once.
    times = [tip.publish_at for tip in holders(timezone.now())]
    journal.problems += [f"{at} is held twice" for at in {*times} if times.count(at) > 1]
    gone = LogEntry.objects.filter(action_flag=DELETION, object_id__in=map(str, journal.doomed))
    logged = Counter(gone.values_list("object_id", flat=True))
    for pk in journal.doomed:
        is_there = Tip.objects.filter(pk=pk).exists()
        if logged[str(pk)] != (not is_there):
            journal.complain(f"the tip {pk} is there: {is_there}, and its deletions are {logged[str(pk)]}")
    # What somebody saved over is still to be had.
    versions = TipVersion.objects.filter(tip=pks["open"])
    for name in {*TEXTS} - {"slug"}:
        kept = {*versions.values_list(name, flat=True)}
        journal.problems += [f"no version has {value!r}" for value in journal.written("open", name) - kept]
    # A name that somebody gave up came back with nobody's form.
    for model in (Tag, Category):
        kind = model._meta.model_name
        given_up = journal.written(kind, "name") - {now[kind, "name"]}
        back = {*model.objects.values_list("name", flat=True)} & given_up
        journal.problems += [f"the {kind} {name!r} came back" for name in back]
    saved = sum(map(len, journal.writes.values()))
    return {"problems": journal.problems, "saved": saved, **journal.counts}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(together(float(sys.argv[1]))))
