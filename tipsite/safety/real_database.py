"""The page on which a Publisher says that a restored database is the real one."""

import tempfile
from datetime import datetime

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone

from desk.errors import Refused
from desk.files import UnusableFileError
from desk.pages import Context, page, require, staff_of
from subscribers.delivery import scheduling
from subscribers.exchange import leavers, upload_jobs
from subscribers.exchange.records import Outcome
from subscribers.recovery import declaration, doubts, guard
from tips.models import Tip

DROP, SEND = "drop", "send"


class RealForm(forms.Form):
    """What has to be said first: who left since the journal's last line, and what becomes of the letters."""

    leavers = forms.FileField(
        label="A list of who left since",
        required=False,
        help_text="CSV, XLSX, or one address on each line: your own list, or the suppressions (unsubscribed,"
        " bounced, complained) that your mail service lets you download. Everybody on it who is not said to"
        " be subscribed is taken off the list here.",
    )
    has_none = forms.BooleanField(label="I have none", required=False)
    letters = forms.ChoiceField(
        label="Waiting mails to one person each",
        choices=[(DROP, "Drop them"), (SEND, "Send them")],
        initial=DROP,
        required=False,
        widget=forms.RadioSelect,
    )

    def clean_leavers(self) -> UploadedFile | None:
        file: UploadedFile | None = self.cleaned_data["leavers"]
        if file and file.size and file.size > upload_jobs.LARGEST:
            raise forms.ValidationError("The file is too large for this page. Split it.")
        return file

    def clean(self) -> None:
        file, has_none = self.cleaned_data.get("leavers"), self.cleaned_data.get("has_none")
        if file and has_none:
            self.add_error("has_none", "You have given a list. Take the tick away, or the list.")
        elif not (file or has_none or self.errors):
            self.add_error("has_none", "Give a list of who left since, or say that you have none.")


def real(request: HttpRequest) -> HttpResponseBase:
    """Say what follows when this is called the real database; on POST, do it."""
    require(request, guard.PERMISSION)
    if (survey := doubts.survey()) is None:
        messages.info(request, declaration.OPEN)
        return redirect("admin:safe")
    form = RealForm(request.POST, request.FILES) if request.method == "POST" else RealForm()
    if form.is_valid():
        try:
            taken_off = _take_off(form.cleaned_data["leavers"])
            send_letters = form.cleaned_data["letters"] == SEND
            sentence = declaration.declare_live(by=staff_of(request), send_letters=send_letters)
        except (leavers.LeaversError, UnusableFileError) as error:
            form.add_error("leavers", str(error))
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect("admin:safe")
        else:
            messages.success(request, f"{taken_off} {sentence}".strip())
            return redirect("admin:safe")
    context = {"survey": survey, "form": form, **_tips(survey, timezone.now())}
    status = 422 if form.errors else 200
    return page(request, "safety/real", "This is the real one", status, **context)


def _take_off(file: UploadedFile | None) -> str:
    """Take those off the list who stand in a file; return a sentence on how many, or "" without a file."""
    if file is None:
        return ""
    with tempfile.NamedTemporaryFile() as copy:
        for chunk in file.chunks():
            copy.write(chunk)
        copy.flush()
        report = leavers.take_off(copy.name, file.name or "")
    changed, suppressed = report.outcomes[Outcome.CHANGED], report.outcomes[Outcome.SUPPRESSED]
    return f"From your list: {changed} taken off, {suppressed} others suppressed."


def _tips(survey: doubts.Survey, now: datetime) -> Context:
    """Return the tips that may have been mailed since the backup, and how many are to come."""
    not_begun = Q(mailings__in=doubts.not_begun(now)) | Q(pk__in=scheduling.without_mailing(now))
    live = Tip.objects.published_dated(now).filter(not_begun, for_mail=True)
    to_come = Tip.objects.filter(publish_at__gt=now, state="approved", for_mail=True)
    return {
        "tips": live.exclude(pk__in=survey.mailed_tips).distinct().newest_first().defer("body"),
        "to_come": to_come.count(),
    }
