"""Staff for tests, each in the group that gives their role its rights."""

from django.contrib.auth.models import Group, User


def make_person(name, role=None, **fields):
    """Save and return a member of staff who may log in; ``role`` is a group's name."""
    person = User.objects.create_user(
        name, f"{name}@example.org", f"{name}-knows-this", is_staff=True, **fields
    )
    if role:
        person.groups.add(Group.objects.get(name=role))
    return person
