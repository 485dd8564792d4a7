"""Every URL of the site."""

from django.contrib import admin
from django.urls import include, path

from tipsite.staff import calendar_feed
from tipsite.webhooks import mail_service

urlpatterns = [
    *mail_service.urlpatterns(),
    path("admin/", admin.site.urls),
    path("calendar/<str:token>.ics", calendar_feed.feed, name="calendar_feed"),
    path("", include("subscribers.urls")),
    path("", include("tips.urls")),
]

handler500 = "tipsite.safety.storage_failures.answer"
handler400 = "tipsite.safety.storage_failures.answer_bad_request"
handler403 = "tipsite.staff.refusals.permission_denied"
