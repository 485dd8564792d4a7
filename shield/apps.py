from django.apps import AppConfig


class ShieldConfig(AppConfig):
    """What every public form stands behind. Knows nothing of tips or people."""

    name = "shield"
    verbose_name = "Shield"
