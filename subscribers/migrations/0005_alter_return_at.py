import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("subscribers", "0004_evidence_and_instance"),
    ]

    operations = [
        migrations.AlterField(
            model_name="return",
            name="at",
            field=models.DateTimeField(default=django.utils.timezone.now, verbose_name="received"),
        ),
    ]
