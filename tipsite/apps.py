from django.apps import AppConfig


class TipsiteConfig(AppConfig):
    """The project itself, installed so that its commands and checks are found."""

    name = "tipsite"
    verbose_name = "Site"

    def ready(self):
        from tipsite import checks  # noqa: F401  registers the system checks
