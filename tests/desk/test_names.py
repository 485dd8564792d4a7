"""What people are called on the desk."""

import pytest

from desk import names
from tests.tips.people import make_person

MAIL = "subscribers.manage_mailing"


@pytest.mark.django_db
def test_whoever_has_not_followed_their_invitation_is_not_named():
    make_person("pia", "Publisher")
    ivy = make_person("ivy", "Publisher")
    ivy.set_unusable_password()
    ivy.save()
    assert names.who_may([MAIL]) == {MAIL: "pia"}
