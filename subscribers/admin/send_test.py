"""A test of a tip's mail, from its preview: to oneself, or to a colleague."""

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse

from desk.pages import StaffRequest, page, route
from desk.verbs import refusals_told
from subscribers.admin.mailing_verbs import TestForm, name_of
from subscribers.mailings.send_test import needs_link, send_test
from tips.models import Tip
from tips.publishing import preview


def urls(mailing_admin: ModelAdmin) -> list[URLPattern]:
    return [route(mailing_admin, "test/<int:pk>/", send_test_view, "subscribers_mailing_send_test")]


def send_test_view(mailing_admin: ModelAdmin, request: StaffRequest, pk: int) -> HttpResponse:
    """Ask to whom a test of a tip's mail goes; send it on POST, as the tip is saved then.

    No mailing is needed for that.
    """
    if not request.user.has_perm("tips.change_tip"):
        raise PermissionDenied
    tip = Tip.objects.filter(pk=pk).first()
    if tip is None or not preview.may_see(request.user, tip):
        raise Http404("There is no such tip.")
    form = TestForm(request.user, request.POST if request.method == "POST" else None)
    if form.is_valid():
        to = form.cleaned_data["to"]
        with refusals_told(request):
            send_test(tip, to.email, by=request.user)
            receiver = "you" if to == request.user else name_of(to)
            messages.success(request, f"The test is on its way to {receiver}.")
        return HttpResponseRedirect(reverse("admin:subscribers_mailing_send_test", args=[tip.pk]))
    return page(
        request,
        "subscribers/mailing/send_test",
        "Send a test",
        tip=tip,
        form=form,
        needs_link=needs_link(tip),
        days=preview.DAYS,
    )
