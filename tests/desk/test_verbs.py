"""Verbs of any admin, tried on groups, which have none of their own."""

import pytest
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.contrib.messages.storage.base import BaseStorage
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.test import RequestFactory

from desk.errors import NotPermitted, Refused
from desk.forms import ReasonForm
from desk.verbs import Verb, VerbsMixin
from tests.tips.people import make_person

pytestmark = pytest.mark.django_db


class Kept(BaseStorage):
    """Messages in a list."""

    def _get(self, *args, **kwargs):
        return [], True

    def _store(self, kept, *args, **kwargs):
        return []


def rename(group, reason="Renamed", *, by):
    group.name = reason
    group.save()


def rename_and_fail(group, *, by):
    rename(group, by=by)
    raise Refused("It is renamed, but nobody could be told by mail.")


def may_not(group, *, by):
    raise NotPermitted("You may not.")


class GroupAdmin(VerbsMixin):
    verbs = {
        "rename": Verb("Rename", rename, "It gets another name.", done="Renamed.", form=ReasonForm),
        "fail": Verb("Rename and tell", rename_and_fail, "It gets another name, and a mail tells of it."),
        "refuse": Verb("Refuse", may_not, "Nothing."),
        "never": Verb("Never", rename, "Nothing.", lambda user, group: False, why_not="it is Monday"),
        "unsaid": Verb("Unsaid", may_not, "Nothing.", lambda user, group: False),
        "delete": Verb("Delete", lambda group, by: group.delete() and "Gone.", "It goes."),
        "copy": Verb("Copy", lambda group, by: Group.objects.create(name="Copy"), "A copy.", done="Copied."),
        "read": Verb("Read", lambda group, by: HttpResponse("All of it"), "You read it."),
        "secret": Verb("Secret", rename, "Nothing.", permissions=("auth.view_group", "auth.fly")),
    }

    def seen(self, obj):
        return {"name": obj.name}


@pytest.fixture
def group():
    return Group.objects.create(name="Before")


@pytest.fixture
def ask(group):
    """A function that sends a request to a verb's page; the response holds the ``messages``."""
    owner = make_person("olga")
    owner.is_superuser = True
    owner.save()

    def ask(verb, method="post", pk=group.pk, user=owner, **data):
        request = getattr(RequestFactory(), method)("/", data)
        request.user, request.csp_nonce = user, ""
        request._messages = Kept(request)
        response = GroupAdmin(Group, admin.site).verb_view(request, pk, verb)
        response.messages = [(message.level, message.message) for message in request._messages]
        return response

    return ask


def test_what_a_verb_did_stands_though_it_then_says_that_a_mail_did_not_go(ask, group):
    response = ask("fail")
    assert response.messages == [(messages.ERROR, "It is renamed, but nobody could be told by mail.")]
    group.refresh_from_db()
    assert group.name == "Renamed"


def test_a_verb_is_done_by_post_alone_and_leads_to_the_page(ask, group):
    assert ask("rename", "get").status_code == 200
    group.refresh_from_db()
    assert group.name == "Before"
    response = ask("rename", reason="After")
    assert (response.status_code, response["Location"]) == (302, f"/admin/auth/group/{group.pk}/change/")
    assert response.messages == [(messages.SUCCESS, "Renamed.")]
    group.refresh_from_db()
    assert group.name == "After"


def test_its_form_is_shown_again_until_it_is_filled_in(ask, group):
    page = ask("rename", reason=" ").render().content.decode()
    assert "Nothing was done yet." in page
    assert "Give a reason." in page
    group.refresh_from_db()
    assert group.name == "Before"


def test_a_page_that_showed_something_else_does_nothing(ask, group):
    assert (
        '<input type="hidden" name="name" value="Before">' in ask("rename", "get").render().content.decode()
    )
    response = ask("rename", reason="After", name="Long ago")
    assert response.messages == [
        (messages.ERROR, "Nothing was done: somebody else changed “Before” meanwhile. Look again.")
    ]
    group.refresh_from_db()
    assert group.name == "Before"


def test_what_is_not_available_says_why_not(ask):
    said = "“Never” is not possible: it is Monday. Nothing was changed."
    for method in ("get", "post"):
        assert ask("never", method).messages == [(messages.WARNING, said)]
    assert "not possible" in ask("unsaid", "get").messages[0][1]
    with pytest.raises(NotPermitted, match="You may not"):
        ask("unsaid")


def test_what_is_not_permitted_is_no_message_but_an_answer(ask):
    with pytest.raises(PermissionDenied):
        ask("refuse")
    stranger = make_person("ann", "Author")
    for name in ("secret", "rename"):
        with pytest.raises(PermissionDenied):
            ask(name, user=stranger)


def test_one_of_a_verbs_permissions_is_enough(ask, group):
    assert ask("secret").status_code == 302
    offered = GroupAdmin(Group, admin.site).available_verbs
    request = RequestFactory().get("/")
    request.user = make_person("ann", "Author")
    assert "secret" not in offered(request, group)
    assert {"never", "unsaid"}.isdisjoint(offered(request, group))


def test_a_verb_leads_to_what_it_made_and_from_what_is_gone_to_the_list(ask, group):
    response = ask("copy")
    assert response["Location"] == f"/admin/auth/group/{Group.objects.get(name='Copy').pk}/change/"
    assert response.messages == [(messages.SUCCESS, "Copied.")]
    assert ask("read").content == b"All of it"
    gone = ask("delete")
    assert (gone["Location"], gone.messages) == ("/admin/auth/group/", [(messages.SUCCESS, "Gone.")])


def test_what_is_not_there_is_not_found(ask):
    with pytest.raises(Http404):
        ask("fly")
    assert ask("rename", pk=999)["Location"] == "/admin/"
