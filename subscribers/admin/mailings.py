"""Mailings in the desk: the list, the page of each with its progress, its mail, and the numbers by week."""

from django.contrib import admin
from django.contrib.admin import AdminSite
from django.contrib.admin.models import LogEntry
from django.contrib.admin.views.main import ChangeList
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.http import Http404, JsonResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html

from desk.lists import ReadOnly
from subscribers.admin import deliveries, mailing_verbs, send_test
from subscribers.mailings import charts, control, statistics, status
from subscribers.mailings import preview as mail_preview
from subscribers.models import Mailing
from subscribers.tipmail import writing
from tips.publishing import preview

PER_PAGE = 20
MOST_LINES = 20
SPANS = (26, 52)
MOVING = (Mailing.State.PREPARED, Mailing.State.BUILDING, Mailing.State.SENDING)


class MailingList(ChangeList):
    """The list asks for the numbers of its page's mailings at once."""

    def get_results(self, request):
        super().get_results(request)
        self.result_list = list(self.result_list)
        now, found = timezone.now(), statistics.of(self.result_list)
        for row in self.result_list:
            row.figures, row.status = found[row.pk], status.describe(row, now)


def _counted(name, description):
    @admin.display(description=description)
    def counted(self, mailing):
        return getattr(mailing.figures, name) if mailing.started_at else "–"

    return counted


@admin.register(Mailing)
class MailingAdmin(
    deliveries.LedgerMixin, send_test.TrialMixin, mailing_verbs.MailingVerbsMixin, ReadOnly, admin.ModelAdmin
):
    """The list of mailings, and the page of each."""

    change_list_template = "admin/subscribers/mailing/change_list.html"
    list_display = ["subject_line", "standing", "kind", "begins", "sent", "refused", "complaints", "left"]
    list_display_links = ["subject_line"]
    list_filter = ["state", "kind"]
    list_select_related = ["tip"]
    list_per_page = PER_PAGE
    sortable_by = []
    ordering = ["-id"]
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = None

    sent = _counted("sent", "sent")
    refused = _counted("refused", "refused")
    complaints = _counted("complaints", "complaints")
    left = _counted("left", "left after it")

    def get_urls(self):
        view = self.admin_site.admin_view

        def as_readers(view):
            # Under the policy of readers' pages, which lets no script run; the desk's own would.
            return AdminSite.admin_view(self.admin_site, view)

        return [
            path("numbers/", view(self.numbers_view), name="subscribers_mailing_numbers"),
            path("<int:pk>/progress/", view(self.progress_view), name="subscribers_mailing_progress"),
            path("<int:pk>/mail/", as_readers(self.mail_view), name="subscribers_mailing_mail"),
            *super().get_urls(),
        ]

    # --- The list -------------------------------------------------------------------------------------

    def get_queryset(self, request):
        return super().get_queryset(request).defer("text", "html")

    def get_changelist(self, request, **kwargs):
        return MailingList

    def changelist_view(self, request, extra_context=None):
        return super().changelist_view(request, {"title": "Mailings", **(extra_context or {})})

    @admin.display(description="tip")
    def subject_line(self, mailing):
        return str(mailing.tip)

    @admin.display(description="state")
    def standing(self, mailing):
        described = mailing.status
        return format_html('<span class="state state-{}">{}</span>', described.colour, described.word)

    @admin.display(description="begins")
    def begins(self, mailing):
        at = timezone.localtime(mailing.started_at or mailing.starts_at)
        return format_html('<span class="moment">{}</span>', date_format(at, "D j M Y, H:i"))

    # --- The page -------------------------------------------------------------------------------------

    def found(self, pk):
        """Return a mailing with its tip, and in ``held`` how many of its deliveries wait for a person."""
        mailing = Mailing.objects.select_related("tip", "corrects", "by").filter(pk=pk)
        mailing = mailing.defer("text", "html", "corrects__text", "corrects__html").first()
        if mailing is None:
            raise Http404("There is no such mailing.")
        mailing.held = mailing.deliveries.held().count() if mailing.started_at else 0
        return mailing

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """Show a mailing: how it stands, how far it is, and what can be done."""
        if not self.has_view_permission(request) or request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        if not (object_id.isdecimal() and len(object_id) < 19):
            raise Http404("There is no such mailing.")
        mailing, now = self.found(int(object_id)), timezone.now()
        lines = LogEntry.objects.filter(
            content_type=ContentType.objects.get_for_model(Mailing), object_id=str(mailing.pk)
        )
        context = {
            "mailing": mailing,
            "now": now,
            "status": status.describe(mailing, now, held=mailing.held),
            "ahead": status.audience_ahead(mailing),
            "progress": None,
            "is_moving": mailing.state in MOVING,
            "verbs": mailing_verbs.offered(request.user, mailing),
            "lines": lines.select_related("user").order_by("-action_time", "-pk")[:MOST_LINES],
            "corrections": mailing.corrections.defer("text", "html"),
            "may_see_rows": request.user.has_perm(deliveries.SEE_ROWS),
        }
        if mailing.started_at:
            progress = control.progress(mailing, now)
            context |= {
                "progress": progress,
                "counts": status.counts(progress),
                "time_left": status.time_left(progress.left),
                "figures": statistics.of([mailing])[mailing.pk],
            }
        return self.page(request, "mailing", "Correction" if mailing.corrects_id else "Mailing", **context)

    def progress_view(self, request, pk):
        """Tell how far a mailing is, for its page to show; names nobody."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        mailing, now = self.found(pk), timezone.now()
        progress = control.progress(mailing, now)
        described = status.describe(mailing, now, held=mailing.held)
        return JsonResponse(
            {
                # Where this differs, so does what can be done: the page is asked for anew.
                "state": f"{mailing.state} {bool(mailing.held)}",
                "sentence": described.sentence,
                "word": described.word,
                "percent": progress.percent,
                "left": status.time_left(progress.left),
                "counts": {name: number for name, _, number in status.counts(progress)},
            }
        )

    def mail_view(self, request, pk):
        """Show the mail: as it was frozen, or as it would be frozen now."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        mailing = Mailing.objects.select_related("tip").filter(pk=pk).first()
        if mailing is None:
            raise Http404("There is no such mailing.")
        if mailing.html:
            frozen = writing.Frozen(mailing.subject, mailing.text, mailing.html)
        else:
            frozen = writing.render(mailing.tip, mailing.kind, mailing.note)
        return preview.never_cached(mail_preview.show(request, frozen))

    # --- The numbers ----------------------------------------------------------------------------------

    def numbers_view(self, request):
        """Show what was sent and what came of it, by week, as drawings and as a table."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        count = next((each for each in SPANS if str(each) == request.GET.get("weeks")), SPANS[0])
        weeks = statistics.weeks(count)
        context = {
            "charts": charts.mailings(weeks),
            "weeks": weeks[::-1],
            "count": count,
            "spans": SPANS,
            "list": reverse("admin:subscribers_mailing_changelist"),
        }
        return self.page(request, "numbers", "Mailings by week", **context)
