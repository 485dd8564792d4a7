"""The WSGI application that gunicorn serves."""

import os
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tipsite.settings")

_django = get_wsgi_application()


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer a request; to HEAD with the headers alone (RFC 9110, section 9.3.2).

    Django leaves it to the server to drop the body, and gunicorn drops it with a warning each time.
    """
    response = _django(environ, start_response)
    if environ["REQUEST_METHOD"] == "HEAD":
        response.close()
        return []
    return response
