"""The site with one page more by which pages are measured: the newest tip in its layout, for one query."""

import os
from functools import cache

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tipsite.settings")

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template import RequestContext, Template
from django.urls import path

from tipsite.wsgi import application

URL = "/one-query/"
settings.ROOT_URLCONF = __name__

from tips.models import Tip
from tipsite import urls

__all__ = ["application", "handler400", "handler403", "handler500", "urlpatterns"]


@cache
def _template() -> Template:
    return Template(
        '{% extends "base.html" %}{% block title %}{{ tip.title }} | {{ SITE_NAME }}{% endblock %}'
        "{% block main %}<h1>{{ tip.title }}</h1>{{ tip.body|safe }}{% endblock %}"
    )


def page(request: HttpRequest) -> HttpResponse:
    """Show the newest tip, as plainly as the site's layout allows."""
    tip = Tip.objects.published_dated().newest_first().only("title", "body")[0]
    return HttpResponse(_template().render(RequestContext(request, {"tip": tip})))


urlpatterns = [path(URL[1:], page), *urls.urlpatterns]
handler400, handler403, handler500 = urls.handler400, urls.handler403, urls.handler500
