"""Mail scanners open every link before its reader does; see also tests/browser/test_scanners.py."""

import pytest

from tests.subscribers import mailed_links

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("number", [2, pytest.param(100, marks=pytest.mark.soak)])
def test_opening_every_link_of_every_mail_changes_nothing_at_all(number, client, post_office, monkeypatch):
    mailed_links.send_each_kind(number, monkeypatch)
    assert len(post_office.letters) == 5 * number
    links = mailed_links.links(post_office)
    assert mailed_links.kinds(links) == mailed_links.KINDS
    before = mailed_links.all_rows()
    for link in links:
        for method in (client.get, client.head):
            answer = method(link)
            assert answer.status_code == 200
            assert not answer.cookies
        for method in (client.options, client.put, client.delete, client.patch):
            assert method(link).status_code in (200, 405)
    assert mailed_links.all_rows() == before
