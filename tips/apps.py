from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class TipsConfig(AppConfig):
    """Everything a reader sees."""

    name = "tips"
    verbose_name = "Tips"

    def ready(self) -> None:
        from tips import triggers
        from tips.public import keeping, oembed
        from tips.schedule import slot_reasons, slots, verdict

        pre_migrate.connect(triggers.before_migration, sender=self)
        post_migrate.connect(triggers.after_migration, sender=self)
        post_migrate.connect(slots.seed, sender=self)
        verdict.register(slot_reasons.look, place=1)
        lists = "list category tag year month topics".split()
        feeds = [f"{of}{kind}" for of in ("", "category_", "tag_") for kind in ("rss", "atom", "json")]
        shared = "embed embed_current current_json calendar".split()
        plain = [
            "home",
            "detail",
            "robots",
            "contents",
            "contents_year",
            "huddle",
            "all_series",
            "series",
            "page",
            *lists,
            *(f"{name}_page" for name in lists),
            *feeds,
            *shared,
        ]
        keeping.register_pages(*(f"tips:{name}" for name in plain))
        keeping.register_pages("tips:sitemap", "tips:sitemap_part", parameters=("p",))
        keeping.register_pages("tips:search", parameters=("q", "category", "tag", "year", "page"))
        keeping.register_pages("tips:oembed", parameters=oembed.PARAMETERS)
        keeping.register_moments(keeping.moments_of_tips)
        keeping.register_moments(keeping.moments_of_notices)
        keeping.register_unwatched(
            auth_user="The name of an author is at most an hour old: all pages are built anew each hour.",
            tips_edition="It is the edition.",
            tips_word="How common words are sharpens which tips are related, and no more.",
            tips_posting="It follows from the texts of tips, by triggers of its own.",
        )
