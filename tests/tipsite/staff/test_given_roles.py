"""Roles that people are given: at most one's own rights, and no colleague's change is put back."""

import threading

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test import Client

from desk.errors import NotPermitted
from tests.desk.sent_forms import as_sent
from tests.tips.people import make_person
from tipsite.staff import accounts, given_roles

pytestmark = pytest.mark.django_db


@pytest.fixture
def pat():
    return make_person("pat", "Publisher", first_name="Pat")


@pytest.fixture
def owner():
    return make_person("owner", first_name="Olga", is_superuser=True)


@pytest.fixture
def ann():
    return make_person("ann", "Author", first_name="Ann")


@pytest.fixture
def proofreaders():
    return make_role("Proofreaders", "view_tip", "change_any_tip", "view_tag")


def make_role(name, *codenames):
    role = Group.objects.create(name=name)
    ours = Permission.objects.filter(content_type__app_label__in=["tips", "admin"])
    role.permissions.set(ours.filter(codename__in=codenames))
    return role


def page_of(person):
    return f"/admin/auth/user/{person.pk}/change/"


def anew(person):
    return User.objects.get(pk=person.pk)


def save(client, person, opened=None, **typed):
    """Save the form of a person as a page that was opened (now, unless told) sends it."""
    opened = opened or client.get(page_of(person))
    return client.post(page_of(person), as_sent(opened, "first_name", **typed), follow=True)


def test_a_person_is_given_the_sites_own_roles_beside_a_role_and_without_one(
    client_of, pat, ann, proofreaders
):
    client = client_of(pat)
    offered = client.get(page_of(ann)).text
    assert "Proofreaders: look at tags; look at tips; see and change tips written by others" in offered
    save(client, ann, further_roles=[str(proofreaders.pk)])
    assert given_roles.all_of(anew(ann)) == "Author, Proofreaders"
    assert anew(ann).has_perm("tips.change_any_tip")
    assert "Author, Proofreaders" in client.get("/admin/auth/user/").text
    assert "Ann" in client.get("/admin/auth/user/?role=Proofreaders").context["cl"].queryset.get().first_name
    save(client, ann, role="none")
    assert given_roles.all_of(anew(ann)) == "Proofreaders"
    assert not anew(ann).has_perm("tips.add_tip")
    assert "Proofreaders" in client_of(anew(ann)).get("/admin/account/").text
    save(client, ann, further_roles=None, role="Editor")
    assert given_roles.all_of(anew(ann)) == "Editor"
    history = client.get(f"/admin/auth/user/{ann.pk}/history/").text
    for sentence in ("Further roles now: Proofreaders.", "Role taken away.", "Further roles now: none."):
        assert sentence in history


def test_somebody_is_invited_in_a_role_of_the_sites_own(client_of, pat, proofreaders):
    answers = {"address": "mary@example.org", "first_name": "Mary", "role": "Proofreaders"}
    client_of(pat).post("/admin/auth/user/add/", answers)
    assert given_roles.all_of(User.objects.get(first_name="Mary")) == "Proofreaders"


def test_nobody_gives_a_role_with_rights_that_they_lack(client_of, pat, owner, ann):
    clerks = make_role("Clerks", "view_tip", "view_logentry")
    client = client_of(pat)
    opened = client.get(page_of(ann))
    assert "Clerks" not in opened.text
    assert "There is none that you may give" in opened.text
    assert "Select a valid choice" in save(client, ann, opened, further_roles=[str(clerks.pk)]).text
    answers = {"address": "mary@example.org", "first_name": "Mary", "role": "Clerks"}
    assert "Select a valid choice" in client.post("/admin/auth/user/add/", answers).text
    for give in (given_roles.change_further_roles, given_roles.change_role):
        what = [str(clerks.pk)] if give is given_roles.change_further_roles else "Owner"
        with pytest.raises(NotPermitted, match="Ask an owner"):
            give(ann, what, by=pat)
    with pytest.raises(NotPermitted, match="Ask an owner"):
        accounts.invite("mary@example.org", "Clerks", by=pat)
    save(client_of(owner), ann, further_roles=[str(clerks.pk)])
    assert given_roles.all_of(anew(ann)) == "Author, Clerks"
    # From now on Ann may do what Pat may not.
    assert client.post(page_of(ann), {}).status_code == 403


def test_an_owner_makes_an_owner_and_takes_the_role_back(client_of, owner, ann):
    client = client_of(owner)
    assert "Saved: “Ann”." in save(client, ann, username="marlow", role="Owner").text
    assert (anew(ann).username, given_roles.role_of(anew(ann))) == ("marlow", "Owner")
    save(client, ann, role="Editor")
    assert (anew(ann).is_superuser, given_roles.role_of(anew(ann))) == (False, "Editor")


def test_a_role_of_the_sites_own_has_a_name_of_its_own(client_of, owner, proofreaders):
    client, page = client_of(owner), f"/admin/auth/group/{proofreaders.pk}/change/"
    for name in ("Owner", "EDITOR"):
        answer = client.post(page, as_sent(client.get(page), "name", name=name))
        assert "The program has a role of that name" in answer.text
    assert "Look at tags; look at tips" in client.get("/admin/auth/group/").text


def test_an_older_form_puts_no_role_back(client_of, owner, pat, ann, proofreaders):
    hers, his = client_of(owner), client_of(pat)
    make_role("Archivists", "view_tip")
    opened = his.get(page_of(ann))
    save(hers, ann, role="Editor", further_roles=[str(proofreaders.pk)])
    said = save(his, ann, opened, last_name="Walsh").text
    assert "Olga changed “Role”, “Further roles” meanwhile; that stays." in said
    assert (given_roles.all_of(anew(ann)), anew(ann).last_name) == ("Editor, Proofreaders", "Walsh")
    # Of several roles each is a wish of its own; of the one role there is but one.
    archivists = Group.objects.get(name="Archivists")
    asked = save(his, ann, opened, role="Publisher", further_roles=[str(archivists.pk)], last_name="Walsh")
    assert "changed the same meanwhile" in asked.text
    assert given_roles.all_of(anew(ann)) == "Editor, Proofreaders"
    save(his, ann, asked, **{"take-role": "mine", "further_roles": [str(archivists.pk)]})
    assert given_roles.all_of(anew(ann)) == "Publisher, Archivists, Proofreaders"


def test_what_was_permitted_when_the_page_was_opened_may_be_so_no_more(pat, owner, ann):
    assert pat.has_perm("auth.change_user")
    given_roles.change_role(anew(pat), "Editor", by=owner)
    for deed in (
        lambda: given_roles.change_role(ann, "Editor", by=pat),
        lambda: accounts.deactivate(ann, by=pat),
        lambda: accounts.invite("mary@example.org", "Author", by=pat),
    ):
        with pytest.raises(NotPermitted):
            deed()
    assert given_roles.role_of(anew(ann)) == "Author"


@pytest.mark.django_db(transaction=True)
@pytest.mark.in_a_file
def test_of_two_owners_who_demote_each_other_at_once_one_stays():
    owners = [make_person(name, is_superuser=True) for name in ("olga", "otto")]
    clients = [Client(), Client()]
    forms = []
    for client, owner, other in zip(clients, owners, reversed(owners), strict=True):
        client.force_login(owner)
        forms.append(as_sent(client.get(page_of(other)), "first_name", role="Author"))
    at_once, codes = threading.Barrier(2), []

    def demote(client, other, form):
        at_once.wait()
        codes.append(client.post(page_of(other), form).status_code)
        connection.close()

    pairs = zip(clients, reversed(owners), forms, strict=True)
    threads = [threading.Thread(target=demote, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [302, 403]
    assert User.objects.filter(is_superuser=True).count() == 1
