"""A test of a tip's mail, from its preview: to oneself, or to a colleague."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect

from desk.pages import StaffRequest, name_of, page, require
from desk.verbs import refusals_told
from subscribers.admin.mailing_verbs import TestForm
from subscribers.mailings.send_test import needs_link, send_test
from tips.models import Tip
from tips.publishing import preview


def send_test_view(request: StaffRequest, pk: int) -> HttpResponse:
    """Ask to whom a test of a tip's mail goes; send it on POST, as the tip is saved then.

    No mailing is needed for that.
    """
    require(request, "tips.change_tip")
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
        return redirect("admin:subscribers_mailing_send_test", tip.pk)
    context = {"tip": tip, "form": form, "needs_link": needs_link(tip), "days": preview.DAYS}
    return page(request, "subscribers/mailing/send_test", "Send a test", **context)
