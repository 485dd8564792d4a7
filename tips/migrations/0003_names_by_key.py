"""Tags and categories found by the key of their names; rows whose names read alike become one."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

from tips.text import folding


def fill_keys(apps, schema_editor):
    """Clean each name and write its key; of rows with one key the oldest gets the tips of the others."""
    for label, table, tip in (("tag", "TaggedTip", "content_object"), ("category", "CategorisedTip", "tip")):
        model, placements = apps.get_model("tips", label), apps.get_model("tips", table).objects
        former_slugs = apps.get_model("tips", "FormerSlug").objects
        first = {}
        for row in model.objects.order_by("pk"):
            row.name = folding.visible(row.name)[:100] or f"unnamed {row.pk}"
            row.name_key = folding.column_key(row.name)
            keep = first.setdefault(row.name_key, row)
            if keep is not row:
                has_it = placements.filter(**{label: keep}).values(tip)
                placements.filter(**{label: row, f"{tip}__in": has_it}).delete()
                placements.filter(**{label: row}).update(**{label: keep})
                if label == "tag":
                    former_slugs.filter(tag=row).update(tag=keep)
                    former_slugs.get_or_create(slug=row.slug, tag=keep)
                row.delete()
        for row in first.values():
            row.save()
    if schema_editor.connection.vendor == "postgresql":
        # No table is altered while checks of its rows are still due.
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def _key_column():
    return models.CharField(editable=False, max_length=200)


def _constraints(name):
    once = models.UniqueConstraint(models.F("name_key"), name=f"{name}_name_once")
    is_visible = models.CheckConstraint(condition=~Q(name_key=""), name=f"{name}_name_is_visible")
    return [migrations.AddConstraint(name, once), migrations.AddConstraint(name, is_visible)]


class Migration(migrations.Migration):
    dependencies = [("tips", "0002_edition")]

    operations = [
        *(
            migrations.AddField(
                name, "name_key", models.CharField(editable=False, max_length=200, default=""), False
            )
            for name in ("category", "tag")
        ),
        *(
            migrations.AlterField(name, "name", models.CharField(max_length=100, verbose_name="name"))
            for name in ("category", "tag")
        ),
        migrations.RunPython(fill_keys, migrations.RunPython.noop),
        *_constraints("category"),
        *_constraints("tag"),
        migrations.CreateModel(
            name="FormerName",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name_key", models.CharField(max_length=200)),
                (
                    "category",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="former_names",
                        to="tips.category",
                    ),
                ),
                (
                    "tag",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="former_names",
                        to="tips.tag",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(category__isnull=True, tag__isnull=False)
                        | Q(category__isnull=False, tag__isnull=True),
                        name="former_name_of_one_thing",
                    ),
                    models.UniqueConstraint(
                        "name_key", condition=Q(tag__isnull=False), name="former_tag_name_once"
                    ),
                    models.UniqueConstraint(
                        "name_key", condition=Q(category__isnull=False), name="former_category_name_once"
                    ),
                ]
            },
        ),
    ]
