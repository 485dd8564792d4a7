"""The URLs of signing up, of preferences and of leaving."""

from django.urls import path
from django.views.generic import RedirectView

from subscribers.public import contact, preferences, signup, unsubscribe

app_name = "subscribers"

urlpatterns = [
    path("subscribe/", signup.subscribe, name="subscribe"),
    path("subscribe/again/", signup.again, name="again"),
    path("subscribe/confirm/<str:token>/", signup.confirm, name="confirm"),
    path("subscribe/preferences/", preferences.ask, name="ask"),
    path("subscribe/preferences/<str:token>/", preferences.preferences, name="preferences"),
    path("subscribe/move/<str:token>/", preferences.move, name="move"),
    path("subscribe/undo/<str:token>/", unsubscribe.undo, name="undo"),
    path("subscribe/erased/<slug:number>/", unsubscribe.erased, name="erased"),
    # Typed by hand: it leads to the form that mails a link.
    path("unsubscribe/", RedirectView.as_view(pattern_name="subscribers:ask"), name="leave"),
    path("unsubscribe/<str:token>/", unsubscribe.unsubscribe, name="unsubscribe"),
    path("contact/", contact.contact_page, name="contact"),
    path("privacy/", signup.privacy, name="privacy"),
]
