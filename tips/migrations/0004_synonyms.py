"""Synonyms, with a start that fits the trade."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

from tips.text import stems

# One group a line.
START = Path(__file__).parent.parent / "search" / "starting_synonyms.txt"


def add_start(apps, schema_editor):
    """Add the groups that a site starts with. Staff change them as they like."""
    group_model, synonym_model = apps.get_model("tips", "SynonymGroup"), apps.get_model("tips", "Synonym")
    database = schema_editor.connection.alias
    groups, synonyms, known = [], [], set()
    for line in START.read_text(encoding="utf-8").splitlines():
        group = group_model()
        groups.append(group)
        keys = {" ".join(stems.stems(text)): text for text in reversed(line.split(", "))}
        new = {key: text for key, text in keys.items() if key and key not in known}
        synonyms += [synonym_model(group=group, text=text, key=key) for key, text in reversed(new.items())]
        known |= keys.keys()
    group_model.objects.using(database).bulk_create(groups)
    synonym_model.objects.using(database).bulk_create(synonyms, batch_size=300)


class Migration(migrations.Migration):
    # What the index holds of each tip took another form with this one (see ``triggers``).
    rebuilds_search = True
    dependencies = [("tips", "0003_names_by_key")]

    operations = [
        migrations.CreateModel(
            name="SynonymGroup",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
            ],
            options={
                "verbose_name": "group of synonyms",
                "verbose_name_plural": "synonyms",
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="Synonym",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.CharField(max_length=60)),
                ("key", models.CharField(editable=False, max_length=500)),
                (
                    "group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="synonyms",
                        to="tips.synonymgroup",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("key"),
                        name="synonym_in_one_group",
                        violation_error_message=(
                            "This word, or another form of it, is among the synonyms already."
                        ),
                    )
                ],
            },
        ),
        migrations.RunPython(add_start, migrations.RunPython.noop),
    ]
