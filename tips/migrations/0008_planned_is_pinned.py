"""A tip that is not approved holds its day by being pinned to it; and how the queue stood before a change."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Q


def pin_what_is_planned(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Pin the drafts that have a day and were never pinned, as imports left them.

    Of two that have the same moment, and of one whose moment is taken, the later loses its day.
    """
    tips = apps.get_model("tips", "Tip").objects.using(schema_editor.connection.alias)
    planned = tips.filter(state__in=["draft", "in_review"], publish_at__isnull=False, pinned=False)
    held = set(tips.filter(Q(pinned=True) | Q(state="approved")).values_list("publish_at", flat=True))
    for pk, at in planned.order_by("id").values_list("id", "publish_at"):
        tips.filter(pk=pk).update(**({"publish_at": None} if at in held else {"pinned": True}))
        held.add(at)


class Migration(migrations.Migration):
    dependencies = [("tips", "0007_texts_of_the_mail_and_captions")]

    operations = [
        migrations.AddField("queueversion", "before", models.JSONField(blank=True, default=dict)),
        migrations.RunPython(pin_what_is_planned, migrations.RunPython.noop, elidable=True),
        migrations.AddConstraint(
            "tip",
            models.CheckConstraint(
                name="tip_planned_is_pinned",
                condition=~Q(state__in=["draft", "in_review"]) | Q(publish_at__isnull=True) | Q(pinned=True),
                violation_error_message="A tip that is not approved holds its day by being pinned to it.",
            ),
        ),
    ]
