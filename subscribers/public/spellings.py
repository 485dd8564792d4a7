"""Addresses at large providers that were probably mistyped."""

from rapidfuzz.distance import OSA

# At these most people have their address, and most slips happen.
_LARGE = (
    "gmail.com googlemail.com yahoo.com hotmail.com outlook.com live.com msn.com icloud.com aol.com"
    " protonmail.com comcast.net verizon.net sbcglobal.net bellsouth.net cox.net charter.net"
).split()
# Near to one of these, and somebody's address all the same.
_OTHERS = frozenset(
    "mail.com email.com ymail.com gmx.com fmail.com love.com life.com olive.com me.com ms.com".split()
)
# What is typed for ".com".
_SLIPS_OF_COM = frozenset("con cm co om cmo ocm comm coom vom xom cpm c".split())


def meant(address: str) -> str:
    """Return the address that was probably meant by one (a normal one, see ``addresses``), or "".

    Only its domain is looked at, and nothing is looked up: the answer tells of nobody.
    """
    mailbox, _, domain = address.rpartition("@")
    domain = domain.lower()
    if not mailbox or domain in _LARGE or domain in _OTHERS:
        return ""
    name, _, end = domain.rpartition(".")
    if end in _SLIPS_OF_COM:
        corrected = f"{name}.com"
        if corrected in _LARGE:
            return f"{mailbox}@{corrected}"
        domain = corrected
    near = [large for large in _LARGE if OSA.distance(domain, large, score_cutoff=1) <= 1]
    return f"{mailbox}@{near[0]}" if near else ""
