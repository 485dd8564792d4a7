"""What somebody typed, what was sent for it, and the receipts of erasures: to look at."""

from django.contrib import admin
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from desk.lists import LongList
from subscribers.admin import filters
from subscribers.admin.private_search import PrivateSearch
from subscribers.models import Erasure, LinkRequest, ServiceMail
from subscribers.people import erasure


@admin.register(LinkRequest)
class LinkRequestAdmin(PrivateSearch, LongList):
    list_display = ["address", "kind", "state", "mail_state", "asked_at", "mailed_at"]
    list_filter = ["kind", "state", "mail_state", filters.AskedFilter]
    sortable_by = ["asked_at"]
    fields = ["address", "first_name", "kind", "state", "asked_at", "mail_state", "mailed_at"]
    fields += ["page", "region", "wording"]


@admin.register(ServiceMail)
class ServiceMailAdmin(LongList):
    """Service mails by their row: who gets one is on the subscriber's page."""

    list_display = ["__str__", "kind", "mail_state", "asked_at", "mailed_at"]
    list_filter = ["kind", "mail_state"]
    sortable_by = ["asked_at"]
    fields = ["kind", "subscriber", "mail_state", "asked_at", "mailed_at", "tries"]


@admin.register(Erasure)
class ErasureAdmin(LongList):
    """Receipts, by their numbers. They name nobody."""

    list_display = ["number", "at", "was_confirmed", "things"]
    list_display_links = ["number"]
    sortable_by = ["at"]
    search_fields = ["^number"]
    search_help_text = "The number of a receipt, or its beginning."
    fields = ["number", "at", "was_confirmed", "in_places"]

    @admin.display(description="things deleted")
    def things(self, receipt: Erasure) -> int:
        return sum(receipt.places.values())

    @admin.display(description="deleted from")
    def in_places(self, receipt: Erasure) -> SafeString:
        """Where, in the words of the receipt that the person got."""
        items = format_html_join("", "<li>{}: {}</li>", erasure.described(receipt))
        return format_html("<ul>{}</ul>", items)
