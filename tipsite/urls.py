"""Every address of the site."""

from django.contrib import admin
from django.urls import include, path

from tipsite import webhooks

urlpatterns = [
    *webhooks.urlpatterns(),
    path("admin/", admin.site.urls),
    path("", include("subscribers.urls")),
    path("", include("tips.urls")),
]
