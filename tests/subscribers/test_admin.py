import pytest
from django.contrib.auth.models import Group, User

from subscribers import addresses, subscriptions, suppressions
from subscribers.models import SignupRequest, Subscriber, Suppression

LISTS = ["subscriber", "signuprequest", "suppression"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna():
    return subscriptions.confirm(subscriptions.request("anna@example.org", first_name="Anna"))


def log_in(client, role):
    user = User.objects.create_user(role.lower(), password="only for this test", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client.force_login(user)


@pytest.mark.parametrize("name", LISTS)
def test_a_publisher_sees_the_lists_and_can_change_nothing(client, anna, name):
    log_in(client, "Publisher")
    suppressions.suppress(addresses.keyed_hash("berta@example.org"), Suppression.Reason.BOUNCED)
    row = {"subscriber": Subscriber, "signuprequest": SignupRequest, "suppression": Suppression}[
        name
    ].objects.get()
    base = f"/admin/subscribers/{name}/"
    assert client.get(base).status_code == 200
    assert client.get(base, {"q": "anna"}).status_code == 200
    assert client.get(f"{base}{row.pk}/change/").status_code == 200
    assert client.post(f"{base}{row.pk}/change/", {}).status_code == 403
    assert client.get(f"{base}add/").status_code == 403
    assert client.post(f"{base}{row.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_subscribers_page_shows_what_they_agreed_to(client, anna):
    log_in(client, "Publisher")
    page = client.get(f"/admin/subscribers/subscriber/{anna.pk}/change/").text
    assert "one tip a week" in page
    assert "anna@example.org" in page


def test_the_list_is_searched_and_filtered(client, anna):
    log_in(client, "Publisher")
    subscriptions.leave(subscriptions.confirm(subscriptions.request("berta@example.org")))
    found = client.get("/admin/subscribers/subscriber/", {"q": "anna@"}).text
    assert "anna@example.org" in found
    assert "berta@example.org" not in found
    gone = client.get("/admin/subscribers/subscriber/", {"state__exact": "left"}).text
    assert "berta@example.org" in gone
    assert "anna@example.org" not in gone


@pytest.mark.parametrize("role", ["Author", "Editor"])
@pytest.mark.parametrize("name", LISTS)
def test_nobody_else_sees_personal_data(client, anna, role, name):
    log_in(client, role)
    assert client.get(f"/admin/subscribers/{name}/").status_code == 403
    assert "subscribers" not in client.get("/admin/").text
