"""The URLs of the pages around a tip, which Django's own admin does not have."""

from django.contrib.admin import AdminSite
from django.urls import URLPattern, path

from desk.admin_site import scriptless
from tips.admin import (
    autosaves,
    calendar,
    calendar_moves,
    calendar_weeks,
    comments,
    concurrent_editing,
    history,
    image_uploads,
    preview,
    writing_aids,
    writing_page,
)


def urls(site: AdminSite) -> list[URLPattern]:
    """Return the patterns of all these pages."""
    staff = site.admin_view
    # It shows a tip as its readers see it, and so under the policy of readers' pages.
    as_read = scriptless(site, preview.preview_view)
    return [
        path("calendar/", staff(calendar.calendar_view), name="tips_calendar"),
        path("unsaved/", staff(autosaves.unsaved_view), name="tips_tip_unsaved"),
        path("autosave/", staff(autosaves.autosave_view), name="tips_tip_autosave"),
        path("<int:pk>/autosave/", staff(autosaves.autosave_view), name="tips_tip_autosave"),
        path("calendar/months/", staff(calendar.months_view), name="tips_calendar_months"),
        path("calendar/doubles/", staff(calendar.doubles_view), name="tips_calendar_doubles"),
        path("calendar/move/", staff(calendar_moves.move_view), name="tips_calendar_move"),
        path("calendar/undo/", staff(calendar_moves.undo_view), name="tips_calendar_undo"),
        path("calendar/tip/<int:pk>/", staff(calendar_moves.tip_view), name="tips_calendar_tip"),
        path("calendar/rule/", staff(calendar_weeks.rule_view), name="tips_calendar_rule"),
        path("calendar/<day>/", staff(calendar_weeks.week_view), name="tips_calendar_week"),
        path("earlier/", staff(writing_aids.earlier_view), name="tips_tip_earlier"),
        path("<int:pk>/earlier/", staff(writing_aids.earlier_view), name="tips_tip_earlier"),
        path("check/", staff(writing_page.check_view), name="tips_tip_check"),
        path("<int:pk>/check/", staff(writing_page.check_view), name="tips_tip_check"),
        path("link-suggestions/", staff(writing_aids.link_suggestions), name="tips_tip_link_suggestions"),
        path("tag-suggestions/", staff(writing_aids.tag_suggestions), name="tips_tip_tag_suggestions"),
        path("pictures/", staff(image_uploads.images_view), name="tips_tip_pictures"),
        path("pictures/library/", staff(image_uploads.library_view), name="tips_tip_library"),
        path("pictures/upload/", staff(image_uploads.upload_view), name="tips_tip_upload"),
        path("preview/<name>/", as_read, name="tips_tip_preview"),
        path("<int:pk>/preview/<name>/", as_read, name="tips_tip_preview"),
        path("<int:pk>/preview/", as_read),
        path("<int:pk>/links/", staff(preview.links_view), name="tips_tip_links"),
        path("<int:pk>/links/<int:link_pk>/revoke/", staff(preview.revoke_view), name="tips_tip_revoke_link"),
        path("<int:pk>/history/compare/", staff(history.compare_view), name="tips_tip_compare"),
        path("<int:pk>/history/<int:number>/revert/", staff(history.revert_view), name="tips_tip_revert"),
        path("<int:pk>/comments/", staff(comments.comments_view), name="tips_tip_comments"),
        path(
            "<int:pk>/comments/<int:comment_pk>/<slug:name>/",
            staff(comments.verb_view),
            name="tips_tip_comment_do",
        ),
        path("<int:pk>/still-open/", staff(concurrent_editing.still_open), name="tips_tip_still_open"),
    ]
