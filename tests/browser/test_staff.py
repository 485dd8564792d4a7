import re

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice
from playwright.sync_api import expect

from tests.browser.actions import log_in
from tests.browser.axe import faults
from tests.browser.conftest import visit
from tests.tips.people import make_person
from tipsite.staff import accounts, mailed_links, two_factor

pytestmark = pytest.mark.browser

SECRET = "a long enough secret 7"


@pytest.fixture
def publisher(live_server):
    return make_person("pat", "Publisher", first_name="Pat")


def log_out(page):
    page.locator(".account > summary").click()
    page.get_by_role("button", name="Sign out", exact=True).click()


def code_of(person):
    device = TOTPDevice.objects.get(user=person)
    totp = TOTP(device.bin_key)
    totp.time = timezone.now().timestamp()
    return f"{totp.token():06}"


def heading(page, text):
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


def test_a_colleague_is_invited_and_comes_in_with_two_factors(page, publisher, settings):
    settings.STAFF_TWO_FACTOR = ["Editor"]
    log_in(page, "pat")
    page.locator(".bar").get_by_role("link", name="People").click()
    page.get_by_role("link", name="Invite a colleague").click()
    page.get_by_label("E-mail address").fill("mary@example.org")
    page.get_by_label("First name").fill("Mary")
    page.get_by_label("Editor").check()
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.locator(".messagelist")).to_contain_text("is on its way")
    log_out(page)

    # The mail names the site's public address; the test's own server stands at another port.
    page.goto(re.search(r"http://[^/]+(/admin/invitation/\S+)", mail.outbox[0].body)[1])
    heading(page, "Welcome")
    expect(page.locator("main")).to_contain_text("Your sign-in name is mary")
    page.get_by_label("New password:").fill(SECRET)
    page.get_by_label("Once more").fill(SECRET)
    page.get_by_role("button", name="come in").click()

    heading(page, "Two-factor sign-in")
    expect(page.locator("main")).to_contain_text("Your role requires two-factor sign-in")
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    mary = User.objects.get(username="mary")
    page.get_by_role("textbox", name="Code").fill(code_of(mary))
    page.get_by_role("button", name="Turn it on").click()
    heading(page, "Your recovery codes")
    codes = page.locator(".codes code").all_text_contents()
    assert codes == two_factor.recovery_codes(mary)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download them").click()
    assert codes[0] in download.value.path().read_text()
    page.get_by_role("button", name="I have kept them").click()
    heading(page, "My account")
    log_out(page)

    # A code is accepted once, and this one's half minute may not be over.
    TOTPDevice.objects.update(last_t=-1)
    log_in(page, "mary", SECRET)
    heading(page, "Your code")
    page.get_by_role("textbox", name="Code").fill(code_of(mary))
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile("/admin/$"))
    log_out(page)

    log_in(page, "mary", SECRET)
    page.get_by_role("textbox", name="Code").fill(codes[0])
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator(".messagelist")).to_contain_text("9 left")


def test_whoever_forgot_the_password_sets_a_new_one(page, publisher, settings):
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
    page.goto("/admin/login/")
    page.get_by_role("link", name="Forgotten your password").click()
    page.get_by_label("E-mail address").fill("pat@example.org")
    page.get_by_role("button", name="Send me the link").click()
    heading(page, "Look into your mail")
    page.goto(re.search(r"http://[^/]+(/admin/password-reset/\S+)", mail.outbox[0].body)[1])
    page.get_by_label("New password:").fill(SECRET)
    page.get_by_label("Once more").fill(SECRET)
    page.get_by_role("button", name="Set the new password").click()
    page.get_by_role("link", name="Sign in with the new password").click()
    log_in(page, "pat", SECRET)
    expect(page).to_have_url(re.compile("/admin/$"))


def test_setting_it_up_and_signing_in_work_without_a_script(browser, live_server, publisher):
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    log_in(page, "pat")
    page.locator(".account > summary").click()
    page.get_by_role("link", name="My account").click()
    page.get_by_role("link", name="Set up two-factor sign-in").click()
    page.get_by_role("button", name="Begin").click()
    page.get_by_role("textbox", name="Code").fill(code_of(publisher))
    page.get_by_role("button", name="Turn it on").click()
    page.get_by_role("button", name="I have kept them").click()
    page.get_by_role("button", name="Sign out everywhere").click()
    TOTPDevice.objects.update(last_t=-1)
    log_in(page, "pat")
    page.get_by_role("textbox", name="Code").fill(code_of(publisher))
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile("/admin/$"))
    context.close()


def test_axe_finds_nothing_at_the_door_and_in_the_accounts(page, publisher):
    invited = accounts.invite("mary@example.org", "Author", by=publisher, first_name="Mary")
    ann = make_person("ann", "Author")
    found = {}

    link = mailed_links.INVITATION.link(invited).partition("/admin/")[2]
    for address in ("login/", "password-reset/", "password-reset/sent/", link, "invitation/x/y/"):
        visit(page, f"/admin/{address}")
        found |= faults(page, address)
    log_in(page, "pat")
    for address in (
        "account/",
        "account/two-factor/",
        "auth/user/",
        "auth/user/add/",
        f"auth/user/{ann.pk}/change/",
        f"auth/user/{invited.pk}/change/",
        f"auth/user/{ann.pk}/do/deactivate/",
    ):
        visit(page, f"/admin/{address}")
        found |= faults(page, address)
    page.goto("/admin/account/two-factor/")
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    found |= faults(page, "picture")
    page.get_by_role("textbox", name="Code").fill("000000")
    page.get_by_role("button", name="Turn it on").click()
    expect(page.locator(".errorlist")).to_be_visible()
    found |= faults(page, "wrong code")
    page.get_by_role("textbox", name="Code").fill(code_of(publisher))
    page.get_by_role("button", name="Turn it on").click()
    heading(page, "Your recovery codes")
    found |= faults(page, "recovery codes")
    for name, address in (("account with app", "account/"), ("off", "account/two-factor/off/")):
        visit(page, f"/admin/{address}")
        found |= faults(page, name)
    log_out(page)
    log_in(page, "pat")
    heading(page, "Your code")
    found |= faults(page, "code")
    for _ in range(5):
        page.get_by_role("textbox", name="Code").fill("000000")
        page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("please try again in 15 minutes.")
    # The browser tells its console of each answer that is no success.
    page.complaints[:] = [each for each in page.complaints if "429" not in each]
    found |= faults(page, "locked")
    assert found == {}
