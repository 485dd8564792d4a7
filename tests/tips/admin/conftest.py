import pytest

from tests.tips.people import make_person


@pytest.fixture(autouse=True)
def plain_static_files(settings):
    """Static files by their own names: what collects and renames them is tested in the browser."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def author(db):
    return make_person("ann", "Author")


@pytest.fixture
def editor(db):
    return make_person("ed", "Editor")


@pytest.fixture
def desk(client, editor):
    """A client in which an editor is logged in."""
    client.force_login(editor)
    return client
