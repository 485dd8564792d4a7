"""Which cards are drawn when: by the worker, once for the same words, and once more after a fall."""

from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from tests.tips.making import hidden_tips, make_tip
from tips.cards import drawing, making
from tips.models import Card, Tip, TipState
from tips.storage import names
from tipsite.worker import clock

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def plain_drawing(settings, tmp_path, monkeypatch):
    """Draw words alone: pixels have tests of their own."""
    settings.MEDIA_ROOT = tmp_path / "media"
    # However slow the disk of a busy machine is.
    monkeypatch.setattr(making, "SECONDS", 600)
    drawn = []

    def tip_card(title, takeaway, site_name):
        drawn.append(title)
        return None if "🎉" in title else f"{title}|{takeaway}|{site_name}".encode()

    monkeypatch.setattr(drawing, "tip_card", tip_card)
    monkeypatch.setattr(drawing, "site_card", lambda site_name: site_name.encode())
    return drawn


def shown(tip):
    card = Card.objects.get(pk=tip.pk)
    with default_storage.open(card.name) as file:
        return file.read().decode()


def test_an_approved_tip_gets_a_card_and_another_when_its_words_change(settings, plain_drawing):
    hidden = hidden_tips()
    tip = make_tip("Call back", takeaway="At once.")
    making.draw_due(timezone.now())
    assert shown(tip) == f"Call back|At once.|{settings.SITE_NAME}"
    # What is approved for later has its card at its moment.
    assert plain_drawing == ["Hidden until its slot", "Call back"]
    assert {*Card.objects.values_list("pk", flat=True)} == {
        Card.OF_SITE,
        tip.pk,
        next(each.pk for each in hidden if each.state == TipState.APPROVED),
    }
    assert making.draw_due(timezone.now()) == 0
    # Whatever writes: no signal and no form need tell.
    Tip.objects.filter(pk=tip.pk).update(takeaway="Today.")
    assert making.draw_due(timezone.now()) == 1
    assert shown(tip) == f"Call back|Today.|{settings.SITE_NAME}"
    settings.SITE_NAME = "Another name"
    assert making.draw_due(timezone.now()) == 3


def test_the_worker_draws_each_minute_and_clears_away_each_day():
    assert making.draw_due in clock.EACH_MINUTE
    assert making.clear_away in clock.EACH_DAY


def test_what_cannot_be_drawn_is_tried_once(monkeypatch, caplog):
    foreign = make_tip("Say thanks 🎉")
    assert making.draw_due(timezone.now()) == 2
    assert Card.objects.get(pk=foreign.pk).name == ""
    monkeypatch.setattr(drawing, "tip_card", lambda *words: 1 / 0)
    tip = make_tip("Odd")
    assert making.draw_due(timezone.now()) == 1
    assert Card.objects.get(pk=tip.pk).name == ""
    assert "site's own card stands in" in caplog.text
    assert making.draw_due(timezone.now()) == 0


def test_a_worker_that_falls_midway_leaves_what_is_due(monkeypatch):
    tips = [make_tip() for _ in range(3)]
    save, saved = default_storage.save, []

    def full(name, content):
        if len(saved) == 2:
            raise OSError(28, "No space left on device")
        saved.append(save(name, content))

    monkeypatch.setattr(default_storage, "save", full)
    with pytest.raises(OSError, match="No space"):
        making.draw_due(timezone.now())
    # What was stored is known, and no row leads to what was not.
    assert {card.name for card in Card.objects.all()} == {*saved} == {*names.every("cards")}
    monkeypatch.undo()
    making.draw_due(timezone.now())
    assert Card.objects.filter(pk__in=[tip.pk for tip in tips]).count() == 3


def test_each_minute_has_its_time_and_the_next_goes_on(monkeypatch, plain_drawing):
    for number in range(3):
        make_tip(f"Tip {number}", publish_at=timezone.now() - timedelta(days=number + 1))
    monkeypatch.setattr(making, "SECONDS", 0)
    assert [making.draw_due(timezone.now()) for _ in range(5)] == [1, 1, 1, 1, 0]
    assert plain_drawing == ["Tip 0", "Tip 1", "Tip 2"]


def test_what_nobody_needs_is_cleared_away_and_what_is_lost_is_drawn_anew():
    tip, deleted, lost = make_tip("Kept"), make_tip("Deleted"), make_tip("Lost")
    making.draw_due(timezone.now())
    Tip.objects.filter(pk=deleted.pk).delete()
    default_storage.delete(Card.objects.get(pk=lost.pk).name)
    making.clear_away(timezone.now())
    assert {*Card.objects.values_list("pk", flat=True)} == {Card.OF_SITE, tip.pk}
    # Its row may be about to be written.
    assert len([*names.every("cards")]) == 3
    making.clear_away(timezone.now() + timedelta(days=2))
    assert {*names.every("cards")} == {card.name for card in Card.objects.all()}
    making.draw_due(timezone.now())
    assert shown(lost).startswith("Lost|")
