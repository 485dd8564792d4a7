"""The groups that staff belong to, and what each may do. Made anew after every migration."""

from django.apps import AppConfig, apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db import connections

_AUTHOR = {
    "tips.add_tip",
    "tips.change_tip",
    "tips.delete_tip",
    "tips.view_category",
    "tips.view_tag",
    "tips.view_tip",
}
_EDITOR = _AUTHOR | {
    "tips.add_category",
    "tips.add_tag",
    # How mailings stand; the ledger, which names people, is a Publisher's.
    "subscribers.view_mailing",
    "tips.approve_tip",
    "tips.change_any_tip",
    "tips.change_category",
    "tips.change_tag",
    "tips.delete_category",
    "tips.delete_tag",
    "tips.publish_tip",
}
# A Publisher has an Editor's rights, and gets those over mailings, subscribers and staff.
_PUBLISHER = _EDITOR | {
    "auth.add_user",
    "auth.change_user",
    "auth.view_user",
    # To block an address, and to lift a reason.
    "subscribers.add_suppression",
    "subscribers.delete_suppression",
    # To take off the list: nobody types over a subscriber.
    "subscribers.change_subscriber",
    "subscribers.erase_subscriber",
    "subscribers.export_subscriber",
    "subscribers.import_subscriber",
    "subscribers.manage_mailing",
    "subscribers.view_consentevent",
    "subscribers.view_delivery",
    "subscribers.view_erasure",
    "subscribers.view_servicemail",
    "subscribers.view_linkrequest",
    "subscribers.view_subscriber",
    "subscribers.view_suppression",
    "tips.approve_own_text",
}
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
    known = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.using(using).select_related("content_type")
    }
    for role, names in ROLES.items():
        group, _ = Group.objects.using(using).get_or_create(name=role)
        group.permissions.set(known[name] for name in names)
