import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    # The version before knows none of the columns, and leaves them empty.
    is_bearable = True

    dependencies = [
        ("tips", "0008_planned_is_pinned"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="tip",
            name="due_on",
            field=models.DateField(editable=False, null=True, verbose_name="due"),
        ),
        migrations.AddField(
            model_name="tip",
            name="editor",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="assigned_tips",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="tip",
            name="review_began_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
