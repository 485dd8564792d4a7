from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.db.models.signals import post_migrate, pre_migrate


class TipsConfig(AppConfig):
    """Everything a reader sees."""

    name = "tips"
    verbose_name = "Tips"

    def ready(self):
        from tips import triggers

        pre_migrate.connect(triggers.before_migration, sender=self)
        post_migrate.connect(triggers.after_migration, sender=self)


class DeskConfig(AdminConfig):
    """Django's admin, with the desk as its site."""

    default_site = "tips.desk.Desk"
