"""A subject and a preheader of a tip's own for its mail, and what each tip says of the pictures it shows."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from tips.text import body_images

if TYPE_CHECKING:
    from tips.models import ImageUse


def describe(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Record for each picture in a tip its alternative text and its caption, by which it is found again."""
    uses = apps.get_model("tips", "ImageUse")._default_manager
    described = list(_described(uses.select_related("tip").only("image_id", "tip__body").iterator()))
    uses.bulk_update(described, ["alt", "caption"], batch_size=200)


def _described(uses: "Iterator[ImageUse]") -> "Iterator[ImageUse]":
    for use in uses:
        for image in body_images.shown(use.tip.body):
            if image.name == use.image_id:
                use.alt, use.caption = image.alt, image.caption.strip()
                yield use
                break


class Migration(migrations.Migration):
    dependencies = [
        ("tips", "0006_excerpts_of_teasers"),
    ]

    operations = [
        migrations.AddField(
            model_name="imageuse",
            name="alt",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="imageuse",
            name="caption",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="tip",
            name="mail_subject",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Left empty, the mail’s subject is the title.",
                max_length=200,
                verbose_name="subject of its mail",
            ),
        ),
        migrations.AddField(
            model_name="tip",
            name="preheader",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="What a list of mails shows behind the subject. Left empty, the takeaway.",
                max_length=200,
                verbose_name="line behind the subject",
            ),
        ),
        migrations.AddField(
            model_name="tipversion",
            name="mail_subject",
            field=models.CharField(blank=True, db_default="", default="", max_length=200),
        ),
        migrations.AddField(
            model_name="tipversion",
            name="preheader",
            field=models.CharField(blank=True, db_default="", default="", max_length=200),
        ),
        migrations.RunPython(describe, migrations.RunPython.noop),
    ]
