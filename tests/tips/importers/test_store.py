"""What an archive states becomes rows, and stands beside what staff wrote."""

import itertools
from datetime import UTC, date, datetime
from functools import partial

import pytest
from django.conf import settings as site

from tests.tips.importers.shapes import FOOTER, WEEK, page, post, teaser
from tests.tips.importers.stored import BODY, CUT, counts, names, only, plain, rows
from tests.tips.making import make_tip
from tips import dates
from tips.importers import batch_writer, pages, store
from tips.models import Category, Tag, Tip, TipState
from tips.schedule import queue, slots

pytestmark = pytest.mark.django_db

# New tips


def test_a_full_post_becomes_an_approved_tip_of_its_day_that_is_not_for_mail(bring):
    report = bring(page("trust", post("Don’t Rush…Wait – 4/30/19", BODY + "\n\nBe kind.", footer=True)))
    tip = only()
    assert counts(report) == (1, 0, 0)
    assert (tip.title, tip.slug, tip.state, tip.for_mail) == (
        "Don’t Rush…Wait",
        "dont-rush-wait",
        TipState.APPROVED,
        False,
    )
    assert tip.publish_at == dates.moment(date(2019, 4, 30))
    assert plain(tip) == BODY + "\n\nBe kind."
    assert tip.takeaway == "Be kind."
    assert tip.excerpt == BODY.replace("\n\n", " ")
    assert (names(tip.categories), names(tip.tags)) == ([WEEK], ["trust"])


def test_an_entry_of_the_strip_becomes_a_teaser_in_the_tip_of_the_week(bring):
    report = bring(page("trust", teaser("A - 4/30/19", CUT)))
    tip = only()
    assert (tip.excerpt, tip.body, names(tip.categories), names(tip.tags)) == (CUT, "", [WEEK], [])
    assert (report.teasers, report.undated) == (1, 0)
    assert ["a tag's" in warning.message for warning in report.warnings] == [True]


def test_a_page_with_a_strip_alone_goes_by_the_categories_of_the_run(bring):
    report = bring(page("Sports", teaser("A - 4/30/19", CUT)), page("x", post("B", BODY, "sports")))
    assert ["a category's" in warning.message for warning in report.warnings] == [True]


def test_a_post_without_a_date_is_public_and_undated(bring):
    report = bring(page("trust", post("A", BODY)))
    assert (only().undated, only().publish_at, only().is_published) == (True, None, True)
    assert report.undated == 1


def test_an_impossible_date_makes_an_undated_draft_with_its_title_unchanged(bring):
    report = bring(page("trust", post("A - 13/45/24", BODY)))
    assert (only().title, only().state, only().undated) == ("A - 13/45/24", TipState.DRAFT, True)
    assert len(report.warnings) == 1


def test_a_tip_of_the_future_becomes_a_draft_with_a_warning(bring):
    report = bring(page("trust", post("A – 1/6/2099", BODY)))
    assert (only().state, only().publish_at) == (TipState.DRAFT, dates.moment(date(2099, 1, 6)))
    assert [(warning.line, "future" in warning.message) for warning in report.warnings] == [(3, True)]


def test_what_came_to_pass_while_the_import_runs_is_public(bring, monkeypatch, time_machine):
    time_machine.move_to(datetime(2019, 5, 6, 12, tzinfo=UTC), tick=False)
    monkeypatch.setattr(store, "Batches", partial(store.Batches, most=1))

    def slowly(items, **options):
        for item in items:
            yield item
            time_machine.move_to(datetime(2019, 5, 8, 12, tzinfo=UTC), tick=False)

    bring(page("x", post("A – 4/30/19", BODY), post("B – 5/7/19", f"{BODY} More.")), progress=slowly)
    assert set(Tip.objects.values_list("title", "state")) == {("A", "approved"), ("B", "approved")}
    assert Tip.objects.get(title="A").updated_at < Tip.objects.get(title="B").updated_at


def test_slugs_of_one_title_differ_by_their_year(bring):
    texts = [post(f"Listen – 1/{day}/{year}", BODY) for day, year in ((7, 20), (14, 20), (12, 21))]
    bring(page("x", *texts, post("Listen", "Another."), post("???", "Odd.")))
    assert set(Tip.objects.values_list("slug", flat=True)) == {
        "listen",
        "listen-2020",
        "listen-2021",
        "listen-2",
        "question-mark",
    }


def test_a_very_long_title_is_cut_with_a_warning_and_stays_the_same_tip(bring):
    text = page("x", post("word " * 60 + "– 1/7/20", BODY), post("word " * 60 + "more – 1/7/20", BODY))
    report = bring(text)
    assert [len(tip.title) <= 200 for tip in Tip.objects.all()] == [True, True]
    assert [warning.line for warning in report.warnings] == [3, 13]
    assert counts(bring(text)) == (0, 0, 2)


def test_tags_that_make_the_same_address_stay_apart(bring):
    bring(page("C", post("A", BODY)), page("C++", post("A", BODY)), page("…", post("B", "Other.")))
    assert names(Tag.objects) == ["C", "C++", "…"]
    assert names(Tip.objects.get(title="A").tags) == ["C", "C++"]


def test_long_names_of_tags_and_categories_are_cut(bring):
    report = bring(page("t" * 120, post("A", BODY, "c" * 120)))
    assert (names(Tag.objects), names(Category.objects)) == (["t" * 100], ["c" * 100])
    assert len(report.warnings) == 2


def test_everything_it_writes_is_what_the_admin_would_accept(bring):
    bring(page("x", post("A – 4/30/19", "• One\n\n3. See www.example.org <b>\n\nEnd.", footer=True)))
    tip = only()
    before = tip.title, tip.slug, tip.body
    tip.full_clean()
    assert (tip.title, tip.slug, tip.body) == before


def test_a_text_as_long_as_a_book_is_stored_whole(bring):
    text = " ".join(f"word{number}" for number in range(120_000))
    bring(page("x", post("A – 4/30/19", text)))
    assert plain(only()) == text


# The same tip again


def test_a_second_run_changes_nothing(bring):
    text = page("x", teaser("A - 4/30/19", CUT), post("B – 4/23/19", BODY, footer=True), post("C", BODY))
    bring(text)
    before = rows()
    assert counts(bring(text)) == (0, 0, 3)
    assert rows() == before


def test_spelling_and_case_tell_no_tips_apart_but_dates_do(bring):
    bring(
        page("x", post("Don’t Rush—“Wait” – 4/30/19", BODY)),
        page("y", post('dón\'t  rush-"wait" - 4/30/2019', BODY)),
        page("z", post("Don’t Rush—“Wait” – 4/30/20", BODY)),
    )
    tip = Tip.objects.get(publish_at__year=2019)
    assert Tip.objects.count() == 2
    assert tip.title == "Don’t Rush—“Wait”"
    assert names(tip.tags) == ["x", "y"]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("runs", [1, 2])
def test_a_teaser_gets_its_text_its_category_and_its_excerpt(bring, order, runs):
    texts = [page("x", teaser("A - 4/30/19", CUT)), page("y", post("A – 4/30/19", BODY, "Sports"))]
    texts = [texts[place] for place in order]
    if runs == 1:
        bring(*texts)
    else:
        bring(texts[0])
        bring(texts[1])
    tip = only()
    assert (plain(tip), tip.excerpt) == (BODY, BODY.replace("\n\n", " "))
    assert (names(tip.categories), names(tip.tags)) == (["Sports"], ["y"])


def test_categories_and_tags_add_up(bring):
    bring(page("x", post("A", BODY, "Sports")))
    report = bring(page("y", post("A", BODY, "Government, sports")))
    assert counts(report) == (0, 1, 0)
    assert (names(only().categories), names(only().tags)) == (["Government", "Sports"], ["x", "y"])


def test_a_longer_text_replaces_a_shorter_one_and_never_the_reverse(bring):
    short, long = page("x", post("A", "Short.")), page("x", post("A", BODY))
    bring(short)
    assert counts(bring(long)) == (0, 1, 0)
    assert plain(only()) == BODY
    assert only().excerpt == BODY.replace("\n\n", " ")
    assert counts(bring(short)) == (0, 0, 1)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_copy_without_its_footer_does_not_bring_the_takeaway_into_the_body(bring, order):
    text = f"{BODY}\n\nBe kind."
    texts = [page("x", post("A", text)), page("x", post("A", text, footer=True))]
    for place in order:
        bring(texts[place])
    assert (plain(only()), only().takeaway) == (text, "Be kind.")


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("runs", [1, 2])
@pytest.mark.parametrize(
    "pair",
    [
        (page("x", post("A", BODY)), page("y", teaser("A - 4/30/19", CUT))),
        (page("x", post("A", BODY)), page("y", post("A – 4/30/19", BODY))),
        (page("x", teaser("A", CUT)), page("y", post("A – 4/30/19", BODY))),
    ],
)
def test_dated_and_undated_posts_whose_texts_agree_are_one_dated_tip(bring, pair, runs, order):
    texts = [pair[place] for place in order]
    for text in texts if runs == 2 else ():
        bring(text)
    report = bring(*texts)
    assert (only().publish_at, only().undated) == (dates.moment(date(2019, 4, 30)), False)
    assert plain(only()) == BODY
    assert not any("kept as two" in warning.message for warning in report.warnings)
    assert counts(bring(*texts)) == (0, 0, 1)


@pytest.mark.parametrize("runs", [1, 2])
def test_dated_and_undated_posts_whose_texts_differ_are_two_and_a_warning(bring, runs):
    texts = [page("x", post("A", BODY)), page("y", post("A – 4/30/19", "Something else."))]
    if runs == 2:
        bring(texts[0])
    report = bring(*texts[runs - 1 :])
    assert Tip.objects.count() == 2
    assert ["kept as two" in warning.message for warning in report.warnings] == [True]


def test_any_order_of_files_gives_the_same_rows(tmp_path):
    texts = [
        page("Retention", post("A – 4/30/19", BODY, "sports"), post("B", "Other."), post("A", BODY)),
        page("retention", teaser("C - 4/30/19", CUT), post("a - 4/30/19", BODY + "\n\nMore.", "Sports")),
        page(
            "SPORTS",
            teaser("“C” - 5/7/19", CUT),
            post("C – 4/30/19", BODY, "Sports"),
            post("B – 1/1/19", "Yes."),
        ),
        page("x", teaser("B", "Other"), post("c – 4/30/19", BODY, f"{WEEK}, SPORTS", footer=True)),
    ]
    paths = []
    for number, text in enumerate(texts):
        paths.append(tmp_path / f"{number}.txt")
        paths[-1].write_text(text)
    seen = []
    for order in itertools.permutations(paths):
        report = store.write(pages.read(order))
        first = min(Tip.objects.values_list("pk", flat=True))
        seen.append(([(pk - first, *values) for pk, *values in rows()], counts(report), report.warnings))
        Tip.objects.all().delete()
        Tag.objects.all().delete()
        Category.objects.all().delete()
    assert all(one == seen[0] for one in seen)


# One run


def test_a_dry_run_says_the_same_and_writes_nothing(bring):
    bring(page("x", post("A", "Short.", "Sports")))
    before = rows()
    texts = [
        page("y", teaser("B - 4/30/19", CUT), post("A", BODY, "New")),
        page("z", post("C – 1/1/2099", BODY), post("Oops - 13/45/24", BODY)),
    ]
    tried = bring(*texts, dry_run=True)
    assert rows() == before
    assert (names(Tag.objects), names(Category.objects)) == (["x"], ["Sports"])
    done = bring(*texts)
    assert (counts(tried), tried.teasers, tried.undated) == (counts(done), done.teasers, done.undated)
    assert [w.message for w in tried.warnings] == [w.message for w in done.warnings]
    assert (tried.dry_run, done.dry_run) == (True, False)


def test_a_run_that_fails_leaves_nothing_half_done(bring, monkeypatch):
    def fail(placements):
        raise RuntimeError

    monkeypatch.setattr(batch_writer._Placements, "save", fail)
    with pytest.raises(RuntimeError):
        bring(page("x", post("A", BODY)))
    assert not Tip.objects.exists()
    assert not Tag.objects.exists()


@pytest.mark.parametrize("runs", [1, 2])
def test_the_number_of_queries_does_not_grow_with_the_tips(bring, django_assert_max_num_queries, runs):
    text = page("x", *(post(f"Tip {n}", f"{BODY} {n}", "Sports", footer=True) for n in range(150)))
    if runs == 2:
        bring(text)
    with django_assert_max_num_queries(48):
        bring(text)


def test_the_text_of_a_post_has_no_footer_and_no_paragraph_twice(bring):
    bring(page("x", post("A", BODY, footer=True)), page("y", post("A", BODY, footer=True)))
    assert plain(only()) == BODY
    assert FOOTER[:6] not in plain(only())


def test_the_slot_of_the_site_gives_the_hour(bring, settings):
    settings.SLOT_TIME = site.SLOT_TIME.replace(hour=23)
    settings.TIME_ZONE = "Asia/Tokyo"
    bring(page("x", post("A – 4/30/19", BODY)))
    assert only().publish_at == datetime(2019, 4, 30, 14, tzinfo=UTC).replace(minute=site.SLOT_TIME.minute)


def test_a_draft_of_the_future_is_planned_and_takes_no_moment_that_is_held(bring):
    day = date(2031, 1, 7)
    held = make_tip("Held", publish_at=slots.Timetable.load().moment(day))
    text = page(
        "x", post("Early – 1/7/31", BODY), post("Alone – 1/14/31", "Another text, which stands alone.")
    )
    report = bring(text)
    tips = {
        tip.title: (tip.state, tip.pinned, tip.publish_at is not None)
        for tip in Tip.objects.exclude(pk=held.pk)
    }
    assert tips == {"Early": ("draft", False, False), "Alone": ("draft", True, True)}
    assert any("held by “Held”" in warning.message for warning in report.warnings)
    assert any("planned for 2031-01-14" in warning.message for warning in report.warnings)
    assert queue.version() == 1
    assert counts(bring(text)) == (0, 0, 2)
