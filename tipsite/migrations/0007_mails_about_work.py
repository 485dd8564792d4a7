from datetime import timedelta

import django.db.models.deletion
from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F
from django.utils import timezone


def leave_the_past_alone(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Note what happened lately as told, so that a site which is brought up to date mails no old news."""
    db, since = schema_editor.connection.alias, timezone.now() - timedelta(days=3)
    deed, tip = apps.get_model("tipsite", "WorkDeed"), apps.get_model("tips", "Tip")
    codes = apps.get_model("desk", "LogCode").objects.using(db)
    about = {"entry__content_type__app_label": "tips", "entry__content_type__model": "tip"}
    entries = codes.filter(entry__action_time__gt=since, **about)
    rows = entries.values_list("entry", "entry__object_id", "entry__action_time")
    told = [deed(entry_id=entry, tip_id=int(number), at=at) for entry, number, at in rows if number]
    public = tip.objects.using(db).filter(
        state="approved", publish_at__gt=since, publish_at__lte=timezone.now()
    )
    by_time = public.filter(publish_at__gt=F("approved_at")).values_list("pk", "publish_at")
    told += [deed(tip_id=pk, at=at) for pk, at in by_time]
    deed.objects.using(db).bulk_create(told, batch_size=500)


class Migration(migrations.Migration):
    # New tables, which nothing of before refers to, and kinds of notices that nothing of before looks for.
    is_bearable = True

    dependencies = [
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("desk", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("tips", "0011_ideas"),
        ("tipsite", "0006_session_persons"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="WorkMailChoice",
            fields=[
                (
                    "person",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="work_mail_choice",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "when",
                    models.CharField(
                        choices=[("at_once", "At once"), ("daily", "Once a day"), ("never", "Not at all")],
                        default="at_once",
                        max_length=10,
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
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
                    ("work", "Work on a tip"),
                    ("work_digest", "Work of a day"),
                ],
                max_length=20,
            ),
        ),
        migrations.CreateModel(
            name="WorkDeed",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "entry",
                    models.OneToOneField(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="work_deed",
                        to="admin.logentry",
                    ),
                ),
                (
                    "tip",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tips.tip",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="WorkMail",
            fields=[
                (
                    "notice",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        serialize=False,
                        to="tipsite.notice",
                    ),
                ),
                ("due_at", models.DateTimeField()),
                ("deeds", models.ManyToManyField(related_name="mails", to="tipsite.workdeed")),
                (
                    "person",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.AddConstraint(
            model_name="workdeed",
            constraint=models.UniqueConstraint(
                models.F("tip"),
                models.F("at"),
                condition=models.Q(("entry", None)),
                name="work_deed_by_time_once",
            ),
        ),
        migrations.RunPython(leave_the_past_alone, migrations.RunPython.noop),
    ]
