import pytest
from django.test import RequestFactory

from shield.request_origin import Origin, network, networks, origin, region


def judged(settings, **headers):
    settings.SITE_URL = "https://tips.example.org"
    return origin(RequestFactory().post("/subscribe/", headers={"Host": "localhost", **headers}))


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://tips.example.org"},
        {"Origin": "http://localhost"},
        {"Origin": "https://tips.example.org", "Sec-Fetch-Site": "same-origin"},
        # A proxy changed the host's name; the browser knows better.
        {"Origin": "https://other.example.org", "Sec-Fetch-Site": "same-origin"},
        # A page behind a link, which keeps its address to itself.
        {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
    ],
)
def test_it_knows_its_own_pages(settings, headers):
    assert judged(settings, **headers) is Origin.OWN


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": "null"}, {"Origin": "null", "Sec-Fetch-Site": "cross-site"}]
)
def test_it_never_takes_silence_for_a_foreign_page(settings, headers):
    assert judged(settings, **headers) is Origin.UNKNOWN


@pytest.mark.parametrize(
    "sent_from", ["https://evil.example", "https://tips.example.org.evil.example", "http://[", "garbage", ""]
)
def test_it_knows_a_foreign_page(settings, sent_from):
    assert judged(settings, Origin=sent_from) is Origin.FOREIGN
    assert judged(settings, **{"Origin": sent_from, "Sec-Fetch-Site": "cross-site"}) is Origin.FOREIGN


def seen_as(settings, remote, forwarded=None, proxies=0):
    settings.TRUSTED_PROXIES = proxies
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return network(RequestFactory().post("/", REMOTE_ADDR=remote, headers=headers))


@pytest.mark.parametrize(
    ("remote", "expected"),
    [
        ("203.0.113.9", "203.0.113.9/32"),
        ("::ffff:203.0.113.9", "203.0.113.9/32"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("unix:", "unknown"),
    ],
)
def test_it_takes_one_ipv4_address_or_an_ipv6_64_for_a_network(settings, remote, expected):
    assert seen_as(settings, remote) == expected


@pytest.mark.parametrize(
    ("remote", "expected"),
    [
        ("203.0.113.9", ("203.0.113.9/32", "203.0.113.0/24")),
        ("2001:db8:1:2345::6", ("2001:db8:1:2345::/64", "2001:db8:1:2300::/56", "2001:db8:1::/48")),
        ("?", ("unknown",)),
    ],
)
def test_it_knows_the_networks_around_a_network(remote, expected):
    assert networks(RequestFactory().post("/", REMOTE_ADDR=remote)) == expected


@pytest.mark.parametrize(
    ("forwarded", "proxies", "expected"),
    [
        ("198.51.100.7", 0, "203.0.113.9/32"),
        ("6.6.6.6, 198.51.100.7", 1, "198.51.100.7/32"),
        ("6.6.6.6, 198.51.100.7, 10.0.0.1", 2, "198.51.100.7/32"),
        ("198.51.100.7", 2, "198.51.100.7/32"),
        ("198.51.100.7:4711", 1, "198.51.100.7/32"),
        ("[2001:db8::1]:4711", 1, "2001:db8::/64"),
        ("6.6.6.6, <script>", 1, "unknown"),
        (" , ", 1, "203.0.113.9/32"),
        (None, 1, "203.0.113.9/32"),
    ],
)
def test_it_believes_only_what_our_own_proxies_wrote(settings, forwarded, proxies, expected):
    assert seen_as(settings, "203.0.113.9", forwarded, proxies) == expected


@pytest.mark.parametrize(
    ("remote", "expected"),
    [("203.0.113.9", "203.0.113.0/24"), ("2001:db8:1:2::3", "2001:db8:1::/48"), ("?", "")],
)
def test_it_cuts_short_what_is_kept(remote, expected):
    assert region(RequestFactory().post("/", REMOTE_ADDR=remote)) == expected
