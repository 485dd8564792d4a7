from django.contrib import admin

from subscribers.models import ConsentEvent, SignupRequest, Subscriber, Suppression


class ReadOnly:
    """Shown to whoever may view it, and changed by nobody: people change these rows by their own doing."""

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class ConsentEventInline(ReadOnly, admin.TabularInline):
    model = ConsentEvent
    fields = ["kind", "at", "asked_at", "wording_version", "wording", "page", "region"]
    extra = 0


@admin.register(Subscriber)
class SubscriberAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["address", "first_name", "state", "joined_at", "left_at"]
    list_filter = ["state", "joined_at"]
    search_fields = ["folded", "first_name"]
    fields = ["address", "first_name", "state", "joined_at", "left_at"]
    inlines = [ConsentEventInline]
    show_full_result_count = False


@admin.register(SignupRequest)
class SignupRequestAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["address", "state", "mail", "asked_at", "mailed_at"]
    list_filter = ["state", "mail", "asked_at"]
    search_fields = ["folded"]
    fields = ["address", "state", "asked_at", "mail", "mailed_at", "page", "region", "wording"]
    show_full_result_count = False


@admin.register(Suppression)
class SuppressionAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["reason", "since", "evidence"]
    list_filter = ["reason", "since"]
    search_fields = ["evidence"]
    fields = ["reason", "since", "evidence"]
    show_full_result_count = False
