import pytest
from django.core.checks import run_checks

REAL_SITE = {
    "PRODUCTION": True,
    "HTTPS": True,
    "SITE_URL": "https://tips.example.org",
    "ALLOWED_HOSTS": ["tips.example.org"],
    "TRUSTED_PROXIES": 1,
    "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
}


def complaints(settings, **changes):
    for name, value in changes.items():
        setattr(settings, name, value)
    return [each.id for each in run_checks() if each.id.startswith("tipsite.")]


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
        ({"SLOT_WEEKDAY": "tewsday"}, "tipsite.E002"),
    ],
)
def test_it_names_what_a_real_site_got_wrong(settings, change, complaint):
    assert complaints(settings, **REAL_SITE | change) == [complaint]
