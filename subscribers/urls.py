"""The addresses of signing up and leaving."""

from django.urls import path
from django.views.generic import RedirectView

from subscribers.views import joining, leaving, preferences

app_name = "subscribers"

urlpatterns = [
    path("subscribe/", joining.subscribe, name="subscribe"),
    path("subscribe/again/", joining.again, name="again"),
    path("subscribe/sent/", joining.sent, name="sent"),
    path("subscribe/confirm/<str:token>/", joining.confirm, name="confirm"),
    path("subscribe/preferences/", preferences.ask, name="ask"),
    path("subscribe/preferences/sent/", preferences.asked, name="asked"),
    path("subscribe/preferences/<str:token>/", preferences.preferences, name="preferences"),
    path("subscribe/move/<str:token>/", preferences.move, name="move"),
    path("subscribe/undo/<str:token>/", leaving.undo, name="undo"),
    path("subscribe/erased/<slug:number>/", leaving.erased, name="erased"),
    # Typed by hand: it leads to the form that mails a link.
    path("unsubscribe/", RedirectView.as_view(pattern_name="subscribers:ask"), name="leave"),
    path("unsubscribe/<str:token>/", leaving.unsubscribe, name="unsubscribe"),
    path("privacy/", joining.privacy, name="privacy"),
]
