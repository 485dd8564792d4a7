from django.db import migrations


class Migration(migrations.Migration):
    # The version before reads the table all the same.
    is_bearable = True

    dependencies = [
        ("desk", "0001_initial"),
    ]

    operations = [
        # The table is Django's own. History, lists of work and the count in the bar ask it for one object.
        migrations.RunSQL(
            "CREATE INDEX desk_log_about ON django_admin_log (content_type_id, object_id)",
            "DROP INDEX desk_log_about",
        ),
    ]
