from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class TipsConfig(AppConfig):
    """Everything a reader sees."""

    name = "tips"
    verbose_name = "Tips"

    def ready(self) -> None:
        from tips import triggers
        from tips.schedule import slot_reasons, slots, verdict

        pre_migrate.connect(triggers.before_migration, sender=self)
        post_migrate.connect(triggers.after_migration, sender=self)
        post_migrate.connect(slots.seed, sender=self)
        verdict.register(slot_reasons.look, place=1)
