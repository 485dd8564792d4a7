"""Where a request comes from: which page sent it, and which network it was sent from."""

import enum
import ipaddress
from urllib.parse import urlsplit

from django.conf import settings


class Origin(enum.Enum):
    """Whose page a form was sent from, as far as the browser says."""

    OWN = "own"
    UNKNOWN = "unknown"
    FOREIGN = "foreign"


def origin(request):
    """Return whose page sent this request, judged by ``Origin`` and ``Sec-Fetch-Site``.

    Without ``Origin``, or with ``Origin: null`` (a page that keeps its address to itself, an old browser,
    a mail program), the sender is unknown, not foreign. ``Sec-Fetch-Site`` is set by the browser alone
    (Fetch Metadata, W3C), so "same-origin" holds also where a proxy changed the host name, and for our own
    pages behind links, which keep their address to themselves.
    """
    if request.headers.get("Sec-Fetch-Site") == "same-origin":
        return Origin.OWN
    sent_from = request.headers.get("Origin", "null")
    if sent_from == "null":
        return Origin.UNKNOWN
    return Origin.OWN if _host(sent_from) in _own_hosts(request) else Origin.FOREIGN


def network(request):
    """Return the network that a request came from, as text: one IPv4 address, or an IPv6 /64.

    Of ``X-Forwarded-For`` only the last TRUSTED_PROXIES entries are believed, which our own proxies wrote.
    An address that cannot be read is the network "unknown", which all such requests share.
    """
    address = _address(request)
    if address is None:
        return "unknown"
    return str(_within(address, 32 if address.version == 4 else 64))


def region(request):
    """Return a coarse origin for a record that is kept: an IPv4 /24 or an IPv6 /48, or ""."""
    address = _address(request)
    return "" if address is None else coarse(address)


def coarse(address):
    """Return the coarse origin that a network address (of ``ipaddress``) is kept as."""
    return str(_within(address, 24 if address.version == 4 else 48))


def _within(address, bits):
    return ipaddress.ip_network(f"{address}/{bits}", strict=False)


def _address(request):
    hops = [request.META.get("REMOTE_ADDR", "")]
    if settings.TRUSTED_PROXIES:
        forwarded = request.headers.get("X-Forwarded-For", "").split(",")
        hops = [hop.strip() for hop in forwarded if hop.strip()][-settings.TRUSTED_PROXIES :] or hops
    try:
        address = ipaddress.ip_address(_without_port(hops[0]))
    except ValueError:
        return None
    if address.version == 4:
        return address
    # The zone of a link-local address ("%eth0") is this machine's own affair.
    return address.ipv4_mapped or ipaddress.IPv6Address(int(address))


def _without_port(hop):
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop


def _host(url):
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return None


def _own_hosts(request):
    return {_host(settings.SITE_URL), request.get_host().lower()}
