"""The card of a shared link: who gets it, and what pages say of it."""

import io
import json
import re
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from PIL import Image

from tests.tips.making import hidden_tips, make_tip
from tests.tips.people import make_person
from tips.cards import drawing
from tips.models import Card, FormerSlug, TipState

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media_root(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def draw(tip_id, content):
    name = f"cards/{content.decode():0<64}.png"
    default_storage.save(name, ContentFile(content))
    return Card.objects.create(pk=tip_id, name=name, drawn_of="")


def pixels(picture):
    with Image.open(io.BytesIO(picture)) as image:
        return image.convert("RGB").tobytes()


def head(client, url):
    html = client.get(url).content.decode()
    return dict(
        re.findall(r'<meta (?:property|name)="((?:og:image|twitter:)[^"]*)" content="(.*?)">', html)
    ), html


def test_a_tips_card_is_served_by_the_rule_of_its_page(client):
    draw(Card.OF_SITE, b"site")
    for tip in hidden_tips():
        draw(tip.pk, f"hidden{tip.pk}".encode())
        answer = client.get(f"{tip.get_absolute_url()}card.png")
        assert answer.status_code == (410 if tip.state == TipState.WITHDRAWN else 404)
        # What a network kept of this would be there still when the moment has come.
        assert (answer["Content-Type"], answer["Cache-Control"]) == ("text/plain; charset=utf-8", "no-cache")
    tip = make_tip(slug="now")
    FormerSlug.objects.create(slug="before", tip=tip)
    own = draw(tip.pk, b"own")
    answer = client.get("/tips/now/card.png")
    assert (answer.content, answer["Content-Type"], answer["Cache-Control"]) == (
        b"own",
        "image/png",
        "no-cache",
    )
    assert client.get("/tips/now/card.png", headers={"if-none-match": answer["ETag"]}).status_code == 304
    assert client.get("/tips/before/card.png")["Location"] == "/tips/now/card.png"
    # Lost, and there is none.
    default_storage.delete(own.name)
    assert client.get("/tips/now/card.png").content == client.get("/card.png").content == b"site"


def test_without_any_card_none_is_made_in_the_request(client):
    tip = make_tip()
    for url in (f"{tip.get_absolute_url()}card.png", "/card.png"):
        bare = client.get(url)
        # What comes with the program: the bell alone, until the worker's first minute.
        assert pixels(bare.content) == pixels(drawing.site_card(""))
        assert client.get(url, headers={"if-none-match": bare["ETag"]}).status_code == 304
    assert not Card.objects.exists()


def test_pages_name_their_card_with_what_it_says(client, settings):
    author = make_person("pia", "Editor")
    author.first_name, author.last_name = "Pia", "Gray"
    author.save()
    tip = make_tip("Call back", slug="call-back", takeaway="At “once”.", author=author)
    site = settings.SITE_URL
    said, _ = head(client, "/tips/call-back/")
    assert said["og:image"] == head(client, "/")[0]["og:image"] == f"{site}/card.png"
    draw(tip.pk, b"abc")
    said, html = head(client, "/tips/call-back/")
    assert said == {
        "og:image": f"{site}/tips/call-back/card.png?v=abc0000000",
        "og:image:width": "1200",
        "og:image:height": "630",
        "og:image:alt": "Call back. At “once”.",
        "twitter:card": "summary_large_image",
    }
    data = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', html)[1])
    assert data["image"] == said["og:image"]
    assert data["author"] == {"@type": "Person", "name": "Pia Gray"}
    assert data["publisher"]["name"] == settings.SITE_NAME


def test_what_somebody_signs_in_with_is_never_shown(client):
    tip = make_tip(author=make_person("secret-name", "Editor"))
    html = client.get(tip.get_absolute_url()).content.decode()
    assert "secret-name" not in html
    assert '"author": {"@type": "Organization"' in html


def test_a_tip_that_comes_later_has_its_card_from_then_on(client):
    tip = make_tip(publish_at=timezone.now() + timedelta(hours=1))
    draw(tip.pk, b"later")
    assert client.get(f"{tip.get_absolute_url()}card.png").status_code == 404
    type(tip).objects.update(publish_at=timezone.now())
    assert client.get(f"{tip.get_absolute_url()}card.png").content == b"later"
