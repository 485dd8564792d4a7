"""The addresses of signing up and leaving."""

from django.urls import path

from subscribers.views import joining, leaving

app_name = "subscribers"

urlpatterns = [
    path("subscribe/", joining.subscribe, name="subscribe"),
    path("subscribe/sent/", joining.sent, name="sent"),
    path("subscribe/confirm/<str:token>/", joining.confirm, name="confirm"),
    path("unsubscribe/<str:token>/", leaving.unsubscribe, name="unsubscribe"),
    path("privacy/", joining.privacy, name="privacy"),
]
