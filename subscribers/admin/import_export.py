"""Lists of addresses in and out."""

import tempfile
from datetime import time

from django import forms
from django.contrib import messages
from django.contrib.admin.widgets import AdminTextInputWidget
from django.contrib.auth.models import User
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from desk import names
from desk.log import log
from desk.pages import StaffRequest, page, require
from subscribers import tasks
from subscribers.admin.filters import StateFilter
from subscribers.exchange import exports, upload_jobs
from subscribers.exchange.store import LONGEST_SOURCE
from subscribers.models import Subscriber, SubscriberAction
from tips import dates

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class UploadForm(forms.Form):
    """A list of addresses, and where these people agreed to get mail."""

    file = forms.FileField(
        label="List",
        help_text="CSV or XLSX, as exported by this site, by Mailchimp, Constant Contact, Brevo, HubSpot,"
        " MailPoet, Ghost, Kit and others, or plain addresses. Keep the file’s own name: it may tell the"
        " state of everybody in it.",
        error_messages={"required": "Choose a file."},
    )
    source = forms.CharField(
        label="Source of consent",
        max_length=LONGEST_SOURCE,
        widget=AdminTextInputWidget({"autocomplete": "off"}),
        help_text="Where and how these people agreed to get mail, such as “the sign-up form of our old blog,"
        " until May 2026”. It becomes part of each one’s record.",
        error_messages={"required": "Say where these people agreed to get mail."},
    )

    def clean_file(self) -> UploadedFile:
        file = self.cleaned_data["file"]
        if file.size > upload_jobs.LARGEST:
            most = upload_jobs.LARGEST // 1_000_000
            raise forms.ValidationError(
                f"The file is larger than {most} MB. Split it, or use the command import_subscribers."
            )
        return file

    def clean_source(self) -> str:
        return " ".join(self.cleaned_data["source"].split())


# So many past imports are listed.
MOST_PAST = 50
IMPORT, EXPORT = "subscribers.import_subscriber", "subscribers.export_subscriber"


# --- In -----------------------------------------------------------------------------------------------


def upload_view(request: StaffRequest) -> HttpResponse:
    """Ask for a list; keep it on POST, and have it looked at."""
    require(request, IMPORT)
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        upload = upload_jobs.keep(form.cleaned_data["file"], form.cleaned_data["source"], request.user)
        return _set_to_work(request, upload)
    past = [(upload, *_past(upload)) for upload in upload_jobs.past(MOST_PAST)]
    return _page(request, "import", "Import a list", form=form, past=past)


def _past(upload: upload_jobs.Upload) -> tuple[str, str]:
    """Return by whom a list was uploaded, and what became of it, in words."""
    what = upload.error or (upload_jobs.in_numbers(upload.report) if upload.report else "")
    return names.person(User.objects.filter(pk=upload.by).first()), what


def import_view(request: StaffRequest, name: str) -> HttpResponseBase:
    """Show what a list would do, or did; on POST import it, or throw it away."""
    require(request, IMPORT)
    upload = upload_jobs.find(name)
    if upload is None:
        raise Http404("There is no such list.")
    if request.method == "POST":
        return _decide(request, upload)
    report = upload.report
    if "rows" in request.GET and report:
        try:
            file = upload.open("csv")
        except FileNotFoundError:
            raise Http404("What became of each row is no longer kept.") from None
        return FileResponse(file, as_attachment=True, filename="rows.csv", content_type=CSV)
    numbers = upload_jobs.in_numbers(report) if report else ""
    more = report.get("refused", 0) - len(report.get("first_refused", []))
    context = {"upload": upload, "numbers": numbers, "more_refused": more}
    response = _page(request, "import_list", "Import a list", **context)
    if upload.is_at_work:
        response["Refresh"] = "3"
    return response


def _decide(request: StaffRequest, upload: upload_jobs.Upload) -> HttpResponse:
    if request.POST.get("do") != "discard":
        return _set_to_work(request, upload) if upload_jobs.begin(upload) else _to(upload)
    if upload.is_at_work:
        messages.warning(request, "It is at work: wait for its end.")
        return _to(upload)
    upload_jobs.discard(upload)
    messages.info(request, "The list was deleted here. Nothing more is done with it.")
    return redirect("admin:subscribers_import")


def _set_to_work(request: StaffRequest, upload: upload_jobs.Upload) -> HttpResponse:
    if not tasks.nudge_upload(upload.name):
        words = "The worker could not be told. It looks for lists by itself, and begins within half an hour."
        messages.warning(request, words)
    return _to(upload)


def _to(upload: upload_jobs.Upload) -> HttpResponse:
    return redirect("admin:subscribers_import_list", upload.name)


# --- Out ----------------------------------------------------------------------------------------------


class ExportForm(forms.Form):
    """Who is to be exported: everybody, unless something is chosen."""

    state = forms.ChoiceField(
        choices=[("", "Everybody"), *((name, label) for name, (label, _) in StateFilter.options.items())],
        required=False,
    )
    since = forms.DateField(
        label="Joined since", required=False, widget=forms.DateInput({"type": "date"}), help_text="A day."
    )
    source = forms.ChoiceField(choices=[("", "Any"), *Subscriber.Source.choices], required=False)

    def people(self) -> QuerySet[Subscriber]:
        """Return whom the form chooses."""
        chosen = self.cleaned_data
        people: QuerySet[Subscriber] = Subscriber.objects.all()
        if chosen["state"]:
            people = StateFilter.options[chosen["state"]][1](people)
        if chosen["since"]:
            people = people.filter(joined_at__gte=dates.moment(chosen["since"], time()))
        return people.filter(source=chosen["source"]) if chosen["source"] else people

    def in_words(self) -> str:
        """Return what narrows the export, for the log; empty for nothing."""
        chosen = self.cleaned_data
        parts = [
            f"state: {StateFilter.options[chosen['state']][0]}" if chosen["state"] else "",
            f"joined since {dates.dated(chosen['since'])}" if chosen["since"] else "",
            f"source: {Subscriber.Source(chosen['source']).label}" if chosen["source"] else "",
        ]
        return "; ".join(filter(None, parts))


def export_view(request: StaffRequest) -> HttpResponseBase:
    """Say what an export holds, and ask whom; on POST hand it out, and note that in the log."""
    require(request, EXPORT)
    form, kind = ExportForm(request.POST or None), request.POST.get("kind")
    if request.method != "POST" or kind not in ("csv", "xlsx") or not form.is_valid():
        return _page(request, "export", "Export subscribers", count=Subscriber.objects.count(), form=form)
    people, narrowed = form.people(), form.in_words()
    # First the log: what is handed out and not logged is worse than the other way round.
    sentence = f"Exported {people.count()} subscribers as {kind.upper()}"
    log(
        request.user,
        Subscriber,
        SubscriberAction.EXPORTED,
        f"{sentence}{f' ({narrowed})' if narrowed else ''}.",
    )
    disposition = f'attachment; filename="subscribers-{timezone.localdate():%Y-%m-%d}.{kind}"'
    headers = {"Content-Disposition": disposition, "Cache-Control": "no-store"}
    if kind == "csv":
        return StreamingHttpResponse(exports.csv_lines(people), content_type=CSV, headers=headers)
    file = tempfile.TemporaryFile()  # noqa: SIM115  closed with the response
    exports.write_xlsx(file, people)
    file.seek(0)
    return FileResponse(file, content_type=XLSX, headers=headers)


def _page(request: StaffRequest, template: str, title: str, **context: object) -> TemplateResponse:
    return page(request, f"subscribers/{template}", title, opts=Subscriber._meta, **context)
