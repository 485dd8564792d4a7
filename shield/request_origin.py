"""Where a request comes from: the site whose page sent it, and the network it was sent from."""

import enum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest

# The prefix lengths that are counted by, of IPv4 and IPv6, the narrowest network first.
_WIDTHS = {4: (32, 24), 6: (64, 56, 48)}


class Origin(enum.Enum):
    """Whose page a form was sent from, as far as the browser says."""

    OWN = "own"
    UNKNOWN = "unknown"
    FOREIGN = "foreign"


def origin(request: HttpRequest) -> Origin:
    """Return whose page sent this request, judged by ``Origin`` and ``Sec-Fetch-Site``.

    Without ``Origin``, or with ``Origin: null`` (a page that hides its URL, an old browser, a mail program),
    the sender is unknown, not foreign. ``Sec-Fetch-Site`` is set by the browser alone (Fetch Metadata, W3C).
    So "same-origin" holds also where a proxy changed the host name, and for our own pages behind signed
    links, which hide their URLs.
    """
    if request.headers.get("Sec-Fetch-Site") == "same-origin":
        return Origin.OWN
    sent_from = request.headers.get("Origin", "null")
    if sent_from == "null":
        return Origin.UNKNOWN
    try:
        host = urlsplit(sent_from).netloc.lower()
    except ValueError:
        return Origin.FOREIGN
    own_hosts = (urlsplit(settings.SITE_URL).netloc.lower(), request.get_host().lower())
    return Origin.OWN if host in own_hosts else Origin.FOREIGN


def networks(request: HttpRequest) -> tuple[str, ...]:
    """Return the networks that a request came from, each within the next one: the narrowest first.

    They are an IPv4 address and its /24, or an IPv6 /64, /56 and /48: whoever has one line can send from each
    address of a /64, and often from each of a /56 or a /48. Of ``X-Forwarded-For`` only the last
    TRUSTED_PROXIES entries are believed, which our own proxies wrote. An IP address that cannot be read is
    the network "unknown", which all such requests share.
    """
    ip = _ip(request)
    return ("unknown",) if ip is None else tuple(_network(ip, bits) for bits in _WIDTHS[ip.version])


def network(request: HttpRequest) -> str:
    """Return the narrowest of the ``networks`` of a request: one IPv4 address, or an IPv6 /64."""
    return networks(request)[0]


def region(request: HttpRequest) -> str:
    """Return a coarse origin for a record that is kept: an IPv4 /24 or an IPv6 /48, or ""."""
    ip = _ip(request)
    return "" if ip is None else region_of(ip)


def region_of(ip: IPv4Address | IPv6Address) -> str:
    """Return the coarse origin as which an IP address is kept; see ``region``."""
    return _network(ip, _WIDTHS[ip.version][-1])


def _network(ip: IPv4Address | IPv6Address, bits: int) -> str:
    return str(ip_network(f"{ip}/{bits}", strict=False))


def _ip(request: HttpRequest) -> IPv4Address | IPv6Address | None:
    hops = [request.META.get("REMOTE_ADDR", "")]
    if settings.TRUSTED_PROXIES:
        forwarded = request.headers.get("X-Forwarded-For", "").split(",")
        hops = [hop.strip() for hop in forwarded if hop.strip()][-settings.TRUSTED_PROXIES :] or hops
    try:
        ip = ip_address(_without_port(hops[0]))
    except ValueError:
        return None
    if isinstance(ip, IPv4Address):
        return ip
    # The zone of a link-local address ("%eth0") concerns this machine alone.
    return ip.ipv4_mapped or IPv6Address(int(ip))


def _without_port(hop: str) -> str:
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop
