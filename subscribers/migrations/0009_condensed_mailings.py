import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    # Not bearable: an older version takes the numbers of what was condensed for numbers without rows, and
    # puts them right to zero.

    dependencies = [
        ("subscribers", "0008_turns_of_networks"),
    ]

    operations = [
        migrations.AddField(
            model_name="mailing",
            name="condensed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.CreateModel(
            name="Receivers",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "part", "mailing", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("part", models.BigIntegerField()),
                ("bits", models.BinaryField()),
                (
                    "mailing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="receivers",
                        to="subscribers.mailing",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "receivers",
            },
        ),
    ]
