"""A tip's history in the desk: its versions, the difference between two, and the way back."""

from django.contrib import messages
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.paginator import Paginator
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, re_path, reverse

from desk.errors import NotPermitted, Refused
from tips.publishing import history, workflow

PER_PAGE = 30
MOST_LINES = 100


class HistoryMixin:
    """Gives the admin of tips its pages of history. What a person may not know of is not found there."""

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/history/compare/", view(self.compare_view), name="tips_tip_compare"),
            path("<int:pk>/history/<int:number>/revert/", view(self.revert_view), name="tips_tip_revert"),
            # Django would send any address without its last slash on, and so tell that it leads somewhere.
            re_path(r"^(?P<pk>\d+)(?:/.*[^/])?\Z", view(self.slashless)),
            *super().get_urls(),
        ]

    def own(self, request, pk):
        """Return the tip, or raise Http404 where this person may not know of it."""
        tip = self.get_queryset(request).filter(pk=min(int(pk), 2**63 - 1)).first()
        if tip is None or not self.has_view_permission(request, tip):
            raise Http404("There is no such tip.")
        return tip

    def _get_obj_does_not_exist_redirect(self, request, opts, object_id):
        raise Http404("There is no such tip.")

    def slashless(self, request, pk):
        """Lead to the address with its slash, of a tip that this person may know of."""
        self.own(request, pk)
        query = request.META["QUERY_STRING"]
        return HttpResponseRedirect(f"{request.path}/{'?' if query else ''}{query}")

    def history_view(self, request, object_id, extra_context=None):
        """List the versions with who, when and what changed in words, and what else was done."""
        tip = self.own(request, object_id if object_id.isdecimal() else 0)
        pages = Paginator(history.saved(tip), PER_PAGE)
        page = pages.get_page(request.GET.get("p"))
        rows = list(page.object_list)
        before = [*rows[1:], *history.saved(tip)[page.end_index() : page.end_index() + 1]]
        rows = [
            {
                "version": version,
                "who": history.who(version),
                "summary": history.summary(before[place] if place < len(before) else None, version),
                "before": before[place] if place < len(before) else None,
            }
            for place, version in enumerate(rows)
        ]
        log = LogEntry.objects.filter(
            object_id=str(tip.pk), content_type=ContentType.objects.get_for_model(tip)
        ).select_related("user")
        return self._page(
            request,
            tip,
            "history",
            f"History: {tip}",
            rows=rows,
            page=page,
            newest=tip.versions.newest_id(),
            may_revert=workflow.may_change(request.user, tip),
            log=log.order_by("-action_time", "-pk")[:MOST_LINES],
        )

    def compare_view(self, request, pk):
        """Show the difference between two versions; without a second one, the one before it."""
        tip = self.own(request, pk)
        old, new = (self._version(tip, request.GET.get(name)) for name in ("old", "new"))
        if new is None:
            raise Http404("There is no such version.")
        if old is None:
            old = history.saved(tip).filter(pk__lt=new.pk).first() or new
        if old.pk > new.pk:
            old, new = new, old
        return self._page(
            request,
            tip,
            "compare",
            f"What changed: {tip}",
            old=old,
            new=new,
            who_old=history.who(old),
            who_new=history.who(new),
            parts=history.diff(old, new),
            may_revert=workflow.may_change(request.user, tip),
            newest=tip.versions.newest_id(),
        )

    def revert_view(self, request, pk, number):
        """Show what bringing a version back would change, and do it on POST."""
        tip = self.own(request, pk)
        version, newest = self._version(tip, number), history.saved(tip).first()
        if version is None:
            raise Http404("There is no such version.")
        if not workflow.may_change(request.user, tip):
            raise NotPermitted(f"You may not change “{tip}”.")
        if request.method == "POST":
            return self._revert(request, tip, version)
        return self._page(
            request,
            tip,
            "revert",
            f"Bring back an earlier text: {tip}",
            version=version,
            who=history.who(version),
            parts=history.diff(newest, version),
            newest=newest.pk,
        )

    def _revert(self, request, tip, version):
        seen = request.POST.get("seen", "")
        try:
            said = history.revert(tip, version, by=request.user, seen=int(seen) if seen.isdecimal() else None)
        except NotPermitted:
            raise
        except Refused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return HttpResponseRedirect(reverse("admin:tips_tip_revert", args=[tip.pk, version.pk]))
        self.message_user(request, said, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:tips_tip_change", args=[tip.pk]))

    def _version(self, tip, number):
        number = str(number or "")
        if not (number.isdecimal() and len(number) < 19):
            return None
        return history.saved(tip).filter(pk=int(number)).first()

    def _page(self, request, tip, name, title, **context):
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": tip,
            "title": title,
            "media": self.media,
            **context,
        }
        return TemplateResponse(request, f"admin/tips/tip/{name}.html", context)
