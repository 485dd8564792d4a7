"""Lists of addresses in and out of the desk."""

import logging
import tempfile

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpResponseRedirect, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone

from desk.log import log
from subscribers import tasks
from subscribers.exchange import exports, upload_jobs
from subscribers.exchange.store import LONGEST_SOURCE
from subscribers.models import Subscriber, SubscriberAction

logger = logging.getLogger(__name__)

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class UploadForm(forms.Form):
    """A list of addresses, and where these people agreed to get mail."""

    file = forms.FileField(
        label="List",
        help_text="CSV or XLSX, as exported by Mailchimp, Substack, MailPoet, Ghost or this site, or plain"
        " addresses. Keep the file’s own name: it may tell the state of everybody in it.",
        error_messages={"required": "Choose a file."},
    )
    source = forms.CharField(
        label="Source of consent",
        max_length=LONGEST_SOURCE,
        widget=forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"}),
        help_text="Where and how these people agreed to get mail, such as “the sign-up form of our old blog,"
        " until May 2026”. It becomes part of each one’s record.",
        error_messages={"required": "Say where these people agreed to get mail."},
    )

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > upload_jobs.LARGEST:
            most = upload_jobs.LARGEST // 1_000_000
            raise forms.ValidationError(
                f"The file is larger than {most} MB: split it, or use the command import_subscribers."
            )
        return file

    def clean_source(self):
        return " ".join(self.cleaned_data["source"].split())


class ExchangeMixin:
    """For the admin of subscribers: pages to upload a list, to see what it would do, and to take one away."""

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("import/", view(self.upload_view), name="subscribers_import"),
            path("import/<str:name>/", view(self.import_view), name="subscribers_import_list"),
            path("export/", view(self.export_view), name="subscribers_export"),
            *super().get_urls(),
        ]

    def changelist_view(self, request, extra_context=None):
        pages = [
            ("Import a list", "subscribers.import_subscriber", "admin:subscribers_import"),
            ("Export", "subscribers.export_subscriber", "admin:subscribers_export"),
        ]
        exchange = [(label, reverse(url)) for label, right, url in pages if request.user.has_perm(right)]
        return super().changelist_view(request, {"exchange": exchange, **(extra_context or {})})

    def upload_view(self, request):
        """Ask for a list; keep it on POST, and have it looked at."""
        self._must_have(request, "subscribers.import_subscriber")
        form = UploadForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            upload = upload_jobs.keep(form.cleaned_data["file"], form.cleaned_data["source"], request.user)
            return self._set_to_work(request, upload)
        return self._page(request, "import", "Import a list", form=form)

    def import_view(self, request, name):
        """Show what a list would do, or did; on POST import it, or throw it away."""
        self._must_have(request, "subscribers.import_subscriber")
        upload = upload_jobs.find(name)
        if upload is None:
            raise Http404("There is no such list.")
        if request.method == "POST":
            return self._decided(request, upload)
        if "rows" in request.GET and upload.report:
            return self._rows(upload)
        report = upload.report
        context = {
            "upload": upload,
            "numbers": upload_jobs.in_numbers(report) if report else "",
            "more_refused": report.get("refused", 0) - len(report.get("first_refused", [])),
        }
        response = self._page(request, "import_list", "Import a list", **context)
        if upload.is_at_work:
            response["Refresh"] = "3"
        return response

    def _rows(self, upload):
        try:
            file = upload.outcomes.open("rb")
        except FileNotFoundError:
            raise Http404("What became of each row is no longer kept.") from None
        return FileResponse(
            file, as_attachment=True, filename="rows.csv", content_type="text/csv; charset=utf-8"
        )

    def _decided(self, request, upload):
        if request.POST.get("do") == "discard":
            if upload.is_at_work:
                self.message_user(request, "It is at work: wait for its end.", messages.WARNING)
                return self._to(upload)
            upload_jobs.discard(upload)
            self.message_user(request, "The list was deleted here. Nothing more is done with it.")
            return HttpResponseRedirect(reverse("admin:subscribers_import"))
        return self._set_to_work(request, upload) if upload_jobs.begin(upload) else self._to(upload)

    def _set_to_work(self, request, upload):
        try:
            tasks.work_on_upload.enqueue(upload.name)
        except Exception as error:
            logger.error("Upload %s cannot be worked on (%s).", upload.name, type(error).__name__)
            upload_jobs.discard(upload)
            self.message_user(request, "No background task can be asked for now. Try later.", messages.ERROR)
            return HttpResponseRedirect(reverse("admin:subscribers_import"))
        return self._to(upload)

    def export_view(self, request):
        """Say what an export holds; on POST hand it out, and leave a line in the log."""
        self._must_have(request, "subscribers.export_subscriber")
        count = Subscriber.objects.count()
        kind = request.POST.get("kind")
        if request.method != "POST" or kind not in ("csv", "xlsx"):
            return self._page(request, "export", "Export subscribers", count=count)
        # First the log: what is handed out and not logged is worse than the other way round.
        sentence = f"Exported {count} subscribers as {kind.upper()}."
        log(request.user, Subscriber, SubscriberAction.EXPORTED, sentence)
        name = f"subscribers-{timezone.localdate():%Y-%m-%d}.{kind}"
        if kind == "csv":
            response = StreamingHttpResponse(exports.csv_lines(), content_type="text/csv; charset=utf-8")
            response["Content-Disposition"] = f'attachment; filename="{name}"'
        else:
            file = tempfile.TemporaryFile()  # noqa: SIM115  closed with the response
            exports.write_xlsx(file)
            file.seek(0)
            response = FileResponse(file, as_attachment=True, filename=name, content_type=XLSX)
        response["Cache-Control"] = "no-store"
        return response

    def _must_have(self, request, right):
        if not request.user.has_perm(right):
            raise PermissionDenied

    def _page(self, request, template, title, **context):
        context |= {**self.admin_site.each_context(request), "opts": self.opts, "title": title}
        return TemplateResponse(request, f"admin/subscribers/{template}.html", context)

    @staticmethod
    def _to(upload):
        return HttpResponseRedirect(reverse("admin:subscribers_import_list", args=[upload.name]))
