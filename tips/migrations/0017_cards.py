from django.db import migrations, models


class Migration(migrations.Migration):
    # An older program asks for no card, and no row holds it back from anything.
    is_bearable = True
    dependencies = [
        ("tips", "0016_numbers_of_approved_tips"),
    ]

    operations = [
        migrations.CreateModel(
            name="Card",
            fields=[
                ("tip_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("drawn_of", models.CharField(max_length=32)),
                ("name", models.CharField(blank=True, max_length=80)),
            ],
        ),
    ]
