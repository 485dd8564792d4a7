"""From one machine's SQLite to a PostgreSQL server and back, by a backup and its restore."""

import pytest

from tests.postgres import NoPostgresError, throwaway
from tests.tipsite.processes import Site
from tipsite.backup import other_engine
from tipsite.backup.database_dump import BackupError

# All that people wrote and that happened, but for what a restore marks and what is of one database alone. And
# what a search finds.
CONTENTS = """
import hashlib, json
from django.apps import apps
from tips.search import archive, queries
NOT = {"subscribers.databaseidentity", "subscribers.senderlease", "tips.edition", "tipsite.backuprun"}
total = hashlib.sha256()
for model in sorted(apps.get_models(include_auto_created=True), key=lambda each: each._meta.label):
    names = [field.attname for field in model._meta.concrete_fields if model._meta.label_lower not in NOT]
    for row in model._base_manager.order_by("pk").values_list(*names) if names else ():
        total.update(json.dumps([model._meta.label, row], default=str, sort_keys=True).encode())
found = queries.find("customer", 1, queries.Filters("", "", None), archive.current())
print(total.hexdigest(), [tip.slug for tip in found.page.tips])
"""
TIPS = "from tips.models import Tip; Tip.objects"
# As SQLite has it, and as the text of COPY: by the table and the column.
VALUES = [
    (
        "tips_tip",
        "title",
        "Tab\tand \\ line\r\nend \u2028 \\N “😀”",
        r"Tab\tand \\ line\r\nend {} \\N “😀”".format("\u2028"),
    ),
    ("tips_tip", "title", "", ""),
    ("tips_tip", "publish_at", None, r"\N"),
    ("tips_tip", "publish_at", "2026-03-03 12:00:00", "2026-03-03 12:00:00+00"),
    ("tips_tip", "publish_at", "2026-03-03 12:00:00.000123", "2026-03-03 12:00:00.000123+00"),
    ("tips_tipversion", "tags", r'["\\u0000"]', r'["\\\\u0000"]'),
    ("tips_tip", "undated", 1, "t"),
    ("tips_tip", "undated", 0, "f"),
]


def contents(site):
    done = site.manage("shell", "-v0", "-c", CONTENTS)
    assert done.returncode == 0, done.stderr
    return done.stdout


def run(site, *command):
    done = site.manage(*command)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.soak
@pytest.mark.processes
@pytest.mark.once
def test_a_site_moves_to_postgresql_and_back_and_has_the_same_contents(tmp_path):
    folders = [tmp_path / name for name in ("small", "large", "again")]
    for folder in folders:
        folder.mkdir()
    try:
        with throwaway() as url:
            urls = [f"sqlite:///{folders[0] / 'a.sqlite3'}", url, f"sqlite:///{folders[2] / 'b.sqlite3'}"]
            small, large, again = sites = [Site(*pair) for pair in zip(folders, urls, strict=True)]
            for site in sites:
                site.environment["SUPPRESSION_KEY"] = "a key of the tests alone, of no use elsewhere"
                run(site, "migrate", "-v0")
            run(small, "demo")
            run(small, "shell", "-v0", "-c", f"{TIPS}.filter(pk=1).update(title={VALUES[0][2]!r})")
            before = contents(small)
            run(small, "backup", str(tmp_path / "small.tar"))
            run(large, "restore", str(tmp_path / "small.tar"))
            assert contents(large) == before
            # The next row gets a number that no row had.
            run(
                large,
                "shell",
                "-v0",
                "-c",
                "from tips.models import Tip; Tip.objects.create(title='New', slug='new')",
            )
            after = contents(large)
            run(large, "backup", str(tmp_path / "large.tar"))
            run(again, "restore", str(tmp_path / "large.tar"))
            assert contents(again) == after
    except NoPostgresError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize(("table", "column", "ours", "theirs"), VALUES)
def test_each_value_is_the_same_on_both(table, column, ours, theirs):
    field = other_engine.fields()[table][column]
    assert other_engine.to_copy(field, ours) == theirs
    back = other_engine.from_copy(field, theirs)
    assert back == ours


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("columns", "row"),
    [
        ("django_session (session_key, session_data, expire_date)", "k\td\t2026-03-03 12:00:00+00"),
        ("tips_posting (id)", "7"),
    ],
)
def test_a_dump_that_breaks_off_amid_its_rows_is_refused(columns, row, tmp_path, monkeypatch):
    (tmp_path / "rows").write_text(f"COPY public.{columns} FROM stdin;\n{row}\n{row[:-1]}")
    program = tmp_path / "pg_restore"
    program.write_text(f"#!/bin/sh\ncat {tmp_path}/rows\necho broken >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(BackupError, match="damaged: broken"):
        other_engine.converted(tmp_path / "dump", tmp_path)


def test_a_moment_is_the_same_in_whatever_zone_the_server_tells_it():
    field = other_engine.fields()["tips_tip"]["publish_at"]
    assert other_engine.from_copy(field, "2026-03-03 07:00:00.5-05") == "2026-03-03 12:00:00.500000"


@pytest.mark.parametrize(
    ("table", "column", "ours"),
    [("tips_tip", "title", "a\0b"), ("tips_tipversion", "tags", r'{"a": "\u0000"}')],
)
def test_what_the_other_engine_cannot_hold_is_named(table, column, ours):
    with pytest.raises(ValueError, match=rf"{table}\.{column} has a sign"):
        other_engine.to_copy(other_engine.fields()[table][column], ours)
