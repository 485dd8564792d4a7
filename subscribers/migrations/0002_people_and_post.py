import django.db.models.deletion
import django.utils.timezone
import subscribers.models.letters
import subscribers.models.people
from django.db import migrations, models

from subscribers import addresses


def name_by_key(apps, schema_editor):
    """Give those who are there already the name by which suppressions know them."""
    subscribers = apps.get_model("subscribers", "Subscriber").objects.using(schema_editor.connection.alias)
    for subscriber in subscribers.only("address").iterator():
        subscribers.filter(pk=subscriber.pk).update(key=addresses.keyed_hash(subscriber.address))


class Migration(migrations.Migration):
    dependencies = [
        ("subscribers", "0001_initial"),
        ("tips", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Delivery",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("sending", "Being sent"),
                            ("sent", "Sent"),
                            ("deferred", "Put off"),
                            ("refused", "Refused"),
                            ("skipped", "Skipped"),
                            ("uncertain", "Uncertain"),
                        ],
                        default="queued",
                        max_length=9,
                    ),
                ),
                ("sent_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name_plural": "deliveries",
            },
        ),
        migrations.CreateModel(
            name="Erasure",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "number",
                    models.CharField(
                        default=subscribers.models.people.new_receipt,
                        editable=False,
                        max_length=14,
                        unique=True,
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("was_confirmed", models.BooleanField()),
                ("places", models.JSONField(default=dict)),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="Letter",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "handle",
                    models.CharField(
                        default=subscribers.models.letters.new_handle,
                        editable=False,
                        max_length=24,
                        unique=True,
                    ),
                ),
                (
                    "mail",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("sending", "Being sent"),
                            ("sent", "Sent"),
                            ("skipped", "None needed"),
                            ("refused", "Refused by its mail server"),
                            ("given_up", "Given up"),
                        ],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("due_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("claimed_at", models.DateTimeField(editable=False, null=True)),
                ("tries", models.PositiveSmallIntegerField(default=0, editable=False)),
                ("counted", models.BooleanField(default=False, editable=False)),
                ("interrupted", models.BooleanField(default=False, editable=False)),
                ("mailed_at", models.DateTimeField(editable=False, null=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("welcome", "Welcome"),
                            ("left", "You have left"),
                            ("moved", "Your address was changed"),
                        ],
                        max_length=7,
                    ),
                ),
                (
                    "asked_at",
                    models.DateTimeField(
                        db_index=True, default=django.utils.timezone.now, verbose_name="asked"
                    ),
                ),
                ("address", models.CharField(blank=True, max_length=254)),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="Mailing",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("tip", "Tip"), ("correction", "Correction")], default="tip", max_length=10
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("prepared", "Prepared"),
                            ("opening", "Being opened"),
                            ("sending", "Sending"),
                            ("sent", "Sent"),
                            ("paused", "Paused"),
                            ("cancelled", "Cancelled"),
                            ("held", "Held"),
                        ],
                        default="prepared",
                        max_length=9,
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="created"),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.AlterModelOptions(
            name="subscriber",
            options={
                "ordering": ["-id"],
                "permissions": [
                    ("export_subscriber", "Can export subscribers"),
                    ("import_subscriber", "Can import subscribers"),
                    ("erase_subscriber", "Can erase subscribers"),
                ],
            },
        ),
        migrations.AddField(
            model_name="signuprequest",
            name="subscriber",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                to="subscribers.subscriber",
            ),
        ),
        migrations.AddField(
            model_name="signuprequest",
            name="wish",
            field=models.CharField(
                choices=[
                    ("join", "The tips"),
                    ("again", "The confirmation once more"),
                    ("link", "A link to the preferences"),
                    ("move", "The tips at this address instead"),
                ],
                default="join",
                max_length=5,
            ),
        ),
        migrations.AddField(
            model_name="subscriber",
            name="key",
            field=models.CharField(default="", editable=False, max_length=64),
            preserve_default=False,
        ),
        migrations.RunPython(name_by_key, migrations.RunPython.noop, elidable=True),
        migrations.AlterField(
            model_name="subscriber",
            name="key",
            field=models.CharField(editable=False, max_length=64, unique=True),
        ),
        migrations.AddField(
            model_name="subscriber",
            name="paused_until",
            field=models.DateField(
                blank=True, help_text="No tip is sent before this day, on which they begin again.", null=True
            ),
        ),
        migrations.AddField(
            model_name="subscriber",
            name="source",
            field=models.CharField(
                choices=[("form", "Sign-up form"), ("import", "Import")], default="form", max_length=6
            ),
        ),
        migrations.AddField(
            model_name="suppression",
            name="journaled",
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AlterField(
            model_name="consentevent",
            name="at",
            field=models.DateTimeField(db_index=True, default=django.utils.timezone.now),
        ),
        migrations.AlterField(
            model_name="consentevent",
            name="kind",
            field=models.CharField(
                choices=[
                    ("confirmed", "Confirmed"),
                    ("imported", "Brought over"),
                    ("left", "Left"),
                    ("returned", "Undid leaving"),
                    ("moved", "Changed address"),
                ],
                max_length=9,
            ),
        ),
        migrations.AlterField(
            model_name="signuprequest",
            name="wording",
            field=models.TextField(blank=True, help_text="What the form said that the person agrees to."),
        ),
        migrations.AlterField(
            model_name="signuprequest",
            name="wording_version",
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name="subscriber",
            name="joined_at",
            field=models.DateTimeField(
                db_index=True, default=django.utils.timezone.now, verbose_name="joined"
            ),
        ),
        migrations.AddIndex(
            model_name="suppression",
            index=models.Index(
                condition=models.Q(("journaled", False)), fields=["id"], name="suppression_not_journaled"
            ),
        ),
        migrations.AddConstraint(
            model_name="signuprequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("subscriber__isnull", False), ("wish", "move")),
                    models.Q(models.Q(("wish", "move"), _negated=True), ("subscriber__isnull", True)),
                    _connector="OR",
                ),
                name="signup_moves_somebody",
            ),
        ),
        migrations.AddField(
            model_name="delivery",
            name="subscriber",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="deliveries",
                to="subscribers.subscriber",
            ),
        ),
        migrations.AddField(
            model_name="delivery",
            name="tip",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tips.tip"
            ),
        ),
        migrations.AddField(
            model_name="letter",
            name="delivery",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.SET_NULL, to="subscribers.delivery"
            ),
        ),
        migrations.AddField(
            model_name="letter",
            name="subscriber",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="letters",
                to="subscribers.subscriber",
            ),
        ),
        migrations.AddField(
            model_name="mailing",
            name="corrects",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to="subscribers.mailing"
            ),
        ),
        migrations.AddField(
            model_name="mailing",
            name="tip",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="mailings", to="tips.tip"
            ),
        ),
        migrations.AddField(
            model_name="delivery",
            name="mailing",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="deliveries",
                to="subscribers.mailing",
            ),
        ),
        migrations.AddIndex(
            model_name="letter",
            index=models.Index(fields=["mail", "id"], name="letter_by_mail"),
        ),
        migrations.AddConstraint(
            model_name="mailing",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "tip")), fields=("tip",), name="mailing_once_a_tip"
            ),
        ),
        migrations.AddConstraint(
            model_name="mailing",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("corrects__isnull", False), ("kind", "correction")),
                    models.Q(("corrects__isnull", True), ("kind", "tip")),
                    _connector="OR",
                ),
                name="mailing_correction_corrects",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(
                fields=("mailing", "subscriber"), name="delivered_once_a_mailing"
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(
                condition=models.Q(("tip__isnull", False)),
                fields=("tip", "subscriber"),
                name="welcomed_once_a_tip",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("mailing__isnull", False), ("tip__isnull", True)),
                    models.Q(("mailing__isnull", True), ("tip__isnull", False)),
                    _connector="OR",
                ),
                name="delivery_of_a_mailing_or_a_tip",
            ),
        ),
    ]
