import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.models import Permission, User
from django.core import mail
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from desk.errors import NotPermitted, Overtaken, Refused
from desk.models import LogCode
from tests.tips.making import make_tip
from tests.tips.people import make_person
from tips.publishing import preview
from tipsite.staff import accounts, given_roles
from tipsite.staff.audit_log import AccountAction

pytestmark = [pytest.mark.django_db, pytest.mark.once]

ADD = "/admin/auth/user/add/"
SECRET = "a long enough secret 7"


@pytest.fixture(autouse=True)
def tasks_at_once(settings):
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}


@pytest.fixture
def publisher():
    return make_person("pat", "Publisher")


@pytest.fixture
def owner():
    return User.objects.create_superuser("owner", "owner@example.org", "owner-knows-this")


@pytest.fixture
def desk(client, publisher):
    client.force_login(publisher)
    return client


def invite(desk, address="mary.smith@example.org", role="Editor"):
    answers = {"address": address, "first_name": "Mary", "last_name": "Smith", "role": role}
    return desk.post(ADD, answers, follow=True)


def later(**span):
    """Travel, given as a number, so that the machine's zone stays as it is: tokens count by its clock."""
    return time_machine.travel((timezone.now() + timedelta(**span)).timestamp())


def links():
    """Return the path in each mail that was sent, in order."""
    return [re.search(r"http://localhost:\d+(/admin/\S+)", each.body)[1] for each in mail.outbox]


def set_password(client, path, password=SECRET):
    form = client.get(path, follow=True)
    if not form.context["validlink"]:
        return form
    answers = {"new_password1": password, "new_password2": password}
    return client.post(form.redirect_chain[-1][0], answers, follow=True)


def do(desk, person, verb):
    return desk.post(f"/admin/auth/user/{person.pk}/do/{verb}/", follow=True)


def log_of(person):
    entries = LogEntry.objects.filter(content_type__model="user", object_id=person.pk).order_by("pk")
    return [(entry.user.username, entry.change_message) for entry in entries]


# --- Invitations --------------------------------------------------------------------------------------


def test_the_invited_sets_a_password_and_is_in(desk):
    page = invite(desk)
    assert "is on its way" in page.text
    (sent,) = mail.outbox
    assert sent.to == ["mary.smith@example.org"]
    assert sent.subject == "Your invitation to the desk of Tip of the Week"
    assert "mary.smith" in sent.body
    mary = User.objects.get(username="mary.smith")
    assert not mary.has_usable_password()
    desk.logout()
    page = set_password(desk, *links())
    assert page.wsgi_request.path == "/admin/"
    assert page.wsgi_request.user == mary
    assert mary.groups.get().name == "Editor"
    assert log_of(mary) == [("pat", "Invited as Editor."), ("mary.smith", "Accepted the invitation.")]


def test_a_link_works_once(desk, client):
    invite(desk)
    desk.logout()
    set_password(desk, *links())
    desk.logout()
    page = set_password(desk, *links(), "another secret 8")
    assert "This link no longer works" in page.text
    assert User.objects.get(username="mary.smith").check_password(SECRET)


@pytest.mark.parametrize(("days", "works"), [(6.9, True), (7.1, False)])
def test_an_invitation_is_good_for_seven_days(desk, days, works):
    invite(desk)
    desk.logout()
    with later(days=days):
        set_password(desk, *links())
    assert User.objects.get(username="mary.smith").has_usable_password() is works


def test_a_link_that_is_used_while_it_is_cancelled_brings_nothing_back(desk, publisher, monkeypatch):
    invite(desk)
    mary = User.objects.get(username="mary.smith")
    desk.logout()
    form = desk.get(*links(), follow=True)
    clean = SetPasswordForm.clean

    def clean_while_it_is_cancelled(self):
        accounts.cancel(mary, by=publisher)
        return clean(self)

    monkeypatch.setattr(SetPasswordForm, "clean", clean_while_it_is_cancelled)
    answers = {"new_password1": SECRET, "new_password2": SECRET}
    page = desk.post(form.redirect_chain[-1][0], answers, follow=True)
    assert "This link no longer works" in page.text
    assert not User.objects.filter(username="mary.smith").exists()


def test_opening_the_link_changes_nothing(desk):
    invite(desk)
    desk.logout()
    before = User.objects.get(username="mary.smith").password
    for _ in range(2):
        assert desk.get(*links(), follow=True).context["validlink"]
    assert User.objects.get(username="mary.smith").password == before


def test_an_invitation_sent_again_kills_the_earlier_link(desk):
    invite(desk)
    mary = User.objects.get(username="mary.smith")
    assert "on its way again" in do(desk, mary, "resend").text
    old, new = links()
    desk.logout()
    assert not desk.get(old, follow=True).context["validlink"]
    assert desk.get(new, follow=True).context["validlink"]


def test_a_cancelled_invitation_leaves_nothing_but_a_line(desk, publisher):
    invite(desk)
    mary = User.objects.get(username="mary.smith")
    page = do(desk, mary, "cancel")
    assert "The invitation is cancelled" in page.text
    assert not User.objects.filter(username="mary.smith").exists()
    assert log_of(mary)[-1] == ("pat", "Invitation of mary.smith@example.org cancelled.")
    desk.logout()
    assert not desk.get(*links(), follow=True).context["validlink"]


def test_an_accepted_invitation_cannot_be_cancelled(desk, publisher):
    invite(desk)
    seen = User.objects.get(username="mary.smith")
    desk.logout()
    set_password(desk, *links())
    with pytest.raises(Overtaken, match="no longer open"):
        accounts.cancel(seen, by=publisher)


def test_an_address_is_invited_once(desk):
    make_person("ann", "Author")
    page = invite(desk, "ANN@example.org")
    assert "already belongs to the account of ann" in page.text
    assert mail.outbox == []


def test_two_of_one_name_get_different_user_names(desk):
    invite(desk, "mary@one.example")
    invite(desk, "Mary@two.example")
    assert set(User.objects.filter(first_name="Mary").values_list("username", flat=True)) == {"mary", "mary2"}


def test_an_invitation_whose_mail_fails_is_kept(desk, settings):
    settings.EMAIL_BACKEND = "tests.tipsite.staff.test_accounts.Away"
    page = invite(desk)
    assert "could not be sent" in page.text
    assert User.objects.filter(username="mary.smith").exists()


class Away:
    def __init__(self, **options):
        pass

    def send_messages(self, messages):
        raise ConnectionRefusedError("no mail server")


# --- What a Publisher may not -------------------------------------------------------------------------


def test_nobody_is_made_a_superuser_by_a_publisher(desk):
    ann = make_person("ann", "Author")
    answers = {
        "first_name": "Ann",
        "email": "ann@example.org",
        "role": "Editor",
        "is_superuser": "on",
        "is_staff": "",
        "user_permissions": [Permission.objects.get(codename="delete_user").pk],
        "username": "other",
    }
    page = desk.post(f"/admin/auth/user/{ann.pk}/change/", answers, follow=True)
    assert "Saved: “" in page.text
    ann = User.objects.get(pk=ann.pk)
    assert (ann.username, ann.is_superuser, ann.is_staff) == ("ann", False, True)
    assert not ann.user_permissions.exists()
    assert given_roles.role_of(ann) == "Editor"
    assert ("pat", "Now Editor.") in log_of(ann)


def test_a_publisher_does_not_touch_whoever_may_do_more(desk, publisher, owner):
    mighty = make_person("mighty", "Publisher")
    mighty.user_permissions.add(Permission.objects.get(codename="delete_user"))
    for person in (owner, mighty):
        address = f"/admin/auth/user/{person.pk}/change/"
        assert desk.get(address).status_code == 200
        assert desk.post(address, {"email": "pat@evil.example"}).status_code == 403
        for verb in ("deactivate", "sign-out", "reset-two-factor", "resend"):
            assert do(desk, person, verb).status_code == 403
    for person in (owner, mighty):
        person.is_active = False
        person.save()
        assert do(desk, person, "reactivate").status_code == 403
        for verb in (accounts.deactivate, accounts.reactivate, accounts.resend, accounts.sign_out):
            with pytest.raises(NotPermitted):
                verb(person, by=publisher)


def test_a_publisher_sets_nobodys_password(desk):
    ann = make_person("ann", "Author")
    assert desk.get(f"/admin/auth/user/{ann.pk}/password/").status_code == 403


def test_a_publisher_keeps_their_own_role(desk, publisher):
    address = f"/admin/auth/user/{publisher.pk}/change/"
    answers = {"first_name": "Pat", "email": "pat@example.org", "role": "Author"}
    assert "Saved: “" in desk.post(address, answers, follow=True).text
    assert given_roles.role_of(User.objects.get(pk=publisher.pk)) == "Publisher"
    with pytest.raises(Refused, match="your own role"):
        given_roles.change_role(publisher, "Author", by=publisher)
    with pytest.raises(Refused, match="your own account"):
        accounts.deactivate(publisher, by=publisher)


@pytest.fixture
def move(django_capture_on_commit_callbacks):
    """A function by which a Publisher gives a person another address in the desk."""

    def move(desk, person, address):
        answers = {"first_name": "Ann", "email": address, "role": given_roles.role_of(person)}
        with django_capture_on_commit_callbacks(execute=True):
            return desk.post(f"/admin/auth/user/{person.pk}/change/", answers, follow=True)

    return move


def test_whose_address_is_changed_is_told_at_the_old_one(desk, client_of, owner, move):
    ann = make_person("ann", "Author")
    hers = client_of(ann)
    move(desk, ann, "new@example.org")
    (sent,) = mail.outbox
    assert sent.to == ["ann@example.org"]
    assert "pat changed the e-mail address of your account" in sent.body
    assert "to new@example.org" in sent.body
    assert "tell owner@example.org at once" in sent.body
    assert ("pat", "Address changed from ann@example.org to new@example.org.") in log_of(ann)
    assert hers.get("/admin/").status_code == 302
    move(desk, ann, "new@example.org")
    assert len(mail.outbox) == 1


def test_ones_own_new_address_is_told_and_leaves_one_signed_in(desk, publisher, move):
    page = move(desk, publisher, "pat@elsewhere.example")
    assert "Saved: “" in page.text
    assert [each.to for each in mail.outbox] == [["pat@example.org"]]
    assert desk.get("/admin/").status_code == 200


def test_the_address_of_an_invitation_is_corrected_without_a_mail(desk, move):
    invite(desk, "mistyped@example.org")
    mail.outbox.clear()
    mary = User.objects.get(email="mistyped@example.org")
    move(desk, mary, "mary@example.org")
    assert mail.outbox == []
    assert log_of(mary)[1] == ("pat", "Address changed from mistyped@example.org to mary@example.org.")


@pytest.mark.django_db(transaction=True)
def test_an_address_is_changed_though_the_mail_fails(desk, settings):
    ann = make_person("ann", "Author")
    settings.EMAIL_BACKEND = "tests.tipsite.staff.test_accounts.Away"
    answers = {"first_name": "Ann", "email": "new@example.org", "role": "Author"}
    page = desk.post(f"/admin/auth/user/{ann.pk}/change/", answers, follow=True)
    assert "ann@example.org could not be told" in page.text
    ann.refresh_from_db()
    assert ann.email == "new@example.org"


def test_nobody_is_taken_over_by_a_new_address_and_a_reset(desk, owner, client_of, move):
    ann = make_person("ann", "Author")
    TOTPDevice.objects.create(user=ann, confirmed=True)
    move(desk, ann, "evil@example.org")
    page = do(desk, ann, "reset-two-factor")
    assert "was changed within the last 3 days" in page.text
    assert TOTPDevice.objects.exists()
    assert "is reset" in do(client_of(owner), ann, "reset-two-factor").text
    TOTPDevice.objects.create(user=ann, confirmed=True)
    with time_machine.travel(timezone.now() + timedelta(days=3, minutes=1)):
        accounts.reset_two_factor(ann, by=User.objects.get(username="pat"))
    assert not TOTPDevice.objects.exists()


def test_whose_address_was_changed_is_told_by_a_code_and_by_no_sentence(desk, publisher, move):
    ann = make_person("ann", "Author")
    TOTPDevice.objects.create(user=ann, confirmed=True)
    move(desk, ann, "evil@example.org")
    LogEntry.objects.update(change_message="Something else was done.")
    assert "was changed within the last 3 days" in do(desk, ann, "reset-two-factor").text
    LogCode.objects.update(code=AccountAction.REACTIVATED)
    LogEntry.objects.update(change_message="Address changed from a to b.")
    assert "is reset" in do(desk, ann, "reset-two-factor").text


def test_an_app_is_reset_though_the_mail_that_tells_of_it_fails(desk, settings):
    ann = make_person("ann", "Author")
    TOTPDevice.objects.create(user=ann, confirmed=True)
    settings.EMAIL_BACKEND = "tests.tipsite.staff.test_accounts.Away"
    assert "It is reset, but ann@example.org could not be told" in do(desk, ann, "reset-two-factor").text
    assert not TOTPDevice.objects.exists()
    assert log_of(ann)[-1] == ("pat", "Two-factor sign-in reset.")


def test_who_changed_their_own_address_may_still_lose_their_phone(desk, client_of, move):
    ann = make_person("ann", "Publisher")
    TOTPDevice.objects.create(user=ann, confirmed=True)
    move(client_of(ann), ann, "new@example.org")
    assert "is reset" in do(desk, ann, "reset-two-factor").text


def test_an_address_belongs_to_one_account(desk, publisher):
    ann = make_person("ann", "Author")
    answers = {"first_name": "Ann", "email": "PAT@example.org", "role": "Author"}
    assert "belongs to the account" in desk.post(f"/admin/auth/user/{ann.pk}/change/", answers).text


def test_a_group_of_ones_own_gives_no_more_than_it_has(client):
    clerk = make_person("clerk")
    clerk.user_permissions.add(
        *Permission.objects.filter(codename__in=["add_user", "change_user", "view_user"])
    )
    client.force_login(clerk)
    assert "Select a valid choice" in invite(client, role="Publisher").text
    with pytest.raises(NotPermitted):
        accounts.invite("mary@example.org", "Author", by=User.objects.get(pk=clerk.pk))


def test_an_owner_sets_a_password_and_the_old_sessions_end(client, client_of, owner):
    ann = make_person("ann", "Author", first_name="Ann", last_name="Marlow")
    hers = client_of(ann)
    client.force_login(owner)
    url = f"/admin/auth/user/{ann.pk}/password/"
    weak = client.post(url, {"new_password1": "12345678", "new_password2": "12345678"})
    assert "Nothing was saved yet" in weak.text
    done = client.post(url, {"new_password1": SECRET, "new_password2": SECRET}, follow=True)
    assert "Ann Marlow: the new password holds." in done.text
    assert User.objects.get(pk=ann.pk).check_password(SECRET)
    assert hers.get("/admin/").status_code == 302
    assert log_of(ann) == [("owner", "Password set for them.")]


def test_nobody_sees_the_secrets_of_devices(client, owner):
    client.force_login(owner)
    assert client.get("/admin/otp_totp/totpdevice/").status_code == 404
    assert client.get("/admin/otp_static/staticdevice/").status_code == 404


# --- Leaving ------------------------------------------------------------------------------------------


def test_a_deactivated_colleague_is_out_at_once_and_their_tips_stay(desk, client_of):
    ann = make_person("ann", "Author")
    tip = make_tip(author=ann)
    hers = client_of(ann)
    assert hers.get("/admin/").status_code == 200
    page = do(desk, ann, "deactivate")
    assert "Deactivated" in page.text
    assert hers.get("/admin/").status_code == 302
    do(desk, ann, "reactivate")
    # Her old session does not come back to life with the account.
    assert hers.get("/admin/").status_code == 302
    assert client_of(ann).get("/admin/").status_code == 200
    tip.refresh_from_db()
    assert tip.author == ann
    assert log_of(ann) == [("pat", "Deactivated."), ("pat", "Reactivated.")]


def test_the_owner_who_changes_an_address_tells_the_old_one_too(
    client, owner, django_capture_on_commit_callbacks
):
    ann = make_person("ann", "Author")
    client.force_login(owner)
    address = f"/admin/auth/user/{ann.pk}/change/"
    form = client.get(address).context["adminform"].form
    answers = {name: value for name, value in form.initial.items() if isinstance(value, str)}
    answers |= {
        "is_staff": "on",
        "is_active": "on",
        "date_joined_0": "2026-01-01",
        "date_joined_1": "00:00:00",
    }
    with django_capture_on_commit_callbacks(execute=True):
        client.post(address, answers | {"email": "new@example.org"})
    ann.refresh_from_db()
    assert ann.email == "new@example.org"
    assert [each.to for each in mail.outbox] == [["ann@example.org"]]
    assert "tell owner@example.org at once" in mail.outbox[0].body


def test_nobody_is_deleted(desk, client, owner):
    ann = make_person("ann", "Author")
    assert desk.post(f"/admin/auth/user/{ann.pk}/delete/", {"post": "yes"}).status_code == 403
    client.force_login(owner)
    assert client.post(f"/admin/auth/user/{ann.pk}/delete/", {"post": "yes"}).status_code == 403


# --- Forgotten passwords ------------------------------------------------------------------------------


def forget(client, address):
    return client.post("/admin/password-reset/", {"email": address}, follow=True)


def test_a_forgotten_password_is_set_anew_by_mail(client, client_of):
    ann = make_person("ann", "Author")
    hers = client_of(ann)
    forget(client, "Ann@example.org")
    (sent,) = mail.outbox
    assert "sign-in name is ann" in sent.body
    page = set_password(client, *links())
    assert "Sign in with the new password" in page.text
    # A link alone signs nobody in: a code may still be due.
    assert page.wsgi_request.user.is_anonymous
    assert hers.get("/admin/").status_code == 302
    ann.refresh_from_db()
    assert ann.check_password(SECRET)


def test_the_answer_does_not_tell_whether_an_address_is_known(client):
    make_person("ann", "Author")
    known, unknown = forget(client, "ann@example.org"), forget(client, "stranger@example.org")
    assert known.redirect_chain == unknown.redirect_chain
    assert known.content == unknown.content
    assert [each.to for each in mail.outbox] == [["ann@example.org"]]


def test_the_link_leads_to_the_site_whatever_host_was_asked(client, settings):
    settings.ALLOWED_HOSTS = ["*"]
    make_person("ann", "Author")
    client.post("/admin/password-reset/", {"email": "ann@example.org"}, headers={"host": "evil.example"})
    assert "evil.example" not in mail.outbox[0].body


def test_one_address_is_written_to_three_times_an_hour(client):
    make_person("ann", "Author")
    answers = {forget(client, "ann@example.org").content for _ in range(5)}
    assert len(mail.outbox) == 3
    assert len(answers) == 1


def test_one_network_may_ask_only_so_often(client):
    answers = [forget(client, f"no{number}@example.org") for number in range(21)]
    assert [each.status_code for each in answers] == [200] * 20 + [429]
    assert "Please try in an hour" in answers[-1].text


def test_neither_the_deactivated_nor_the_invited_get_a_link(client, publisher):
    make_person("gone", "Author", is_active=False)
    accounts.invite("new@example.org", "Author", by=publisher)
    forget(client, "gone@example.org")
    forget(client, "new@example.org")
    assert mail.outbox == []


def test_a_link_dies_with_the_account(client, publisher):
    ann = make_person("ann", "Author")
    forget(client, "ann@example.org")
    accounts.deactivate(ann, by=publisher)
    assert not client.get(*links(), follow=True).context["validlink"]


def test_a_link_that_died_with_the_account_stays_dead_when_that_comes_back(client, publisher):
    ann = make_person("ann", "Author")
    forget(client, "ann@example.org")
    accounts.deactivate(ann, by=publisher)
    accounts.reactivate(ann, by=publisher)
    assert not client.get(*links(), follow=True).context["validlink"]
    mail.outbox.clear()
    forget(client, "ann@example.org")
    assert client.get(*links(), follow=True).context["validlink"]


def test_an_invitation_stays_dead_when_its_account_comes_back(desk, client, publisher):
    invite(desk)
    mary = User.objects.get(email="mary.smith@example.org")
    accounts.deactivate(mary, by=publisher)
    accounts.reactivate(mary, by=publisher)
    client.logout()
    assert not client.get(*links(), follow=True).context["validlink"]


def test_a_link_stays_dead_when_its_address_comes_back(client, client_of, publisher):
    make_person("ann", "Author")
    forget(client, "ann@example.org")
    for address in ("new@example.org", "ann@example.org"):
        ann = User.objects.get(username="ann")
        ann.email = address
        accounts.change_address(ann, by=publisher)
        ann.save()
    assert not client.get(*links(), follow=True).context["validlink"]


def test_links_to_previews_stay_dead_when_their_maker_comes_back(client, publisher):
    ann = make_person("ann", "Author")
    path = preview.url(preview.make_link(make_tip(author=ann), by=ann))
    assert client.get(path).status_code == 200
    accounts.deactivate(ann, by=publisher)
    accounts.reactivate(ann, by=publisher)
    assert client.get(path).status_code == 404


def test_who_signs_in_while_their_account_is_shut_is_not_in_when_it_comes_back(client_of, publisher):
    ann = make_person("ann", "Author")
    accounts.deactivate(ann, by=publisher)
    hers = client_of(ann)
    accounts.reactivate(ann, by=publisher)
    assert hers.get("/admin/").status_code == 302


def test_a_link_for_a_new_password_is_good_for_a_day(client):
    make_person("ann", "Author")
    forget(client, "ann@example.org")
    with later(hours=25):
        assert not client.get(*links(), follow=True).context["validlink"]


def test_links_for_one_purpose_do_not_serve_another(client):
    make_person("ann", "Author")
    forget(client, "ann@example.org")
    (path,) = links()
    assert not client.get(path.replace("password-reset", "invitation"), follow=True).context["validlink"]
