from datetime import date, datetime, time, timedelta
from io import StringIO

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.utils import timezone

from subscribers.delivery import heartbeat
from tips import dates
from tips.models import ImportOrigin, SlotRule, Tip, TipState
from tipsite.demo import demonstration

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture(autouse=True)
def slots_at_all_times(db):
    """Let the first rule hold before the days to which these tests turn the clock."""
    SlotRule.objects.update(from_date=date(2020, 1, 1))


def demo(*arguments):
    output = StringIO()
    call_command("demo", *arguments, stdout=output)
    return output.getvalue()


def local_day(tip):
    return timezone.localdate(tip.publish_at)


@pytest.mark.parametrize(
    ("day", "tuesday"),
    [
        (date(2026, 3, 2), date(2026, 2, 24)),  # a Monday
        (date(2026, 3, 3), date(2026, 2, 24)),  # a Tuesday itself
        (date(2026, 3, 4), date(2026, 3, 3)),
        (date(2026, 1, 1), date(2025, 12, 30)),
    ],
)
def test_it_knows_the_last_tuesday_strictly_before_a_day(day, tuesday):
    assert demonstration.last_tuesday_before(day) == tuesday


@pytest.mark.parametrize("weekday", [0, 1, 2, 6])
def test_it_moves_the_archive_up_to_today(time_machine, settings, weekday):
    # Around the night on which the clocks change, too.
    today = date(2026, 3, 2) + timedelta(days=weekday)
    time_machine.move_to(datetime.combine(today, time(12), tzinfo=dates.site_zone()))
    loaded = demonstration.load()
    public = Tip.objects.published()
    assert local_day(public.newest_first().first()) == demonstration.last_tuesday_before(today)
    assert public.count() >= 60
    assert {local_day(tip).weekday() for tip in public if tip.publish_at} == {demonstration.TUESDAY}
    assert loaded.tips == public.count() + 3

    coming = Tip.objects.filter(publish_at__gt=timezone.now()).order_by("publish_at")
    days = [today + timedelta(days=number) for number in range(1, 8)]
    next_tuesday = next(day for day in days if day.weekday() == demonstration.TUESDAY)
    assert [local_day(tip) for tip in coming] == [next_tuesday, next_tuesday + timedelta(weeks=1)]
    assert {tip.state for tip in coming} == {TipState.APPROVED}
    assert {timezone.localtime(tip.publish_at).time() for tip in coming} == {settings.SLOT_TIME}


def test_it_leaves_one_draft_without_a_day():
    demonstration.load()
    draft = Tip.objects.get(state=TipState.DRAFT)
    assert (draft.publish_at, draft.undated) == (None, False)
    assert draft.body


def test_nothing_of_it_may_be_mailed():
    demonstration.load()
    assert not Tip.objects.filter(for_mail=True).exists()
    assert set(ImportOrigin.objects.values_list("source", flat=True)) == {"demo"}


def test_it_prints_the_password_of_the_staff_account_once():
    printed = demo()
    password = printed.split("password: ")[1].split()[0]
    user = get_user_model().objects.get(username="editor")
    assert user.is_superuser
    assert user.check_password(password)
    assert password not in demo()


def test_it_changes_nothing_when_run_again():
    demo()
    Tip.objects.filter(pk=Tip.objects.first().pk).update(title="Worded anew")
    before = list(Tip.objects.order_by("pk").values())
    assert "left as it is" in demo()
    assert list(Tip.objects.order_by("pk").values()) == before
    assert get_user_model().objects.count() == 1


def test_it_refuses_a_database_with_a_tip_of_somebody_elses():
    demo()
    Tip.objects.create(title="Ours", slug="ours")
    with pytest.raises(CommandError, match="1 tips") as refusal:
        demo()
    assert refusal.value.returncode == 2


def test_a_worker_that_has_begun_already_is_nobodys_data():
    heartbeat.renew("worker")
    assert demonstration.is_empty()
    demo()
    assert "left as it is" in demo()


def test_it_refuses_a_database_with_people_of_somebody_elses():
    get_user_model().objects.create_user("ada")
    with pytest.raises(CommandError, match="1 staff accounts") as refusal:
        demo()
    assert refusal.value.returncode == 2
    assert not Tip.objects.exists()


def test_if_empty_it_keeps_its_hands_off_whatever_is_there():
    get_user_model().objects.create_user("ada")
    assert demo("--if-empty") == ""
    assert not Tip.objects.exists()


def test_it_writes_nothing_where_its_pages_are_missing(monkeypatch, tmp_path):
    monkeypatch.setattr(demonstration, "COMING", tmp_path)
    with pytest.raises(CommandError, match="cannot be read"):
        demo()
    assert not Tip.objects.exists()
    assert not get_user_model().objects.exists()
