"""Rows about the running site itself."""

from datetime import datetime

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db import models
from django.db.models import Q

from shield import clocks
from tips import dates
from tips.models import Tip


class Notice(models.Model):
    """A mail to staff that must go out once.

    ``about`` names what the mail is about (a slot's day, a mailing's primary key, a database's name), and
    ``occasion`` tells apart the mails of one kind about the same. Both are compared, and never taken apart.

    The process that sends the mail claims the notice by a conditional UPDATE first. A claim that led to no
    ``sent_at`` is void after a pause that grows with the ``attempts``. The cause ended at ``settled_at``.
    """

    class Kind(models.TextChoices):
        SLOT_EARLY = "slot_early", "Days before a slot"
        SLOT_LATE = "slot_late", "Shortly before a slot"
        SLOT_MISSED = "slot_missed", "After a slot"
        MAILING_PAUSED = "mailing_paused", "A mailing paused itself"
        MAILING_HELD = "mailing_held", "A mailing is held"
        GUARD_CLOSED = "guard_closed", "The restore guard is closed"
        MANY_REFUSED = "many_refused", "Many addresses are refused"
        FLOOD = "flood", "A flood of forms"
        BACKUP_FAILED = "backup_failed", "A backup failed"
        BACKUP_OVERDUE = "backup_overdue", "No backup for days"
        WORK = "work", "Work on a tip"
        WORK_DIGEST = "work_digest", "Work of a day"
        MESSAGE = "message", "A message to the owner"
        MESSAGES = "messages", "Messages to the owner"
        # No mail goes out for it: the row notes the minute.
        FIRST_START = "first_start", "The site's first start"

    kind = models.CharField(max_length=20, choices=Kind)
    about = models.CharField(max_length=40, blank=True)
    occasion = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "about", "occasion"], name="notice_once")]

    def __str__(self) -> str:
        return " ".join(filter(None, (self.get_kind_display(), self.about, self.occasion)))


class WorkMailChoice(models.Model):
    """When a member of staff is told by mail of what colleagues do to tips; at once, if there is no row."""

    class When(models.TextChoices):
        AT_ONCE = "at_once", "At once"
        DAILY = "daily", "Once a day"
        NEVER = "never", "Not at all"

    # Without a constraint, so that the version before, which does not know the table, can delete accounts.
    person = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        primary_key=True,
        related_name="work_mail_choice",
        db_constraint=False,
    )
    when = models.CharField(max_length=10, choices=When, default=When.AT_ONCE)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.get_when_display()

    @classmethod
    def of(cls, person: models.Model) -> "WorkMailChoice.When":
        """Return what a person chose."""
        chosen = cls.objects.filter(person=person.pk).values_list("when", flat=True).first()
        return cls.When(chosen or cls.When.AT_ONCE)


class WorkDeed(models.Model):
    """Something that happened to a tip, and of which those whom it concerns were told, or are about to be.

    The ``entry`` of the log says what was done and by whom. Without one, the tip went public at ``at`` by
    time alone. The row keeps a deed from being told again; it is made with the mails that tell of the deed.
    """

    # Without constraints, as in ``WorkMailChoice``.
    tip = models.ForeignKey(Tip, models.CASCADE, related_name="+", db_constraint=False)
    entry = models.OneToOneField(
        LogEntry, models.CASCADE, null=True, related_name="work_deed", db_constraint=False
    )
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint("tip", "at", name="work_deed_by_time_once", condition=Q(entry=None))
        ]

    def __str__(self) -> str:
        return f"{self.tip}, {dates.short(self.at)}"


class WorkMail(models.Model):
    """A mail that tells one person of deeds, from ``due_at`` on; its notice keeps it from going out twice."""

    notice = models.OneToOneField(Notice, models.CASCADE, primary_key=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_constraint=False
    )
    due_at = models.DateTimeField()
    deeds = models.ManyToManyField(WorkDeed, related_name="mails")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.notice} for {self.person}"


class BackupRunQuerySet(models.QuerySet["BackupRun"]):
    """The runs of ``backup``."""

    def credible(self, now: datetime) -> "BackupRunQuerySet":
        """Return those that a right clock can have noted before ``now`` (aware), the newest first."""
        return self.filter(began_at__lte=clocks.latest_credible(now)).order_by("-began_at", "-pk")

    def verified(self) -> "BackupRunQuerySet":
        """Return those whose file was read back and found to be what was written."""
        return self.filter(failure="")


class BackupRun(models.Model):
    """One run of the command ``backup`` that has ended.

    ``failure`` is a sentence on why there is no file; empty if the file was written, read back, and found
    whole. ``size`` is in bytes. The file has the database as it was soon after ``began_at``.
    """

    began_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    file = models.CharField(max_length=500)
    size = models.PositiveBigIntegerField(default=0)
    failure = models.TextField(blank=True)

    objects = BackupRunQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.file}, {dates.short(self.began_at)}"


class BearableMigration(models.Model):
    """A migration that a version of the program which does not know it can do with all the same."""

    app = models.CharField(max_length=255)
    name = models.CharField(max_length=255)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["app", "name"], name="bearable_once")]

    def __str__(self) -> str:
        return f"{self.app}.{self.name}"


class CalendarKey(models.Model):
    """What opens the calendar of a member of staff to a calendar program: the digest of a token in a URL."""

    # Without a constraint, so that the version before, which does not know the table, can delete accounts.
    person = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        primary_key=True,
        related_name="calendar_key",
        db_constraint=False,
    )
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"The calendar of {self.person}"


class KeyGeneration(models.Model):
    """How often the links that were mailed to a member of staff were ended; part of each of these links.

    A link of an earlier number is dead for good. Without a row the number is 0.
    """

    # Without a constraint, so that the version before, which does not know the table, can delete accounts.
    person = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        primary_key=True,
        related_name="key_generation",
        db_constraint=False,
    )
    number = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.number)


class PasswordMail(models.Model):
    """A mail that somebody waits for who forgot their password; there until the mail went out.

    The process that sends the mail claims the row by ``tried_at`` first; see ``staff.password_mails``.
    """

    # Without a constraint, so that the version before, which does not know the table, can delete accounts.
    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+", db_constraint=False
    )
    asked_at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"Password mail of account {self.person_id}"


class SessionPerson(models.Model):
    """Who is signed in with a session, in a column, so that both are read in one query."""

    # Without constraints, so that the version before, which does not know the table, can delete either.
    session = models.OneToOneField(
        Session, models.CASCADE, primary_key=True, related_name="whose", db_constraint=False
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_constraint=False
    )

    def __str__(self) -> str:
        return f"A session of {self.person}"
