"""The house's standing notices in the admin."""

from django.contrib import admin
from django.utils import timezone
from django.utils.safestring import SafeString

from desk.concurrent_forms import ConcurrentForm
from desk.forms import SavedAtOnce
from desk.lists import PagedList
from desk.pages import badge
from tips import dates
from tips.models import StandingNotice


class NoticeForm(ConcurrentForm):
    class Meta:
        model = StandingNotice
        fields = ["sort", "text", "link", "starts_at", "ends_at", "on_pages", "in_mail", "in_feed", "weight"]


@admin.register(StandingNotice)
class StandingNoticeAdmin(SavedAtOnce, PagedList):
    """The list and the form of the notices."""

    form = NoticeForm
    list_display = ["text", "sort", "standing", "places", "weight"]

    @admin.display(description="state")
    def standing(self, notice: StandingNotice) -> SafeString:
        now = timezone.now()
        if notice.starts_at > now:
            return badge("to-come", f"From {dates.short(notice.starts_at)}")
        if notice.ends_at and notice.ends_at <= now:
            return badge("withdrawn", f"Ended {dates.short(notice.ends_at)}")
        return badge("public", f"Until {dates.short(notice.ends_at)}" if notice.ends_at else "Holds")

    @admin.display(description="where")
    def places(self, notice: StandingNotice) -> str:
        places = {"site": notice.on_pages, "mail": notice.in_mail, "feeds": notice.in_feed}
        return ", ".join(place for place, is_there in places.items() if is_there) or "nowhere"
