from datetime import timedelta

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.checks import run_checks
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from tests.tips.making import make_tip
from tests.tips.people import make_person
from tipsite.staff import accounts, lockout, two_factor

pytestmark = [pytest.mark.django_db, pytest.mark.once]

LOGIN = "/admin/login/"
CODE = "/admin/login/code/"
SET_UP = "/admin/account/two-factor/"
OFFICE, CAFE = "192.0.2.1", "198.51.100.7"


def log_in(client, name="ann", password=None, address=OFFICE, **options):
    answers = {"username": name, "password": password or f"{name}-knows-this"}
    return client.post(LOGIN, answers, REMOTE_ADDR=address, **options)


def code_of(person, offset=0):
    device = TOTPDevice.objects.get(user=person)
    totp = TOTP(device.bin_key)
    totp.time = timezone.now().timestamp() + offset
    return f"{totp.token():06}"


def is_in(client):
    return client.get("/admin/").status_code == 200


@pytest.fixture
def ann():
    return make_person("ann", "Author")


@pytest.fixture
def with_app(ann):
    """Ann, who set two-factor sign-in up: returns her recovery codes."""
    two_factor.begin(ann)
    assert two_factor.confirm(ann, code_of(ann), None)
    # As if that had been a while ago: a code is accepted once.
    TOTPDevice.objects.update(last_t=-1)
    two_factor.make_recovery_codes(ann)
    return two_factor.recovery_codes(ann)


# --- The lock -----------------------------------------------------------------------------------------


def lock(client, **options):
    answers = [log_in(client, password="wrong", **options) for _ in range(5)]
    assert [each.status_code for each in answers] == [200] * 4 + [429]
    return answers[-1]


def test_five_wrong_passwords_lock_a_name_on_its_network(client, ann):
    answer = lock(client)
    assert "please try again in 15 minutes." in answer.text
    assert answer["Retry-After"] == "900"
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert log_in(client).status_code == 429


def test_the_right_name_gets_in_from_elsewhere_and_others_from_here(client, ann):
    make_person("ben", "Author")
    lock(client)
    assert log_in(Client(), address=CAFE).status_code == 302
    assert log_in(Client(), name="ben").status_code == 302


@pytest.mark.parametrize("typed", ["ANN", "Ann\u200b", "ann@example.org", "Ann@Example.ORG"])
def test_a_name_or_an_address_in_any_case_is_the_same_account(client, ann, typed):
    assert (ann.username, ann.email) == ("ann", "ann@example.org")
    for name in (typed, "ann", typed, "Ann"):
        assert log_in(client, name=name, password="wrong").status_code == 200
    assert log_in(client, name=typed, password="wrong").status_code == 429
    assert log_in(client, name="ann", password="ann-knows-this").status_code == 429
    assert log_in(client, name=typed, password="ann-knows-this", address=CAFE).status_code == 302


def test_nobodys_name_in_any_case_is_locked_like_somebodys(client, ann):
    for name in ("nobody", "NOBODY", "Nobody", "nobody "):
        assert "do not belong together" in log_in(client, name=name, password="wrong").text
    assert log_in(client, name="noBody", password="wrong").status_code == 429


def test_of_names_that_read_alike_each_signs_in_by_its_own_spelling(client, ann):
    make_person("ANN", "Author")
    for name in ("ann", "ANN"):
        asked = Client()
        assert log_in(asked, name=name).status_code == 302
        assert asked.get("/admin/account/").context["user"].get_username() == name
    assert log_in(Client(), name="Ann", password="ann-knows-this").status_code == 200


def test_a_name_and_an_address_ask_the_database_as_often_as_nobodys(client, ann):
    asked = []
    for number, name in enumerate(["ann", "ann@example.org", "nobody", "nobody@example.org"]):
        # On a network each, since what is repeated is written otherwise than what is new.
        with CaptureQueriesContext(connection) as queries:
            log_in(Client(), name=name, password="wrong", address=f"192.0.2.{number}")
        asked.append(len(queries))
    assert len(set(asked)) == 1


def test_typing_on_does_not_lengthen_the_lock(client, ann):
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        lock(client)
        for minute in (5, 10, 14):
            clock.move_to(start + timedelta(minutes=minute))
            answer = log_in(client, password="wrong")
            assert answer.status_code == 429
        assert "in 1 minute." in answer.text
        clock.move_to(start + timedelta(minutes=15, seconds=1))
        assert log_in(client).status_code == 302


def test_a_lock_does_not_outlast_a_clock_that_was_set_back(client, ann):
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        lock(client)
        assert lockout.forget_wrong_clock(start) == 0
        clock.move_to(start - timedelta(hours=1))
        assert lockout.forget_wrong_clock(timezone.now()) > 0
        assert log_in(client).status_code == 302


def test_signing_in_forgets_the_wrong_tries(client, ann):
    for _ in range(2):
        for _ in range(4):
            log_in(client, password="wrong")
        assert log_in(client).status_code == 302


def test_behind_a_proxy_the_visitors_own_network_counts(client, ann, settings):
    settings.TRUSTED_PROXIES = 1
    for number in range(5):
        # What a visitor says of themselves is not believed; the last entry is our proxy's.
        log_in(client, password="wrong", headers={"X-Forwarded-For": f"203.0.113.{number}, {CAFE}"})
    assert log_in(client, headers={"X-Forwarded-For": CAFE}).status_code == 429
    assert log_in(client, headers={"X-Forwarded-For": OFFICE}).status_code == 302


def test_without_a_proxy_a_claimed_address_is_not_believed(client, ann):
    for number in range(5):
        log_in(client, password="wrong", headers={"X-Forwarded-For": f"203.0.113.{number}"})
    assert log_in(client).status_code == 429


def test_one_machine_with_many_addresses_is_one_network(client, ann):
    for number in range(5):
        log_in(client, password="wrong", address=f"2001:db8:1:{number + 1}::1")
    assert log_in(client, address="2001:db8:1:99::1").status_code == 429


@pytest.mark.parametrize("name", ["x" * 5000, "nul\0", "ü" * 300, ""])
def test_odd_names_are_turned_away_calmly(client, name):
    assert log_in(client, name, "wrong").status_code == 200


def test_an_unreadable_address_is_counted_too(client, ann):
    for _ in range(5):
        log_in(client, password="wrong", address="")
    assert log_in(client, address="").status_code == 429
    assert log_in(client).status_code == 302


# --- Two factors --------------------------------------------------------------------------------------


def test_the_password_alone_does_not_sign_in_whoever_has_an_app(client, ann, with_app):
    answer = log_in(client)
    assert answer["Location"] == CODE
    assert not is_in(client)
    answer = client.post(CODE, {"code": f" {code_of(ann)[:3]} {code_of(ann)[3:]} "})
    assert answer["Location"] == "/admin/"
    assert is_in(client)


def test_it_leads_on_to_the_page_that_was_asked_for(client, ann, with_app):
    log_in(client, QUERY_STRING="next=/admin/account/")
    client.post(LOGIN, {"username": "ann", "password": "ann-knows-this", "next": "/admin/account/"})
    assert client.post(CODE, {"code": code_of(ann)})["Location"] == "/admin/account/"
    other = Client()
    other.post(LOGIN, {"username": "ann", "password": "ann-knows-this", "next": "//evil.example/"})
    assert other.post(CODE, {"code": code_of(ann, 30)})["Location"] == "/admin/"


def test_a_code_works_once(client, ann, with_app):
    code = code_of(ann)
    log_in(client)
    client.post(CODE, {"code": code})
    again = Client()
    log_in(again)
    assert "was used already" in again.post(CODE, {"code": code}).text
    assert not is_in(again)


def test_a_recovery_code_works_once(client, ann, with_app):
    log_in(client)
    page = client.post(CODE, {"code": with_app[3].upper().replace("-", " ")}, follow=True)
    assert "You used a recovery code; 9 left." in page.text
    again = Client()
    log_in(again)
    assert "was used already" in again.post(CODE, {"code": with_app[3]}).text


def test_wrong_codes_lock_like_wrong_passwords(client, ann, with_app):
    log_in(client)
    answers = [client.post(CODE, {"code": "000000"}, REMOTE_ADDR=OFFICE) for _ in range(5)]
    assert [each.status_code for each in answers] == [200] * 4 + [429]
    assert "please try again in 15 minutes." in answers[-1].text
    assert client.post(CODE, {"code": code_of(ann)}, REMOTE_ADDR=OFFICE).status_code == 429
    assert log_in(Client()).status_code == 429
    elsewhere = Client()
    log_in(elsewhere, address=CAFE)
    assert elsewhere.post(CODE, {"code": code_of(ann)}, REMOTE_ADDR=CAFE).status_code == 302


def test_the_right_password_does_not_forget_wrong_codes(client, ann, with_app):
    for _ in range(5):
        log_in(client)
        client.post(CODE, {"code": "000000"}, REMOTE_ADDR=OFFICE)
    assert log_in(client).status_code == 429


def test_codes_from_many_networks_are_throttled_too(ann, with_app):
    for number in range(30):
        client = Client(REMOTE_ADDR=f"203.0.113.{number}")
        log_in(client, address=f"203.0.113.{number}")
        client.post(CODE, {"code": "000000"})
    client = Client(REMOTE_ADDR=CAFE)
    log_in(client, address=CAFE)
    assert "Too many codes were tried" in client.post(CODE, {"code": code_of(ann)}).text
    assert not is_in(client)


def test_a_password_waits_ten_minutes_for_its_code(client, ann, with_app):
    log_in(client)
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        assert client.post(CODE, {"code": code_of(ann)})["Location"] == LOGIN
    assert not is_in(client)


@pytest.mark.parametrize("change", ["password", "deactivated"])
def test_a_code_comes_too_late_when_the_account_changed(client, ann, with_app, change):
    log_in(client)
    ann.set_password("quite another 9")
    ann.is_active = change != "deactivated"
    ann.save()
    assert client.post(CODE, {"code": code_of(ann)})["Location"] == LOGIN


def test_the_code_page_alone_leads_back_to_the_password(client):
    assert client.get(CODE)["Location"] == LOGIN
    assert client.post(CODE, {"code": "123456"})["Location"] == LOGIN


def test_a_code_that_is_no_code_is_refused(client, ann, with_app):
    log_in(client)
    for code in ("", "x" * 41, "١٢٣٤٥٦", "'; --", "\0"):
        assert client.post(CODE, {"code": code}, REMOTE_ADDR=CAFE).status_code in (200, 429)
    assert not is_in(client)


# --- My account ---------------------------------------------------------------------------------------


def test_setting_it_up_ends_other_sessions_and_shows_codes_until_they_are_kept(client, client_of, ann):
    other = client_of(ann)
    log_in(client)
    client.post(SET_UP)
    page = client.get(SET_UP).text
    assert "<svg" in page
    assert two_factor.secret(two_factor.begun(ann)) in page
    assert "not right" in client.post(SET_UP, {"code": "000000"}).text
    page = client.post(SET_UP, {"code": code_of(ann)}, follow=True)
    codes = two_factor.recovery_codes(ann)
    assert len(codes) == 10
    assert all(code in page.text for code in codes)
    assert is_in(client)
    assert not is_in(other)
    file = client.get("/admin/account/recovery-codes/download/")
    assert file["Content-Disposition"] == 'attachment; filename="recovery-codes.txt"'
    assert file.text.split()[-10:] == codes
    client.post("/admin/account/recovery-codes/")
    assert codes[0] not in client.get("/admin/account/recovery-codes/", follow=True).text
    assert client.get("/admin/account/recovery-codes/download/").status_code == 302


def test_opening_the_page_makes_no_secret(client, ann):
    log_in(client)
    client.get(SET_UP)
    assert not TOTPDevice.objects.exists()


def test_turning_it_off_needs_the_password(client, ann, with_app):
    log_in(client)
    client.post(CODE, {"code": code_of(ann)})
    off = "/admin/account/two-factor/off/"
    assert "not your password" in client.post(off, {"password": "wrong"}).text
    assert two_factor.device_of(ann)
    page = client.post(off, {"password": "ann-knows-this"}, follow=True)
    assert "Two-factor sign-in is off" in page.text
    assert two_factor.device_of(ann) is None
    assert two_factor.recovery_codes(ann) == []


def test_new_recovery_codes_replace_the_old(client, ann, with_app):
    log_in(client)
    client.post(CODE, {"code": code_of(ann)})
    new = "/admin/account/recovery-codes/new/"
    assert "not your password" in client.post(new, {"password": "wrong"}).text
    client.post(new, {"password": "ann-knows-this"})
    assert set(two_factor.recovery_codes(ann)).isdisjoint(with_app)


def test_guessing_the_password_at_an_open_desk_ends_soon(client, ann, with_app):
    log_in(client)
    client.post(CODE, {"code": code_of(ann)})
    for _ in range(10):
        client.post("/admin/account/two-factor/off/", {"password": "wrong"})
    page = client.post("/admin/account/two-factor/off/", {"password": "ann-knows-this"})
    assert "try again in an hour" in page.text


def test_guessing_it_where_it_is_changed_counts_too(client, ann):
    log_in(client)
    answers = {"new_password1": "quite another 9", "new_password2": "quite another 9"}
    for _ in range(10):
        page = client.post("/admin/password_change/", {"old_password": "wrong", **answers})
        assert "entered incorrectly" in page.text
    page = client.post("/admin/password_change/", {"old_password": "ann-knows-this", **answers})
    assert "try again in an hour" in page.text
    ann.refresh_from_db()
    assert ann.check_password("ann-knows-this")


def test_a_person_signs_out_everywhere(client, client_of, ann):
    ben = make_person("ben", "Author")
    other, his = client_of(ann), client_of(ben)
    log_in(client)
    page = client.post("/admin/account/sign-out-everywhere/", follow=True)
    assert "signed out everywhere" in page.text
    assert not is_in(client)
    assert not is_in(other)
    assert is_in(his)


def test_what_is_wrong_with_a_weak_password_stands_at_its_field(client_of, ann):
    answers = {"old_password": "ann-knows-this", "new_password1": "short", "new_password2": "short"}
    errors = client_of(ann).post("/admin/password_change/", answers).context["form"].errors
    assert list(errors) == ["new_password1"]
    root = User.objects.create_superuser("root", "root@example.org", "root-knows-this")
    page = client_of(root).post(f"/admin/auth/user/{ann.pk}/password/", answers)
    assert list(page.context["form"].errors) == ["new_password1"]


def test_changing_the_password_ends_all_other_sessions(client, client_of, ann):
    other = client_of(ann)
    log_in(client)
    answers = {
        "old_password": "ann-knows-this",
        "new_password1": "quite another 9",
        "new_password2": "quite another 9",
    }
    assert client.post("/admin/password_change/", answers)["Location"] == "/admin/password_change/done/"
    assert is_in(client)
    assert not is_in(other)


# --- A lost phone -------------------------------------------------------------------------------------


def test_a_publisher_resets_a_lost_app_and_its_owner_is_told(client, client_of, ann, with_app):
    hers = Client()
    log_in(hers)
    hers.post(CODE, {"code": code_of(ann)})
    client.force_login(make_person("pat", "Publisher"))
    address = f"/admin/auth/user/{ann.pk}/do/reset-two-factor/"
    assert client.get(address).status_code == 200
    assert two_factor.device_of(ann)
    assert "Two-factor sign-in is reset" in client.post(address, follow=True).text
    assert not is_in(hers)
    assert log_in(hers)["Location"] == "/admin/"
    (sent,) = mail.outbox
    assert sent.to == ["ann@example.org"]
    assert "pat reset your two-factor sign-in" in sent.body
    entry = LogEntry.objects.latest("pk")
    assert (entry.user.username, entry.change_message) == ("pat", "Two-factor sign-in reset.")


# --- Required by role ---------------------------------------------------------------------------------


def test_whoever_must_have_it_is_led_to_it_before_anything_else(client, ann, settings):
    settings.STAFF_TWO_FACTOR = ["author"]
    log_in(client)
    for address in ("/admin/", "/admin/tips/tip/", "/admin/account/", "/admin/password_change/", "/admin/x/"):
        assert client.get(address, follow=True).wsgi_request.path == SET_UP
    assert client.post("/admin/tips/tip/add/", {}, follow=True).wsgi_request.path == SET_UP
    assert client.get(f"/admin/tips/tip/{make_tip(author=ann).pk}/preview/").status_code == 302
    assert "Your role requires two-factor sign-in" in client.get(SET_UP).text
    client.post(SET_UP)
    client.post(SET_UP, {"code": code_of(ann)})
    assert is_in(client)
    client.post("/admin/account/two-factor/off/", {"password": "ann-knows-this"})
    assert two_factor.device_of(ann)
    assert client.post("/admin/logout/").status_code == 200


def test_others_are_not_asked(client, ann, settings):
    settings.STAFF_TWO_FACTOR = ["Publisher", "superuser"]
    log_in(client)
    assert is_in(client)
    owner = User.objects.create_superuser("owner", "", "owner-knows-this")
    client.force_login(owner)
    assert client.get("/admin/", follow=True).wsgi_request.path == SET_UP


def test_a_session_without_a_code_does_not_pass_where_one_is_required(client, ann, with_app, settings):
    settings.STAFF_TWO_FACTOR = ["Author"]
    client.force_login(ann)
    before = client.session.session_key
    page = client.get("/admin/", follow=True)
    assert page.wsgi_request.path == LOGIN
    assert "Password" in page.text
    assert not Session.objects.filter(session_key=before).exists()


def test_after_a_reset_the_required_are_led_to_it_again(client, ann, with_app, settings):
    settings.STAFF_TWO_FACTOR = ["Author"]
    accounts.reset_two_factor(ann, by=make_person("pat", "Publisher"))
    log_in(client)
    assert client.get("/admin/", follow=True).wsgi_request.path == SET_UP


def test_a_misspelt_group_is_noticed(settings):
    settings.STAFF_TWO_FACTOR = ["publisher", "Editors"]
    found = [each.msg for each in run_checks() if each.id == "tipsite.E003" and each.is_serious()]
    assert len(found) == 1
    assert "'Editors'" in found[0]
