from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class SubscribersConfig(AppConfig):
    """People and post: all personal data but a commenter's name."""

    name = "subscribers"
    verbose_name = "Subscribers"

    def ready(self):
        from anymail.signals import tracking

        from subscribers import bounces, marks, previews, triggers
        from subscribers.tipmail import writing
        from tips import mail_mark, preflight, preview

        pre_migrate.connect(triggers.before_migration, sender=self)
        post_migrate.connect(triggers.after_migration, sender=self)
        preview.register("mail", "Preview mail", previews.mail)
        preflight.register(writing.check_size)
        mail_mark.register(marks.consequence)
        tracking.connect(bounces.on_tracking_event, dispatch_uid="subscribers.bounces")
