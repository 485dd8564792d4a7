import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("subscribers", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="bouncereport",
            name="cause",
            field=models.CharField(
                blank=True,
                choices=[
                    ("no_mailbox", "Nobody has this address"),
                    ("no_domain", "The domain is gone"),
                    ("disabled", "The mailbox is closed"),
                    ("unexplained", "No reason was given"),
                    ("full", "The mailbox is full"),
                    ("rate", "Too much mail at once"),
                    ("size", "The mail is too large"),
                    ("system", "Trouble at the other mail server"),
                    ("policy", "The sender is not wanted"),
                    ("content", "The mail’s content is not wanted"),
                ],
                help_text="Why it was refused.",
                max_length=11,
            ),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="refusal",
            field=models.CharField(
                blank=True,
                choices=[
                    ("gone", "Nobody is there"),
                    ("unclear", "For the address’s own sake, it seems"),
                    ("expired", "Put off for too long"),
                ],
                max_length=7,
            ),
        ),
        migrations.CreateModel(
            name="RepeatedRefusal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="found")),
                (
                    "evidence",
                    models.CharField(help_text="The refusals, as numbers and days.", max_length=200),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "To be decided"),
                            ("asked", "Staff are asked"),
                            ("suppressed", "Suppressed"),
                            ("kept", "Kept"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("decided_at", models.DateTimeField(null=True, verbose_name="decided")),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "delivery",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="subscribers.delivery",
                    ),
                ),
                (
                    "subscriber",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="repeated_refusal",
                        to="subscribers.subscriber",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "waiting")),
                        fields=["id"],
                        name="repeated_refusal_waiting",
                    )
                ],
            },
        ),
    ]
