"""Mailings in the admin: the list, the page of each with its progress, its mail, and the numbers by week."""

from collections.abc import Callable
from datetime import datetime
from operator import attrgetter

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from desk.admin_site import scriptless
from desk.lists import FilledList, LongList
from desk.log import entries_about
from desk.pages import Context, badge, number_in, require
from subscribers.admin import deliveries, mailing_verbs
from subscribers.admin.pages import mailing_or_404, mailing_page, weeks_asked_for
from subscribers.mailings import charts, statistics, status, waiting
from subscribers.mailings import preview as mail_preview
from subscribers.models import Mailing
from subscribers.tipmail import rendering
from tips import dates
from tips.publishing import preview

SEE = "subscribers.view_mailing"
MOST_ENTRIES = 100
WEEKS = (26, 52)
MOVING = (Mailing.State.PREPARED, Mailing.State.BUILDING, Mailing.State.SENDING)


class MailingList(FilledList):
    def fill(self, rows: list[Mailing]) -> None:
        now, figures = timezone.now(), statistics.of(rows)
        for mailing in rows:
            vars(mailing).update(figures=figures[mailing.pk], status=status.describe(mailing, now))


def _described(mailing: Mailing, now: datetime) -> status.Status:
    waits_for = waiting.waits_for(mailing, now)
    return status.describe(mailing, now, held=mailing.held_count, waits_for=waits_for)


def _counted(name: str, description: str) -> Callable[..., object]:
    @admin.display(description=description)
    def counted(self: admin.ModelAdmin, mailing: Mailing) -> object:
        return attrgetter("figures")(mailing)[name] if mailing.started_at else "–"

    return counted


@admin.register(Mailing)
class MailingAdmin(mailing_verbs.MailingVerbsMixin, LongList):
    """The list of mailings, and the page of each."""

    list_display = ["subject_line", "standing", "kind", "begins", "sent", "refused", "complaints", "left"]
    list_display_links = ["subject_line"]
    list_filter = ["state", "kind"]
    list_select_related = ["tip"]
    list_per_page = 20
    sortable_by = []

    sent = _counted("sent", "sent")
    refused = _counted("refused", "refused")
    complaints = _counted("complaints", "complaints")
    left = _counted("left", "left after it")

    def get_urls(self) -> list[URLPattern]:
        view, mail = self.admin_site.admin_view, scriptless(self.admin_site, self.mail_view)
        return [
            path("numbers/", view(self.numbers_view), name="subscribers_mailing_numbers"),
            path("of-tip/<int:pk>/", view(self.of_tip_view), name="subscribers_mailing_of_tip"),
            path("<int:pk>/progress/", view(self.progress_view), name="subscribers_mailing_progress"),
            path("<int:pk>/mail/", mail, name="subscribers_mailing_mail"),
            path("<int:pk>/ledger/", view(deliveries.ledger_view), name="subscribers_mailing_ledger"),
            path("<int:pk>/ledger/find/", view(deliveries.find_view), name="subscribers_mailing_find"),
            path(
                "<int:pk>/ledger/<int:row>/",
                view(deliveries.delivery_view),
                name="subscribers_mailing_delivery",
            ),
            path("test/<int:pk>/", view(mailing_verbs.send_test_view), name="subscribers_mailing_send_test"),
            *super().get_urls(),
        ]

    # --- The list -------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Mailing]:
        return super().get_queryset(request).defer("text", "html")

    def get_changelist(self, request: HttpRequest, **kwargs: object) -> type[ChangeList]:
        return MailingList

    @admin.display(description="tip")
    def subject_line(self, mailing: Mailing) -> str:
        return str(mailing.tip)

    @admin.display(description="state")
    def standing(self, mailing: Mailing) -> SafeString:
        return badge(*attrgetter("status.colour", "status.word")(mailing))

    @admin.display(description="begins")
    def begins(self, mailing: Mailing) -> SafeString:
        at = mailing.started_at or mailing.starts_at
        return format_html('<span class="moment">{}</span>', dates.short(at))

    # --- The page -------------------------------------------------------------------------------------

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Context | None = None
    ) -> HttpResponse:
        """Show a mailing: how it stands, how far it is, and what can be done."""
        require(request, SEE)
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        mailing, now = mailing_or_404(number_in(object_id)), timezone.now()
        described = _described(mailing, now)
        context: Context = {"mailing": mailing, "original": mailing, "is_moving": mailing.state in MOVING}
        context |= {"status": described, "ahead": status.audience_ahead(mailing)}
        entries = list(entries_about(mailing)[: MOST_ENTRIES + 1])
        context |= {"entries": entries[:MOST_ENTRIES], "has_more_entries": len(entries) > MOST_ENTRIES}
        context["verbs"] = self.available_verbs(request, mailing)
        context["corrections"] = mailing.corrections.defer("text", "html")
        if mailing.started_at:
            progress, figures = status.progress(mailing, now), statistics.of([mailing])[mailing.pk]
            context |= {"progress": progress, "figures": figures}
        return mailing_page(request, "mailing", "Correction" if mailing.corrects_id else "Mailing", **context)

    def of_tip_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Lead to the newest mailing of a tip, or to the list where the tip has none."""
        require(request, SEE)
        newest = Mailing.objects.filter(tip=pk).order_by("-pk").values_list("pk", flat=True).first()
        if newest is None:
            messages.info(request, "This tip has no mailing: none is prepared yet, or none is meant.")
            return redirect("admin:subscribers_mailing_changelist")
        return redirect("admin:subscribers_mailing_change", newest)

    def progress_view(self, request: HttpRequest, pk: int) -> JsonResponse:
        """Tell how far a mailing is, for its page to show; names nobody."""
        require(request, SEE)
        mailing, now = mailing_or_404(pk), timezone.now()
        progress = status.progress(mailing, now)
        described = _described(mailing, now)
        counts = {name: number for name, _, number in progress.counts}
        values = {"percent": progress.percent, "left": progress.time_left, "counts": counts}
        # Where the state differs, so does what can be done: the page is asked for anew.
        values |= {"state": f"{mailing.state} {bool(mailing.held_count)}"}
        return JsonResponse(values | {"sentence": described.sentence, "word": described.word})

    def mail_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the mail: as it was frozen, or as it would be frozen now."""
        require(request, SEE)
        mailing = get_object_or_404(Mailing.objects.select_related("tip"), pk=pk)
        if mailing.html:
            frozen = rendering.Frozen(mailing.subject, mailing.text, mailing.html)
        else:
            frozen = rendering.render_mailing(mailing)
        return preview.never_cached(mail_preview.show(request, frozen))

    # --- The numbers ----------------------------------------------------------------------------------

    def numbers_view(self, request: HttpRequest) -> HttpResponse:
        """Show what was sent and what came of it, by week, as drawings and as a table."""
        require(request, SEE)
        count = weeks_asked_for(request, WEEKS)
        weeks = statistics.weeks(count)
        context = {"weeks": weeks[::-1], "count": count, "spans": WEEKS, "charts": [*charts.mailings(weeks)]}
        return mailing_page(request, "numbers", "Mailings by week", **context)
