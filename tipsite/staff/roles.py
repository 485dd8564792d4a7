"""The groups that staff belong to, and what each may do. Made anew after every migration."""

from django.apps import AppConfig, apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db import connections


def _rights(app: str, names: str) -> frozenset[str]:
    return frozenset(f"{app}.{name}" for name in names.split())


_AUTHOR = _rights("tips", "add_tip change_tip delete_tip view_category view_tag view_tip")
_AUTHOR |= _rights("tips", "add_idea change_idea delete_idea view_idea")
# An Editor sees how mailings stand; the ledger, which names people, is a Publisher's.
_EDITOR = _AUTHOR | {"subscribers.view_mailing"} | _rights("tips", "approve_tip change_any_tip publish_tip")
_EDITOR |= _rights("tips", "add_category change_category delete_category add_tag change_tag delete_tag")
_EDITOR |= _rights("tips", "add_synonymgroup change_synonymgroup delete_synonymgroup view_synonymgroup")
_EDITOR |= _rights("tips", "add_standingnotice change_standingnotice")
_EDITOR |= _rights("tips", "delete_standingnotice view_standingnotice")
_EDITOR |= _rights("tips", "add_series change_series delete_series view_series")
_EDITOR |= _rights("tips", "add_page approve_page change_page delete_page view_page")
# A Publisher has an Editor's rights, and gets those over mailings, subscribers and staff. To block an address
# is to add a suppression; to take somebody off the list is to change a subscriber, whom nobody types over.
_PUBLISHER = _EDITOR | {"tips.approve_own_text"} | _rights("auth", "add_user change_user view_user")
_PUBLISHER |= _rights("tips", "change_sitesettings view_sitesettings")
_PUBLISHER |= _rights("subscribers", "manage_mailing add_suppression delete_suppression view_suppression")
_PUBLISHER |= _rights("subscribers", "change_subscriber erase_subscriber export_subscriber import_subscriber")
_PUBLISHER |= _rights("subscribers", "view_consentevent view_delivery view_erasure view_linkrequest")
_PUBLISHER |= _rights("subscribers", "view_servicemail view_subscriber")
_PUBLISHER |= _rights("subscribers", "change_contactmessage delete_contactmessage view_contactmessage")
# The role of who needs no group: Django calls them superusers.
OWNER = "Owner"
WHAT_THEY_DO = {
    "Author": "writes own tips and hands them in for review",
    "Editor": "changes, approves and plans everyone’s tips",
    "Publisher": "all that, and subscribers, mailings and colleagues",
    OWNER: "all that, and owners, roles and background tasks",
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
    permissions = Permission.objects.using(using).values_list("content_type__app_label", "codename", "pk")
    known = {f"{app}.{codename}": pk for app, codename, pk in permissions}
    for role, names in ROLES.items():
        group, _ = Group.objects.using(using).get_or_create(name=role)
        group.permissions.set([known[name] for name in names])
