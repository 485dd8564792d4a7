"""A mail service that is set up half is named by the checks, and its reports are no errors of ours."""

import base64
import json

import pytest

from tipsite import checks
from tipsite.webhooks import mail_service

SECRET = f"{'n' * 20}:{'p' * 20}"
SNS = {"Type": "SubscriptionConfirmation", "MessageId": "7", "TopicArn": "arn:aws:sns:us-east-1:1:t"}


@pytest.fixture
def set_up(settings):
    """Return a function that sets up a service with a secret and some keys."""

    def set_up(name, **keys):
        settings.EMAIL_BACKEND = f"anymail.backends.{name}.EmailBackend"
        settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET, **keys}
        settings.ROOT_URLCONF = tuple(mail_service.urlpatterns())

    return set_up


def complaints():
    return " ".join(each.msg for each in checks.check_mail_service())


@pytest.mark.parametrize(
    ("name", "keys", "missing"),
    [
        ("amazon_ses", {}, "boto3"),
        ("brevo", {}, "BREVO_API_KEY"),
        ("mailersend", {"MAILERSEND_API_TOKEN": "k"}, "MAILERSEND_SIGNING_SECRET"),
        ("mailgun", {}, "MAILGUN_API_KEY"),
        ("mailjet", {"MAILJET_API_KEY": "k"}, "MAILJET_SECRET_KEY"),
        ("mailtrap", {}, "MAILTRAP_API_TOKEN"),
        ("mandrill", {"MANDRILL_API_KEY": "k"}, "MANDRILL_WEBHOOK_KEY"),
        ("postal", {"POSTAL_API_KEY": "k", "POSTAL_API_URL": "https://p.example"}, "POSTAL_WEBHOOK_KEY"),
        ("postmark", {}, "POSTMARK_SERVER_TOKEN"),
        ("resend", {"RESEND_API_KEY": "k", "RESEND_SIGNING_SECRET": "whsec_x"}, "svix"),
        ("sparkpost", {}, "SPARKPOST_API_KEY"),
        ("unisender_go", {}, "UNISENDER_GO_API_KEY"),
        ("nobody_knows_it", {}, "ModuleNotFoundError"),
    ],
)
def test_what_a_service_lacks_is_named(set_up, monkeypatch, name, keys, missing):
    # A package that some services need may be here for another reason.
    monkeypatch.setattr(mail_service, "find_spec", lambda package: None)
    set_up(name, **keys)
    assert missing in complaints()


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("brevo", {"BREVO_API_KEY": "k"}),
        ("mailgun", {"MAILGUN_API_KEY": "k"}),
        ("mandrill", {"MANDRILL_API_KEY": "k", "MANDRILL_WEBHOOK_KEY": "w"}),
        ("postmark", {"POSTMARK_SERVER_TOKEN": "k"}),
    ],
)
def test_a_service_that_lacks_nothing_is_not_complained_of(set_up, name, keys):
    set_up(name, **keys)
    assert complaints() == ""


def test_another_backend_lacks_nothing():
    assert complaints() == ""


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "keys", "headers"),
    [
        ("mailersend", {"MAILERSEND_API_TOKEN": "k"}, {}),
        ("mailgun", {"MAILGUN_API_KEY": "schlüssel"}, {}),
        ("mandrill", {"MANDRILL_API_KEY": "k"}, {}),
        ("postal", {"POSTAL_API_KEY": "k", "POSTAL_API_URL": "https://p.example"}, {}),
        ("resend", {"RESEND_API_KEY": "k", "RESEND_SIGNING_SECRET": "whsec_x"}, {}),
        ("unisender_go", {}, {}),
    ],
)
def test_reports_of_a_service_that_is_set_up_half_come_again(set_up, client, name, keys, headers):
    set_up(name, **keys)
    headers |= {"authorization": "Basic " + base64.b64encode(SECRET.encode()).decode()}
    path = f"/anymail/{name}/tracking/"
    response = client.post(path, json.dumps(SNS), content_type="application/json", headers=headers)
    assert response.status_code == 503
    assert response["Retry-After"] == "3600"
