"""A database of before: names that read alike were several rows."""

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tips.models import Category, FormerSlug, Tag, TaggedTip


@pytest.mark.django_db(transaction=True)
def test_names_that_read_alike_become_one_and_their_tips_and_addresses_stay(request):
    request.addfinalizer(lambda: call_command("migrate", verbosity=0))
    call_command("migrate", "tips", "0002", verbosity=0)
    before = MigrationExecutor(connection).loader.project_state(("tips", "0002_edition")).apps
    tips = [before.get_model("tips", "Tip").objects.create(title=f"T{n}", slug=f"t{n}") for n in range(2)]
    tag, placed = before.get_model("tips", "Tag").objects, before.get_model("tips", "TaggedTip").objects
    one = tag.create(name="service recovery", slug="service-recovery")
    two = tag.create(name="Service\u200b recovery", slug="service-recovery_1")
    tag.create(name="\u0002", slug="nothing")
    for tip, each in ((tips[0], one), (tips[0], two), (tips[1], two)):
        placed.create(content_object=tip, tag=each)
    for name in ("Front desk", "front\u2060 desk"):
        before.get_model("tips", "Category").objects.create(name=name, slug=name.replace("\u2060", "-"))
    call_command("migrate", verbosity=0)
    assert [(each.name, each.name_key) for each in Category.objects.all()] == [("Front desk", "front desk")]
    kept = Tag.objects.get(slug="service-recovery")
    assert Tag.objects.count() == 2
    assert TaggedTip.objects.filter(tag=kept).count() == 2
    assert FormerSlug.objects.get().tag == kept
