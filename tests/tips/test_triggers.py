"""Migrations on a full database must leave the copies and the search's index true."""

from contextlib import closing

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection

from tests.tips.making import make_tip
from tests.tipsite.pages.asking import Readers
from tips import triggers
from tips.models import ApprovedCount, Edition, TaggedTip, Tip, TipState
from tips.search import queries
from tipsite.pages import state


@pytest.mark.django_db(transaction=True)
def test_migrating_there_and_back_keeps_the_triggers_at_work():
    # On SQLite this remakes tables, which drops every trigger on them.
    call_command("migrate", "taggit", "0005", verbosity=0)
    call_command("migrate", "taggit", verbosity=0)
    tip = make_tip("Umbrella stand", tags=["rain"])
    assert queries.find("umbrella").page.tips == [tip]
    Tip.objects.update(state=TipState.WITHDRAWN)
    assert TaggedTip.objects.get().state == TipState.WITHDRAWN
    Tip.objects.all().delete()
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            # Raises where the index and the rows differ.
            cursor.execute("INSERT INTO tips_fts(tips_fts, rank) VALUES ('integrity-check', 1)")


@pytest.mark.django_db(transaction=True)
def test_while_a_migration_runs_and_after_one_that_failed_each_edit_reaches_readers(monkeypatch):
    monkeypatch.setattr(state, "LOOK_EVERY", 3600)
    readers = Readers()
    tip = make_tip("Call back", slug="call-back", tags=["phone"])
    assert readers.get("/tips/call-back/").status == 200
    fed = readers.get("/feed/").headers["last-modified"]
    triggers.before_migration(apps.get_app_config("tips"), "default", plan=["something"])
    try:
        readers.watch.look_again()
        for change, status in (
            (TipState.WITHDRAWN, 410),
            (TipState.APPROVED, 200),
            (TipState.WITHDRAWN, 410),
        ):
            Tip.objects.filter(pk=tip.pk).update(state=change)
            assert readers.get("/tips/call-back/").status == status
        assert len(queries.find("call").page.tips) == 0
        assert readers.get("/feed/", if_modified_since=fed).status == 200
        assert readers.store.counts.builds == 2
    finally:
        # Nothing is left to migrate, where the program went back.
        call_command("migrate", verbosity=0)
    readers.watch.look_again()
    readers.get("/tips/call-back/")
    Tip.objects.filter(pk=tip.pk).update(state=TipState.APPROVED)
    assert readers.get("/tips/call-back/").status == 410
    readers.watch.look_again()
    assert readers.get("/tips/call-back/").status == 200
    assert ApprovedCount.objects.get(key="tips").approved == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_migration_gives_up_soon_where_others_use_the_tables(monkeypatch):
    monkeypatch.setattr(triggers, "_LONGEST_WAIT", 0.05)
    other = connection.copy()
    with closing(other), other.cursor() as cursor:
        cursor.execute("BEGIN; SELECT 1 FROM tips_tip")
        with pytest.raises(CommandError, match="Nothing was changed"):
            triggers.before_migration(apps.get_app_config("tips"), "default", plan=["something"])
    before = Edition.objects.get().number
    make_tip()
    assert Edition.objects.get().number > before
