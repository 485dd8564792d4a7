import pytest
from django.core.checks import run_checks

REAL_SITE = {
    "PRODUCTION": True,
    "HTTPS": True,
    "SITE_URL": "https://tips.example.org",
    "ALLOWED_HOSTS": ["tips.example.org"],
    "TRUSTED_PROXIES": 1,
    "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
    "DEFAULT_FROM_EMAIL": "Tips <tips@example.org>",
    "REPLY_TO": "desk@example.org",
    "BOUNCE_ADDRESS": "bounces@mail.example.org",
    "POSTAL_ADDRESS": "1 Bell Street",
}
# A password, and no TLS.
IN_CLEAR = {"EMAIL_HOST": "mail.example.org", "EMAIL_HOST_PASSWORD": "s", "EMAIL_USE_TLS": False}


def complaints(settings, **changes):
    for name, value in changes.items():
        setattr(settings, name, value)
    return [message.id for message in run_checks() if message.id.startswith("tipsite.")]


def test_before_it_goes_on_the_net_it_is_told_what_to_set_in_our_words_alone(settings):
    settings.SECRET_KEY = "k" * 60
    assert told_for_the_net() == {"tipsite.W009"}
    complaints(settings, **REAL_SITE)
    assert told_for_the_net() == {"tipsite.W010", "tipsite.I001"}


def told_for_the_net():
    """Return the ids of what is said before a site goes on the net, in no order."""
    told = run_checks(include_deployment_checks=True)
    return {each.id for each in told if not each.is_silenced()}


def test_it_is_content_with_a_site_on_this_machine(settings):
    assert complaints(settings) == []


def test_it_is_content_with_a_well_configured_real_site(settings):
    assert complaints(settings, **REAL_SITE) == []


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"ALLOWED_HOSTS": ["www.example.org"]}, "tipsite.E001"),
        ({"HTTPS": False, "SITE_URL": "http://tips.example.org"}, "tipsite.W001"),
        ({"TRUSTED_PROXIES": 0}, "tipsite.W002"),
        ({"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}, "tipsite.W003"),
        (
            {"EMAIL_HOST": "mail.example.org", "EMAIL_HOST_PASSWORD": "s", "EMAIL_USE_TLS": False},
            "tipsite.E008",
        ),
        ({"SLOT_WEEKDAY": "tewsday"}, "tipsite.E002"),
        ({"SITE_URL": "https://bücher.example", "ALLOWED_HOSTS": ["*"]}, "tipsite.E006"),
        ({"DEFAULT_FROM_EMAIL": "tips"}, "tipsite.E004"),
        ({"DEFAULT_FROM_EMAIL": "tips@bücher.example"}, "tipsite.E004"),
        ({"REPLY_TO": "desk@example.org\nBcc: eve@evil.example"}, "tipsite.E004"),
        ({"BOUNCE_ADDRESS": "Bounces <bounces@example.org>"}, "tipsite.E004"),
        ({"BOUNCE_ADDRESS": f"{'b' * 30}@example.org"}, "tipsite.E005"),
        ({"DEFAULT_FROM_EMAIL": "me@gmail.com", "BOUNCE_ADDRESS": "b@gmail.com"}, "tipsite.W004"),
        ({"BOUNCE_ADDRESS": "bounces@relay.example"}, "tipsite.W005"),
        ({"POSTAL_ADDRESS": " "}, "tipsite.W006"),
        ({"BOUNCE_ADDRESS": ""}, "tipsite.W007"),
    ],
)
def test_it_names_what_a_real_site_got_wrong(settings, change, complaint):
    assert complaints(settings, **REAL_SITE | change) == [complaint]


def test_it_says_what_the_mail_server_must_sign(settings):
    for name, value in REAL_SITE.items():
        setattr(settings, name, value)
    (said,) = [
        message.msg for message in run_checks(include_deployment_checks=True) if message.id == "tipsite.I001"
    ]
    assert "example.org" in said
    assert "List-Unsubscribe and List-Unsubscribe-Post" in said
