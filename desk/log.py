"""The admin's log: who did what, and when. An entry has a code for the program, and a sentence for people."""

from collections.abc import Iterable

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, QuerySet, TextChoices
from django.utils.text import capfirst

from desk.models import LogCode
from desk.names import named


def log(by: User, subject: Model | type[Model], code: TextChoices, sentence: str, flag: int = CHANGE) -> str:
    """Note in the log what ``by`` did to ``subject``, and return the sentence.

    A model in place of an object stands for all of its rows. ``flag`` is one of Django's ``ADDITION``,
    ``CHANGE`` and ``DELETION``.
    """
    log_each(by, code, [(subject, sentence)], flag)
    return sentence


def log_each(
    by: User, code: TextChoices, sentences: Iterable[tuple[Model | type[Model], str]], flag: int = CHANGE
) -> None:
    """Note one thing that ``by`` did to several subjects, each with its own sentence, in two statements."""
    entries = LogEntry.objects.bulk_create(
        LogEntry(
            user_id=by.pk,
            content_type=ContentType.objects.get_for_model(subject),
            object_id=None if isinstance(subject, type) else str(subject.pk),
            object_repr=_name(subject)[:200],
            action_flag=flag,
            change_message=sentence,
        )
        for subject, sentence in sentences
    )
    LogCode.objects.bulk_create(LogCode(entry=entry, code=code) for entry in entries)


def entries_about(*subjects: Model) -> QuerySet[LogEntry]:
    """Return the log's entries about objects of one model, with who did it, the newest first."""
    if not subjects:
        return LogEntry.objects.none()
    entries = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(subjects[0]),
        object_id__in=[str(subject.pk) for subject in subjects],
    )
    return entries.select_related("user").order_by("-action_time", "-pk")


def _name(subject: Model | type[Model]) -> str:
    return str(capfirst(subject._meta.verbose_name_plural)) if isinstance(subject, type) else named(subject)
