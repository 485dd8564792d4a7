from django.db import migrations, models

_ALL = 2**63 - 1


def carry_over(apps, schema_editor):
    """What is still being opened begins anew: whoever has a row gets no second one."""
    mailings = apps.get_model("subscribers", "Mailing").objects.using(schema_editor.connection.alias)
    mailings.filter(opened_to="~").update(opened_up_to=_ALL)


def carry_back(apps, schema_editor):
    mailings = apps.get_model("subscribers", "Mailing").objects.using(schema_editor.connection.alias)
    mailings.filter(opened_up_to=_ALL).update(opened_to="~")


class Migration(migrations.Migration):
    dependencies = [
        ("subscribers", "0005_alter_return_at"),
    ]

    operations = [
        migrations.AddField("mailing", "opened_up_to", models.BigIntegerField(default=0)),
        migrations.RunPython(carry_over, carry_back),
        migrations.RemoveField("mailing", "opened_to"),
    ]
