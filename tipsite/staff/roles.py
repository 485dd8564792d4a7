"""The groups that staff belong to, and what each may do. Made anew after every migration."""

from django.apps import AppConfig, apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db import connections

_AUTHOR = frozenset(
    "tips.add_tip tips.change_tip tips.delete_tip tips.view_category tips.view_tag tips.view_tip".split()
)
# An Editor sees how mailings stand; the ledger, which names people, is a Publisher's.
_EDITOR = _AUTHOR.union(
    "subscribers.view_mailing tips.approve_tip tips.change_any_tip tips.publish_tip".split(),
    "tips.add_category tips.change_category tips.delete_category".split(),
    "tips.add_tag tips.change_tag tips.delete_tag".split(),
)
# A Publisher has an Editor's rights, and gets those over mailings, subscribers and staff. To block an address
# is to add a suppression; to take somebody off the list is to change a subscriber, whom nobody types over.
_PUBLISHER = _EDITOR.union(
    "auth.add_user auth.change_user auth.view_user tips.approve_own_text".split(),
    "subscribers.add_suppression subscribers.delete_suppression subscribers.manage_mailing".split(),
    "subscribers.change_subscriber subscribers.erase_subscriber subscribers.export_subscriber".split(),
    "subscribers.import_subscriber subscribers.view_consentevent subscribers.view_delivery".split(),
    "subscribers.view_erasure subscribers.view_linkrequest subscribers.view_servicemail".split(),
    "subscribers.view_subscriber subscribers.view_suppression".split(),
)
ROLES = {"Author": _AUTHOR, "Editor": _EDITOR, "Publisher": _PUBLISHER}


def make_groups(sender: AppConfig, using: str, **kwargs: object) -> None:
    """Make the groups with exactly these permissions, after a migration. Safe to run again.

    A site that wants other rights makes groups of its own beside these.
    """
    if not {"auth_group", "auth_permission"} <= set(connections[using].introspection.table_names()):
        return
    # Django makes permissions app by app after migrations; these here are needed now.
    for label in {name.split(".")[0] for names in ROLES.values() for name in names}:
        create_permissions(apps.get_app_config(label), verbosity=0, using=using)
    permissions = Permission.objects.using(using).values_list("content_type__app_label", "codename", "pk")
    known = {f"{app}.{codename}": pk for app, codename, pk in permissions}
    for role, names in ROLES.items():
        group, _ = Group.objects.using(using).get_or_create(name=role)
        group.permissions.set([known[name] for name in names])
