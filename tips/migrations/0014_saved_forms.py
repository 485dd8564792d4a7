from django.db import migrations, models


class Migration(migrations.Migration):
    # An older program writes rows without the two columns, which then have their defaults.
    is_bearable = True
    dependencies = [("tips", "0013_words_without_length")]

    operations = [
        migrations.AddField(
            model_name="autosave",
            name="is_saved",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="autosave",
            name="sequence",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
    ]
