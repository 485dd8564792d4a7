import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.db import DEFAULT_DB_ALIAS

from tests.desk.sent_forms import as_sent
from tests.tips.people import make_person
from tipsite.staff import roles


@pytest.mark.django_db
def test_the_groups_are_there_after_migration():
    assert set(Group.objects.values_list("name", flat=True)) >= {"Author", "Editor", "Publisher"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "permission", "has"),
    [
        ("Author", "tips.add_tip", True),
        ("Author", "tips.change_any_tip", False),
        ("Author", "tips.approve_tip", False),
        ("Author", "tips.change_tag", False),
        ("Editor", "tips.approve_tip", True),
        ("Editor", "tips.publish_tip", True),
        ("Editor", "tips.delete_tag", True),
        ("Editor", "auth.change_user", False),
        ("Publisher", "tips.approve_tip", True),
    ],
)
def test_each_group_has_the_rights_of_its_role(role, permission, has):
    assert make_person("someone", role).has_perm(permission) is has


@pytest.mark.django_db
def test_making_them_again_restores_what_a_release_says():
    author = Group.objects.get(name="Author")
    author.permissions.add(Permission.objects.get(codename="approve_tip"))
    roles.make_groups(apps.get_app_config("tips"), using=DEFAULT_DB_ALIAS)
    assert not author.permissions.filter(codename="approve_tip").exists()


@pytest.mark.django_db
def test_a_persons_own_permissions_and_their_groups_are_one_query(django_assert_num_queries):
    person = make_person("someone", "Author")
    person.user_permissions.add(Permission.objects.get(codename="publish_tip"))
    person = User.objects.get(pk=person.pk)
    with django_assert_num_queries(1):
        assert person.has_perms(["tips.publish_tip", "tips.add_tip"])
        assert not person.has_perm("tips.approve_tip")
    User.objects.update(is_active=False)
    assert not User.objects.get(pk=person.pk).has_perm("tips.add_tip")


@pytest.mark.django_db
def test_renaming_a_role_of_the_site_takes_no_right_away(client):
    client.force_login(make_person("olga", is_superuser=True))
    group = Group.objects.create(name="Auditors")
    group.permissions.set(Permission.objects.filter(codename__in=["view_logentry", "view_tip"]))
    page = f"/admin/auth/group/{group.pk}/change/"
    client.post(page, as_sent(client.get(page), "name", name="Readers of logs"))
    group.refresh_from_db()
    held = set(group.permissions.values_list("codename", flat=True))
    assert (group.name, held) == ("Readers of logs", {"view_logentry", "view_tip"})


@pytest.mark.django_db
def test_of_two_owners_at_one_role_each_changes_what_they_changed(client_of):
    olga, otto = (make_person(name, is_superuser=True) for name in ("olga", "otto"))
    group = Group.objects.create(name="Auditors")
    rights = {name: str(Permission.objects.get(codename=name).pk) for name in ("approve_tip", "publish_tip")}
    group.permissions.set([rights["approve_tip"]])
    page, hers, his = f"/admin/auth/group/{group.pk}/change/", client_of(olga), client_of(otto)
    opened = his.get(page)
    both = as_sent(hers.get(page), "name", name="Readers", permissions=[*rights.values()])
    hers.post(page, both)
    # The older form takes one right away, and puts back neither the name nor the other right.
    his.post(page, as_sent(opened, "name", permissions=None))
    group.refresh_from_db()
    assert (group.name, [each.codename for each in group.permissions.all()]) == ("Readers", ["publish_tip"])
    asked = his.post(page, as_sent(opened, "name", name="Auditors of texts"))
    assert "changed the same meanwhile" in asked.text
