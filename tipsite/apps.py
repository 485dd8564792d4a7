from django.apps import AppConfig, apps
from django.contrib.admin.apps import AdminConfig
from django.db.models.signals import post_migrate


class TipsiteConfig(AppConfig):
    """The project itself, installed so that its commands and checks are found."""

    name = "tipsite"
    verbose_name = "Site"

    def ready(self) -> None:
        from tips.publishing import consequences
        from tips.schedule import verdict
        from tipsite import checks  # noqa: F401  registers the system checks
        from tipsite.alerts import reach
        from tipsite.metrics import registry
        from tipsite.pages.counts import COUNTS
        from tipsite.safety import server_reasons, site_figures
        from tipsite.schema import migration_state
        from tipsite.staff import roles

        post_migrate.connect(roles.make_groups, sender=apps.get_app_config("tips"))
        verdict.register(server_reasons.look, place=3)
        consequences.register_outlook(reach.of_tip)
        registry.register(site_figures.samples)
        count = registry.register_count
        count("page_hits_total", "Answers by a kept page", lambda: COUNTS.hits)
        count("page_builds_total", "Pages that were built to be kept", lambda: COUNTS.builds)
        count("page_waits_total", "Requests that waited for another one's page", lambda: COUNTS.waits)
        post_migrate.connect(migration_state.mark_bearable, sender=self)


class StaffSiteConfig(AdminConfig):
    """Django's admin, with the site of this project."""

    default_site = "tipsite.dashboard.staff_site.StaffSite"
