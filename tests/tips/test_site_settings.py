"""What an owner says of the site: on every page, in the sign-up, and on the record of who signs up."""

import io
import json
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image as PillowImage

from shield import signed_time
from subscribers.models import ConsentWording, LinkRequest
from subscribers.people import consent_wording
from tests.tips.making import make_tip
from tests.tips.people import make_person
from tips.models import Page, SiteSettings
from tips.models.site_settings import PROMISE
from tips.publishing import site_settings

pytestmark = pytest.mark.django_db

CHANGE = "/admin/tips/sitesettings/1/change/"


@pytest.fixture
def write(client):
    """A function that sends the form as a Publisher, with some fields changed."""
    client.force_login(make_person("pat", "Publisher"))

    def write(**fields):
        assert client.get("/admin/tips/sitesettings/", follow=True).redirect_chain[0][0] == CHANGE
        present = SiteSettings.objects.get()
        names = "tagline host host_line home_url signup_heading signup_promise".split()
        return client.post(CHANGE, {name: getattr(present, name) for name in names} | fields, follow=True)

    return write


def test_what_is_said_stands_on_the_pages(write, client):
    tip = make_tip("Call back")
    write(
        tagline="Five minutes for Monday",
        host="Bell & Sons",
        host_line="train hotel staff in Leeds",
        home_url="https://bell.example/",
        signup_heading="Join us",
    )
    home = client.get("/").text
    assert "Five minutes for Monday" in home
    assert "<b>Bell &amp; Sons</b> train hotel staff in Leeds" in home
    for path in ("/", "/tips/", tip.get_absolute_url(), "/search/", "/privacy/"):
        page = client.get(path).text
        assert '<a href="https://bell.example/">Visit Our Home Page</a>' in page
        assert "Join us" in page
    data = json.loads(re.search(r'ld\+json">(.*?)</script>', client.get(tip.get_absolute_url()).text)[1])
    assert data["publisher"] == {
        "@type": "Organization",
        "name": "Bell & Sons",
        "url": "https://bell.example/",
    }


def test_words_that_change_are_a_version_and_who_agreed_before_keeps_theirs(write, client):
    def sign_up(address, wording="2"):
        sent = {"address": address, "timestamp": signed_time.timestamp(), "wording": wording}
        assert client.post("/subscribe/", sent, headers={"Origin": "http://testserver"}).status_code == 200

    sign_up("ann@reader.example")
    write(signup_promise="One tip from {site} a week, please.")
    page = client.get("/").text
    assert "One tip from Tip of the Week a week, please." in page
    assert 'name="wording" value="3"' in page
    sign_up("bob@reader.example", wording="3")
    sign_up("cleo@reader.example", wording="2")
    agreed = {each.address[:3]: (each.wording_version, each.wording) for each in LinkRequest.objects.all()}
    former = consent_wording.worded(PROMISE)
    assert agreed["ann"] == agreed["cle"] == (2, former)
    assert agreed["bob"] == (3, "One tip from Tip of the Week a week, please.")
    write(signup_promise=PROMISE)
    write(signup_promise="One tip from {site} a week, please.")
    assert SiteSettings.objects.get().signup_version == 3
    assert ConsentWording.objects.count() == 1


def test_words_without_the_sites_name_and_an_address_that_leads_nowhere_are_refused(write):
    page = write(signup_promise="Send me tips.", home_url="bell").rendered_content
    assert "Write {site} where the name of the site is to stand." in page
    assert "Enter a valid URL." in page
    assert SiteSettings.objects.get().signup_promise == PROMISE


def test_a_picture_is_public_while_it_is_the_owners(write, client, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    out = io.BytesIO()
    PillowImage.new("RGB", (300, 300), "teal").save(out, "PNG")
    write(host="Bell", picture=SimpleUploadedFile("us.png", out.getvalue()))
    url = SiteSettings.objects.get().picture_url
    client.logout()
    assert f'<img src="{url}"' in client.get("/").text
    assert b"".join(client.get(url)).startswith(b"\x89PNG")
    site_settings.save(SiteSettings.objects.get(), without_picture=True)
    assert client.get(url).status_code == 404


def test_surroundings_cost_one_query(client, django_assert_num_queries):
    Page.objects.create(title="Team", path="/team/", state=Page.State.APPROVED)
    with django_assert_num_queries(1):
        page = client.get("/contact/").text
    assert '<a href="/team/">Team</a>' in page
