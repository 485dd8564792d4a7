from django.db import migrations, models


class Migration(migrations.Migration):
    # An older program does not look at the numbers, and the triggers keep them whatever writes.
    is_bearable = True
    dependencies = [
        ("tips", "0015_how_far_an_import_came"),
    ]

    operations = [
        migrations.CreateModel(
            name="ApprovedCount",
            fields=[
                ("key", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("approved", models.BigIntegerField()),
            ],
        ),
    ]
