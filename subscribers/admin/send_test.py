"""A test of a tip's mail, from its preview: to oneself, or to a colleague."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from desk.errors import NotPermitted, Refused
from subscribers.admin.mailing_verbs import TestForm
from subscribers.mailings import control
from subscribers.mailings import preview as mail_preview
from tips.models import Tip
from tips.publishing import preview


class TrialMixin:
    """For the admin of mailings: a page that sends a test of any tip's mail, which needs no mailing yet."""

    def get_urls(self):
        view = self.admin_site.admin_view(self.trial_view)
        return [path("test/<int:pk>/", view, name="subscribers_mailing_trial"), *super().get_urls()]

    def trial_view(self, request, pk):
        """Ask to whom a test of a tip's mail goes; send it on POST, as the tip is saved then."""
        if not request.user.has_perm("tips.change_tip"):
            raise PermissionDenied
        tip = Tip.objects.filter(pk=pk).first()
        if tip is None or not preview.may_see(request.user, tip):
            raise Http404("There is no such tip.")
        form = TestForm(request.POST if request.method == "POST" else None, user=request.user)
        if request.method == "POST" and form.is_valid():
            self._try(request, tip, form.cleaned_data["to"])
            return HttpResponseRedirect(reverse("admin:subscribers_mailing_trial", args=[tip.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": "Send a test",
            "tip": tip,
            "form": form,
            "needs_link": mail_preview.needs_link(tip),
            "days": preview.DAYS,
        }
        return TemplateResponse(request, "admin/subscribers/mailing/trial.html", context)

    def _try(self, request, tip, to):
        try:
            control.send_test(tip, [to.email], by=request.user)
        except NotPermitted:
            raise
        except Refused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
        else:
            whom = "you" if to == request.user else to.get_full_name() or to.get_username()
            self.message_user(request, f"The test is on its way to {whom}.", messages.SUCCESS)
