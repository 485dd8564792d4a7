"""An import in short transactions: what a run leaves that stops midway, and what others do meanwhile."""

from functools import partial

import pytest
from django.db import OperationalError

from desk.batches import Batches
from tests.tips.importers.shapes import page, post
from tests.tips.importers.stored import BODY, rows
from tests.tips.making import make_tip
from tips import dates
from tips.importers import batch_writer, pages, store
from tips.models import Category, ImportOrigin, ImportRun, Tag, Tip, TipVersion
from tips.publishing import tagging

pytestmark = pytest.mark.django_db
TIPS = 7


@pytest.fixture(autouse=True)
def batches_of_two(monkeypatch):
    monkeypatch.setattr(store, "Batches", partial(Batches, most=2))


@pytest.fixture
def archive(tmp_path):
    """Return a function that reads an archive of TIPS tips; it may be read again."""
    texts = [post(f"Tip {n} – 4/{n}/19", f"{BODY} {n}", f"Sports {n % 3}") for n in range(1, TIPS + 1)]
    path = tmp_path / "page.txt"
    path.write_text(page("x", *texts))
    return lambda: pages.read([path])


def without_pks():
    return [values[1:] for values in rows()]


def between_batches(**doings):
    """Return a progress that does something before the tip of a number is written: ``at_3=...``."""

    def progress(items, **options):
        for number in items:
            doings.pop(f"at_{number}", lambda: None)()
            yield number

    return progress


@pytest.mark.parametrize("broken", [1, 2, 4])
def test_a_run_that_stops_has_whole_tips_and_the_next_one_does_the_rest(archive, monkeypatch, broken):
    calls = []

    def save(placements, save=batch_writer._Placements.save):
        # Of each batch the last thing but one to be written.
        calls.append(placements)
        if len(calls) == 2 * broken:
            raise OperationalError("the disk went away")
        save(placements)

    with monkeypatch.context() as patch:
        patch.setattr(batch_writer._Placements, "save", save)
        with pytest.raises(store.StoppedError if broken > 1 else OperationalError) as stopped:
            store.write(archive())
    done = 2 * (broken - 1)
    assert Tip.objects.count() == ImportOrigin.objects.count() == TipVersion.objects.count() == done
    if done:
        assert (stopped.value.report.created, stopped.value.left) == (done, TIPS - done)
        assert (ImportRun.objects.get().created, ImportRun.objects.get().left) == (done, TIPS - done)
    report = store.write(archive())
    assert (report.created, report.unchanged, report.updated) == (TIPS - done, done, 0)
    resumed = without_pks()
    assert ImportRun.objects.latest("pk").left == 0
    for model in (Tip, Tag, Category):
        model.objects.all().delete()
    store.write(archive())
    assert without_pks() == resumed


def test_ctrl_c_ends_a_run_between_two_tips_and_says_how_far_it_came(archive):
    def interrupt():
        raise KeyboardInterrupt

    with pytest.raises(store.StoppedError) as stopped:
        store.write(archive(), progress=between_batches(at_4=interrupt))
    assert (stopped.value.report.created, stopped.value.left) == (4, TIPS - 4)
    assert Tip.objects.count() == 4


def test_a_tip_that_staff_write_meanwhile_is_not_made_twice(archive):
    def write_by_hand():
        make_tip("Tip 5", publish_at=dates.moment(dates.date(2019, 4, 5)), slug="by-hand")
        make_tip("Another", slug="tip-6")

    store.write(archive(), progress=between_batches(at_4=write_by_hand))
    assert sorted(Tip.objects.values_list("title", flat=True)) == sorted(
        ["Another", *(f"Tip {n}" for n in range(1, TIPS + 1))]
    )
    assert Tip.objects.get(title="Tip 5").slug == "by-hand"
    assert Tip.objects.get(title="Tip 6").slug == "tip-6-2019"


# What refers to nothing is found as a transaction ends.
@pytest.mark.django_db(transaction=True)
def test_a_name_that_is_made_or_deleted_meanwhile_is_one_name(archive):
    def change_names():
        Category.objects.filter(name="Sports 1").delete()
        tagging.make("y")

    store.write(archive(), progress=between_batches(at_2=change_names))
    assert sorted(Category.objects.values_list("name", flat=True)) == ["Sports 0", "Sports 1", "Sports 2"]
    assert Tip.objects.get(title="Tip 4").categories.get().name == "Sports 1"


def test_two_runs_at_a_time_make_each_tip_once(archive):
    def run_whole():
        assert store.write(archive()).created == TIPS - 2

    report = store.write(archive(), progress=between_batches(at_2=run_whole))
    assert (report.created, report.unchanged) == (2, TIPS - 2)
    assert Tip.objects.count() == ImportOrigin.objects.count() == TIPS
