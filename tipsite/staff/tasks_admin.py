"""The admin's list of background tasks, for whoever looks into why one failed."""

from typing import ClassVar

from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django_tasks_db.models import DBTaskResult

from desk.lists import LongList
from desk.pages import Context, badge
from tips import dates


class TasksAdmin(LongList):
    """What the worker was asked to do; nobody types anything over."""

    list_display = ["name", "standing", "asked", "ended"]
    ordering = ["-enqueued_at"]
    _STANDINGS: ClassVar[dict[str, tuple[str, str]]] = {
        "READY": ("to-come", "Waits"),
        "RUNNING": ("in-review", "At work"),
        "SUCCESSFUL": ("public", "Done"),
        "FAILED": ("withdrawn", "Failed"),
    }

    def changelist_view(self, request: HttpRequest, extra_context: Context | None = None) -> HttpResponse:
        if settings.RQ_QUEUES:
            words = "Redis carries background tasks now, as TASKS says: here are those of before. What failed"
            messages.info(request, f"{words} stands in the worker's log, and how many wait in /metrics.")
        return super().changelist_view(request, extra_context)

    def get_readonly_fields(self, request: HttpRequest, obj: DBTaskResult | None = None) -> list[str]:
        return ["name", "standing", "asked", "began", "ended", "error"]

    @admin.display(description="task")
    def name(self, task: DBTaskResult) -> str:
        return task.task_path.rpartition(".")[2].replace("_", " ")

    @admin.display(description="state", ordering="status")
    def standing(self, task: DBTaskResult) -> SafeString:
        return badge(*self._STANDINGS.get(str(task.status), ("draft", str(task.status))))

    @admin.display(description="asked for", ordering="enqueued_at")
    def asked(self, task: DBTaskResult) -> str:
        return dates.exact(task.enqueued_at)

    @admin.display(description="begun")
    def began(self, task: DBTaskResult) -> str:
        return dates.exact(task.started_at) if task.started_at else "not yet"

    @admin.display(description="ended", ordering="finished_at")
    def ended(self, task: DBTaskResult) -> str:
        return dates.exact(task.finished_at) if task.finished_at else "not yet"

    @admin.display(description="what went wrong")
    def error(self, task: DBTaskResult) -> str:
        return format_html("<pre>{}</pre>", task.traceback) if task.traceback else "nothing"
