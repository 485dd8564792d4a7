"""The command: its report, its refusals and its exit status."""

import hashlib
import io
import json

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError
from django.db.models import Count

from tests.tips.importers.shapes import page, post, teaser
from tips import dates
from tips.importers import deduplication, pages, store
from tips.models import Category, Tag, Tip
from tips.text import html_to_plain

pytestmark = pytest.mark.django_db

SEEDS = settings.BASE_DIR.parent / "shared" / "seeds"
needs_seeds = pytest.mark.skipif(not SEEDS.is_dir(), reason="../shared/seeds, the real pages, are not here")


def run(*arguments):
    """Return (exit status, standard output, standard error) of the command."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("import_archive", *map(str, arguments), stdout=out, stderr=err)
    except SystemExit as end:
        return end.code, out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


@pytest.fixture
def good(tmp_path):
    path = tmp_path / "good.txt"
    path.write_text(page("x", teaser("A - 4/30/19", "Once"), "Stray", post("B", "Text.")))
    return path


def test_the_report_says_what_was_done_and_where_to_look(good):
    status, out, err = run(good)
    assert (status, err) == (0, "")
    assert "Files read: 1, refused: 0." in out
    assert "Tips created: 2, updated: 0, unchanged: 0." in out
    assert "teasers: 1, undated: 1" in out
    assert f"{good}:8: warning:" in out


def test_json_is_one_object_and_nothing_else(good, tmp_path):
    status, out, err = run(good, tmp_path / "gone.txt", "--json")
    report = json.loads(out)
    assert status == 1
    assert err.count("\n") == 1
    assert set(report) == {
        *("files", "created", "updated", "unchanged", "teasers", "undated", "warnings", "refused", "dry_run")
    }
    assert (report["files"], report["created"], report["dry_run"]) == (1, 2, False)
    assert report["warnings"][0]["file"] == str(good)
    assert report["warnings"][0]["line"] == 8
    assert report["refused"] == [
        {"file": str(tmp_path / "gone.txt"), "message": "There is no such file or folder."}
    ]


def test_a_dry_run_says_so_and_writes_nothing(good):
    status, out, _ = run(good, "--dry-run")
    assert status == 0
    assert "Tips created: 2" in out
    assert "nothing was written" in out
    assert not Tip.objects.exists()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"a\0b", "binary"),
        (b"x\n\nCaf\xe9", "not UTF-8: byte 7, in line 3"),
        (b"Just a name\n\nand some words.\n", "no tips"),
        (b"<!doctype html><title>x</title>", "HTML page"),
    ],
)
def test_a_bad_file_is_refused_in_one_line_and_the_others_go_on(good, tmp_path, data, reason):
    bad = tmp_path / "bad.txt"
    bad.write_bytes(data)
    status, out, err = run(bad, good)
    assert status == 1
    assert err.count("\n") == 1
    assert err.startswith(f"{bad}: ")
    assert reason in err
    assert "Tips created: 2" in out


def test_where_nothing_can_be_read_the_status_is_2(tmp_path):
    status, out, err = run(tmp_path / "gone.txt", tmp_path, "--json")
    assert status == 2
    assert err.count("\n") == 2
    assert json.loads(out)["files"] == 0


def test_a_wordpress_export_is_named_and_nothing_is_done(tmp_path):
    export = tmp_path / "old-blog.xml"
    export.write_text('<?xml version="1.0"?><rss xmlns:wp="http://wordpress.org/export/1.2/"></rss>')
    status, _, err = run(export)
    assert (status, err.count("\n")) == (2, 1)
    assert err.startswith(f"{export}: This is a WordPress export. This command reads text pages")
    # In a folder without texts it may be what was meant.
    status, _, err = run(tmp_path)
    assert (status, err.count("\n")) == (2, 2)
    assert "The folder holds no .txt file." in err
    assert f"{export}: This is a WordPress export." in err
    assert not Tip.objects.exists()


def test_a_database_that_refuses_is_one_line_and_status_2(good, monkeypatch):
    def locked(*args, **options):
        raise DatabaseError("database is locked")

    monkeypatch.setattr(store, "write", locked)
    status, out, err = run(good, "--json")
    assert (status, err.count("\n")) == (2, 1)
    assert "database is locked" in err
    assert set(json.loads(out)) == {"error"}


def test_no_name_and_no_title_can_play_tricks_on_a_terminal(tmp_path):
    path = tmp_path / "evil\x1b[31m\n\u202e.txt"
    path.write_text(page("x", "Stray \u202e\u0085 title", post("A", "Text.")))
    _, out, err = run(path, f"{path}\x07")
    assert not {"\x1b", "\u202e", "\x07", "\x85"} & {*out, *err}
    assert err.count("\n") == 1


@needs_seeds
def test_the_real_pages_give_exactly_their_tips():
    report = json.loads(run(SEEDS, "--json")[1])
    assert [report[name] for name in ("files", "created", "updated", "unchanged")] == [5, 55, 0, 0]
    assert (report["teasers"], report["undated"], report["warnings"], report["refused"]) == (40, 6, [], [])
    dated = Tip.objects.filter(publish_at__isnull=False).order_by("publish_at")
    local = [tip.publish_at.astimezone(dates.site_zone()) for tip in dated]
    assert (len(local), {day.weekday() for day in local}) == (49, {1})
    assert (f"{local[0]:%Y-%m-%d}", f"{local[-1]:%Y-%m-%d}") == ("2017-08-08", "2025-10-07")
    assert [tag.n for tag in Tag.objects.annotate(n=Count("placements"))] == [3] * 5
    filed = Category.objects.annotate(n=Count("placements")).order_by("-n", "name").values_list("name", "n")
    assert list(filed) == [
        ("Customer Service Tip of the Week", 49),
        ("Business Advice", 4),
        ("Sports", 2),
        ("Government", 1),
        ("World of Customer Service", 1),
    ]
    assert Tip.objects.exclude(takeaway="").count() == 9
    assert sum(tip.body.count("<h2>") for tip in Tip.objects.all()) == 3
    assert not Tip.objects.filter(body__contains="Signup").exists()
    again = json.loads(run(*sorted(SEEDS.iterdir(), reverse=True), "--json")[1])
    assert [again[name] for name in ("created", "updated", "unchanged")] == [0, 0, 55]


@needs_seeds
def test_the_texts_of_the_real_pages_are_whole():
    run(SEEDS)
    for tip in Tip.objects.full():
        found = [path for path in SEEDS.iterdir() if tip.title in path.read_text()]
        source = "".join("".join(path.read_text() for path in found).split())
        blocks = [*html_to_plain.blocks(tip.body), *filter(None, [tip.takeaway])]
        assert len(blocks) == len(set(blocks))
        for block in blocks:
            # A number's mark may have been another one.
            assert "".join(block.split()) in source or "".join(block.split()[1:]) in source


@needs_seeds
@pytest.mark.once
def test_the_real_pages_give_the_same_rows_in_any_order():
    """Up to the merging, which is all that the order of files can reach."""
    digests = set()
    files = sorted(SEEDS.iterdir())
    # Each file comes first, and each comes last, with its neighbours before and after it.
    turned = [files[n:] + files[:n] for n in range(len(files))]
    for order in [*turned, *(each[::-1] for each in turned)]:
        digests.add(hashlib.sha256(repr(deduplication.merge(pages.read(order).posts)).encode()).hexdigest())
    assert len(digests) == 1


@needs_seeds
def test_the_real_pages_one_by_one_give_what_they_give_together():
    for path in sorted(SEEDS.iterdir(), reverse=True):
        assert run(path)[0] == 0
    assert json.loads(run(SEEDS, "--json")[1])["unchanged"] == 55
    assert Tip.objects.full().count() == 15
