from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tipsite", "0001_initial"),
    ]

    operations = [
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
                ],
                max_length=20,
            ),
        ),
    ]
