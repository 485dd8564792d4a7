"""What a report of the scanner says, and what of that is meant to be so."""

from audit.scan import WITHOUT_TOKEN, findings
from subscribers.urls import urlpatterns


def report(**parts):
    return {"vulnerabilities": {}, "anomalies": {}, "additionals": {}} | parts


def one(path, level=2):
    return {
        "level": level,
        "method": "POST",
        "path": path,
        "info": "Lack of anti CSRF token",
        "module": "csrf",
    }


def test_only_the_forms_that_have_no_session_are_meant_to_have_no_token():
    kind = "Cross Site Request Forgery"
    told = report(vulnerabilities={kind: [one("/subscribe/"), one("/admin/login/")]})
    assert [(found.path, found.level, found.is_expected) for found in findings(told)] == [
        ("/subscribe/", 2, True),
        ("/admin/login/", 2, False),
    ]
    (other,) = findings(report(anomalies={"Internal Server Error": [one("/subscribe/")]}))
    assert not other.is_expected


def test_each_of_these_forms_is_there():
    there = {f"/{pattern.pattern}" for pattern in urlpatterns}
    assert there.issuperset(WITHOUT_TOKEN)
