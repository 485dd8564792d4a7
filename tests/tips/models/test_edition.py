"""The edition rises with each change of what readers are served, by whatever path, and with nothing else."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from tests.at_once import is_anybody_waiting_for_us
from tests.tips.making import ago, make_tip
from tests.tipsite.processes import wait_until
from tips.models import (
    ApprovedCount,
    Card,
    CategorisedTip,
    Category,
    Edition,
    FormerSlug,
    Huddle,
    Series,
    SeriesPart,
    SiteSettings,
    StandingNotice,
    Tag,
    TaggedTip,
    Tip,
    TipState,
)

# On PostgreSQL the edition is raised as a transaction ends.
pytestmark = pytest.mark.django_db(transaction=True)


def moment():
    return Edition.objects.get().moment


def by_plain_sql(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_each_change_that_readers_can_see_raises_it():
    tip = make_tip(tags=["phone"], categories=["Sports"])
    other = Tag.objects.create(name="other", slug="other")
    changes = [
        lambda: Tip.objects.update(title="Corrected"),
        lambda: Tip.objects.update(body="<p>Corrected.</p>"),
        lambda: Tip.objects.update(slug="corrected"),
        lambda: Tip.objects.update(publish_at=ago(days=30)),
        lambda: Tag.objects.filter(slug="phone").update(name="telephone"),
        lambda: Category.objects.update(slug="sport"),
        lambda: TaggedTip.objects.update(tag=other),
        lambda: TaggedTip.objects.all().delete(),
        lambda: TaggedTip.objects.bulk_create([TaggedTip(content_object=tip, tag=other)]),
        lambda: CategorisedTip.objects.all().delete(),
        lambda: FormerSlug.objects.create(slug="once", tip=tip),
        lambda: FormerSlug.objects.update(slug="long-ago"),
        lambda: FormerSlug.objects.update(tip=None, tag=other),
        lambda: FormerSlug.objects.all().delete(),
        lambda: Card.objects.create(pk=tip.pk, name="cards/1.png"),
        lambda: Card.objects.bulk_create(
            [Card(pk=tip.pk, name="cards/2.png")],
            update_conflicts=True,
            unique_fields=["tip_id"],
            update_fields=["name"],
        ),
        lambda: Card.objects.all().delete(),
        lambda: Tip.objects.update(kept_notices="book"),
        lambda: SiteSettings.objects.create(pk=1),
        lambda: SiteSettings.objects.update(tagline="Five minutes for Monday"),
        lambda: SiteSettings.objects.all().delete(),
        lambda: StandingNotice.objects.create(sort="book", text="Our book"),
        lambda: StandingNotice.objects.update(text="Our second book"),
        lambda: StandingNotice.objects.all().delete(),
        lambda: Huddle.objects.create(tip=tip, questions="Who rang?"),
        lambda: Huddle.objects.update(questions="Who called?"),
        lambda: Huddle.objects.all().delete(),
        lambda: Series.objects.create(name="Calls", slug="calls"),
        lambda: SeriesPart.objects.create(tip=tip, series=Series.objects.get(), place=1),
        lambda: SeriesPart.objects.update(place=2),
        lambda: SeriesPart.objects.all().delete(),
        lambda: Series.objects.update(intro="One after the other."),
        lambda: Series.objects.all().delete(),
        lambda: Tip.objects.update(state=TipState.WITHDRAWN),
        # Readers are told that it is gone, once its moment has come.
        lambda: Tip.objects.update(publish_at=ago(days=20)),
        lambda: Tip.objects.update(slug="withdrawn"),
        lambda: Tip.objects.update(state=TipState.APPROVED),
        lambda: Tip.objects.all().delete(),
        lambda: make_tip(state=TipState.WITHDRAWN),
        lambda: Tip.objects.update(state=TipState.DRAFT, publish_at=None),
        lambda: make_tip(),
        lambda: by_plain_sql("UPDATE tips_tip SET title = title || '!' WHERE state = 'approved'"),
        lambda: by_plain_sql("DELETE FROM tips_tip WHERE state = 'approved'"),
    ]
    before = moment()
    for number, change in enumerate(changes):
        change()
        assert (number, moment()) > (number, before)
        before = moment()


def test_what_no_reader_sees_does_not_raise_it():
    draft = make_tip(state=TipState.DRAFT, publish_at=None)
    public = make_tip()
    Tag.objects.create(name="unused", slug="unused")
    before = Edition.objects.get().number
    draft.title = "Reworded"
    draft.save()
    draft.tags.add("unused")
    draft.delete()
    Tip.objects.filter(pk=public.pk).update(updated_at=timezone.now(), title=public.title)
    # Of words that the typeface lacks.
    Card.objects.create(pk=public.pk)
    Card.objects.update(drawn_of="others")
    assert Edition.objects.get().number == before


def test_it_never_goes_back_and_rises_where_a_clock_was_set_back():
    make_tip()
    ahead = int(timezone.now().timestamp()) + 7200
    Edition.objects.update(moment=ahead, clock=ahead)
    Tip.objects.update(title="Corrected")
    assert moment() == ahead + 1


def test_many_changes_at_once_take_it_a_minute_ahead_at_most():
    Tip.objects.bulk_create(
        Tip(
            title=f"Tip {number}",
            slug=f"tip-{number}",
            state=TipState.APPROVED,
            publish_at=ago(days=number + 1),
        )
        for number in range(400)
    )
    # Each row by itself, and all of them with one statement.
    Tip.objects.update(title="Corrected")
    before = Edition.objects.get()
    assert moment() <= timezone.now().timestamp() + 62
    with transaction.atomic():
        for tip in Tip.objects.all()[:5]:
            Tip.objects.filter(pk=tip.pk).update(title="Corrected again")
    assert Edition.objects.get().number > before.number
    if connection.vendor == "postgresql":
        assert Edition.objects.get().number == before.number + 1


@pytest.mark.postgresql
def test_a_writer_who_waits_for_another_keeps_nobody_from_raising_it():
    tip, category = make_tip(), Category.objects.create(name="Sports", slug="sports")

    def correct():
        with closing(connection), transaction.atomic():
            Tip.objects.update(title="Corrected")
            # That the category is there is checked as the transaction ends.
            CategorisedTip.objects.create(tip=tip, category=category)

    before = Edition.objects.get().number
    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            Category.objects.select_for_update().update(name="Games")
            other = threads.submit(correct)
            wait_until(is_anybody_waiting_for_us)
        other.result()
    assert Edition.objects.get().number == before + 2
    assert ApprovedCount.objects.get(key=f"category {category.pk}").approved == 1


def test_a_tip_that_goes_live_by_time_alone_counts_from_its_moment():
    changed = Edition.objects.last_modified()
    at = timezone.now().replace(microsecond=0) + timedelta(hours=1)
    make_tip(publish_at=at)
    assert changed < Edition.objects.last_modified() < at
    assert Edition.objects.last_modified(at - timedelta(seconds=1)) < at
    assert Edition.objects.last_modified(at + timedelta(days=1)) == at


def test_a_change_in_the_second_in_which_a_tip_went_live_has_a_later_date():
    now = timezone.now().replace(microsecond=0)
    make_tip(publish_at=now)
    Edition.objects.update(moment=0, clock=0)
    assert Edition.objects.last_modified() == now
    Tip.objects.update(title="Corrected")
    assert Edition.objects.last_modified() > now


def test_its_date_is_a_whole_second():
    make_tip(publish_at=datetime(2020, 1, 1, 0, 0, 0, 700_000, tzinfo=UTC))
    assert Edition.objects.last_modified().microsecond == 0


def test_the_day_on_which_a_text_changed_follows_the_text_alone():
    tip = make_tip(tags=["phone"])
    stale = Tip.objects.get()
    assert stale.text_changed_at is None
    Tip.objects.update(slug="elsewhere", state=TipState.WITHDRAWN)
    Tip.objects.update(state=TipState.APPROVED, title=tip.title)
    tip.tags.clear()
    assert Tip.objects.get().text_changed_at is None
    Tip.objects.update(takeaway="Listen.")
    changed_at = Tip.objects.get().text_changed_at
    assert timezone.now() - changed_at < timedelta(minutes=1)
    # What was read before that cannot take it back.
    stale.takeaway = "Listen."
    stale.save()
    Tip.objects.update(text_changed_at=None)
    assert Tip.objects.get().text_changed_at == changed_at
    assert Tip.objects.get().revised_at == changed_at
