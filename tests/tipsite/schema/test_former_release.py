"""Processes of the release before go on while a newer one migrates: they find all that they ask for."""

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

pytestmark = pytest.mark.django_db

# Where the release before ends, to be moved on with each release. Before the first one nobody had to go on.
FORMER = {
    "desk": "0002_find_entries_about_an_object",
    "shield": "0002_rate_limit_written_at",
    "subscribers": "0007_subscriber_counts",
    "tips": "0015_how_far_an_import_came",
    "tipsite": "0007_mails_about_work",
}


def columns_of(table):
    """Return {name of a column: whether a row may be written without it}."""
    with connection.cursor() as cursor:
        found = connection.introspection.get_table_description(cursor, table)
    return {each.name: each.null_ok or each.default is not None for each in found}


def test_each_column_is_still_there_and_a_new_one_need_not_be_written():
    former = MigrationLoader(connection).project_state([*FORMER.items()]).apps
    there = {*connection.introspection.table_names()}
    for model in (
        model for app in FORMER for model in former.get_app_config(app).get_models(include_auto_created=True)
    ):
        table = model._meta.db_table
        assert table in there, f"{table} is gone, or has another name"
        known, now = {field.column for field in model._meta.concrete_fields}, columns_of(table)
        assert not known - now.keys(), f"{table} lacks what the release before reads"
        left_out = {name for name in now.keys() - known if not now[name]}
        assert not left_out, (
            f"the release before writes rows of {table} without these: give them a db_default"
        )


def test_each_function_that_the_release_before_calls_is_still_there():
    # Nobody calls functions of SQLite's that are not the program's own.
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM tips_with_everywhere('call <-> back'::tsquery)")
            assert cursor.fetchone() == (0,)
