from django.apps import AppConfig


class SubscribersConfig(AppConfig):
    """People and post: all personal data but a commenter's name."""

    name = "subscribers"
    verbose_name = "Subscribers"
