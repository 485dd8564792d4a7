from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class SubscribersConfig(AppConfig):
    """People and mail: all personal data but a commenter's name."""

    name = "subscribers"
    verbose_name = "Subscribers"

    def ready(self) -> None:
        from anymail.signals import tracking

        from subscribers import triggers
        from subscribers.bounces import mail_services
        from subscribers.mailings import exclusion, list_facts, outlook, slot_reasons, taken_back
        from subscribers.mailings import preview as mail_preview
        from subscribers.people import consent_wording
        from subscribers.tipmail import rendering
        from tips.public import keeping
        from tips.publishing import (
            consequences,
            mail_exclusion,
            mail_facts,
            preflight,
            preview,
            site_settings,
        )
        from tips.schedule import verdict
        from tips.triggers import before_migration

        pre_migrate.connect(before_migration, sender=self)
        post_migrate.connect(triggers.after_migration, sender=self)
        preview.register("mail", "Preview mail", mail_preview.mail)
        preflight.register(rendering.check_size)
        mail_exclusion.register(exclusion.consequence)
        mail_facts.register(list_facts.facts)
        consequences.register(taken_back.consequence)
        consequences.register_outlook(outlook.of_tip)
        verdict.register(slot_reasons.look, place=2)
        site_settings.register_wordings(consent_wording.version_of)
        pages = "subscribe again ask contact privacy".split()
        keeping.register_pages(*(f"subscribers:{name}" for name in pages))
        tracking.connect(mail_services.on_tracking_event, dispatch_uid="subscribers.bounces")
