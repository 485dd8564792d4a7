from django.apps import AppConfig


class ShieldConfig(AppConfig):
    """The protection of public forms."""

    name = "shield"
    verbose_name = "Shield"
