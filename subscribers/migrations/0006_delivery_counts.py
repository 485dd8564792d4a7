import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    # Triggers of the database count, whatever the version that writes deliveries.
    is_bearable = True

    dependencies = [
        ("subscribers", "0005_brake_of_dead_addresses"),
    ]

    operations = [
        migrations.CreateModel(
            name="DeliveryCount",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "mailing",
                        "kind",
                        "shard",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "mailing",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="subscribers.mailing",
                    ),
                ),
                ("kind", models.CharField(max_length=10)),
                ("shard", models.BigIntegerField()),
                ("number", models.BigIntegerField()),
            ],
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["mailing", "state", "id"], name="delivery_by_state"),
        ),
    ]
