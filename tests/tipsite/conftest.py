import pytest
from django.test import Client

from tests.tipsite.processes import Site, own_database


@pytest.fixture(scope="package")
def prepared_site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    with own_database(folder) as url:
        site = Site(folder, url)
        for command in (["migrate", "--verbosity=0"], ["collectstatic", "--no-input", "--verbosity=0"]):
            done = site.manage(*command)
            assert done.returncode == 0, done.stderr
        yield site


@pytest.fixture
def site(prepared_site):
    """A migrated site, of which nothing runs before or after the test."""
    yield prepared_site
    prepared_site.end_all()


@pytest.fixture
def client_of():
    """A function that returns a client of its own in which a person is logged in."""

    def client_of(person):
        client = Client()
        client.force_login(person)
        return client

    return client_of
