import pytest

from subscribers import addresses
from subscribers.models import Suppression
from subscribers.people import subscriptions, suppressions


@pytest.fixture
def desk(client, publisher):
    """A client in which a publisher is logged in."""
    client.force_login(publisher)
    return client


@pytest.fixture
def anna(db):
    """A confirmed subscriber."""
    return subscriptions.confirm(subscriptions.request("Anna.Lee@example.org", first_name="Anna"))


@pytest.fixture
def suppress():
    """A function that lets a reason hold for an address."""

    def suppress(address, reason=Suppression.Reason.BOUNCED):
        suppressions.suppress(addresses.keyed_hash(address), reason, "told by a test")

    return suppress
