from django.apps import AppConfig


class DeskConfig(AppConfig):
    """The kit of the admin's pages, installed for the codes of the log."""

    name = "desk"
    verbose_name = "Staff pages"
