import pytest
from django.test import RequestFactory

from tipsite.wsgi import application


@pytest.mark.django_db
def test_head_is_answered_with_the_headers_of_get_and_no_body():
    answers = {}
    for method in ("GET", "HEAD"):
        request = getattr(RequestFactory(SERVER_NAME="localhost"), method.lower())("/tips/")
        headers = {}
        response = application(request.environ, lambda status, sent, headers=headers: headers.update(sent))
        answers[method] = (headers, b"".join(response))
    (got, page), (asked, nothing) = answers["GET"], answers["HEAD"]
    assert (len(page), nothing) == (int(got["Content-Length"]), b"")
    assert asked == {name: value for name, value in got.items() if name != "ETag"}
