from django.db import migrations, models


class Migration(migrations.Migration):
    # New tables, which nothing of before refers to.
    is_bearable = True

    dependencies = [
        ("tipsite", "0002_notice_of_many_refusals"),
    ]

    operations = [
        migrations.CreateModel(
            name="BackupRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("began_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField()),
                ("file", models.CharField(max_length=500)),
                ("size", models.PositiveBigIntegerField(default=0)),
                ("failure", models.TextField(blank=True)),
            ],
        ),
        migrations.AlterField(
            model_name="notice",
            name="kind",
            field=models.CharField(
                choices=[
                    ("slot_early", "Days before a slot"),
                    ("slot_late", "Shortly before a slot"),
                    ("slot_missed", "After a slot"),
                    ("mailing_paused", "A mailing paused itself"),
                    ("mailing_held", "A mailing is held"),
                    ("guard_closed", "The restore guard is closed"),
                    ("many_refused", "Many addresses are refused"),
                    ("flood", "A flood of forms"),
                    ("backup_failed", "A backup failed"),
                    ("backup_overdue", "No backup for days"),
                ],
                max_length=20,
            ),
        ),
        migrations.CreateModel(
            name="BearableMigration",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("app", models.CharField(max_length=255)),
                ("name", models.CharField(max_length=255)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("app", "name"), name="bearable_once")],
            },
        ),
    ]
