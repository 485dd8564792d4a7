"""Our judgement beside that of Sisimai (Debian's libsisimai-perl), and why the two differ where they do."""

import json
import shutil
import subprocess

import pytest

from subscribers.bounces import reading
from tests.subscribers.bounces.cases import CASES

# What Sisimai calls a reason, in our words. What is not here says nothing about whose fault it is.
KINDS = {
    "hard": "userunknown hostunknown hasmoved suspend notaccept filtered",
    "soft": """
        mailboxfull expired networkerror systemerror systemfull toomanyconn speeding mesgtoobig
        exceedlimit""",
    "policy": """
        blocked rejected spamdetected policyviolation securityerror virusdetected norelaying contenterror""",
    "complaint": "feedback",
    "automatic": "vacation",
    "other": "delivered",
}
KIND_OF = {reason: kind for kind, reasons in KINDS.items() for reason in reasons.split()}
SCRIPT = """
use Sisimai; use JSON::PP;
my %found;
for my $file (@ARGV) {
    my $read = eval { Sisimai->make($file, "delivered" => 1) } || [];
    my ($name) = $file =~ m#([^/]+)$#;
    $found{$name} = @$read ? $read->[0]->reason : "";
}
print encode_json(\\%found);
"""
# {why: {report: Sisimai's reason for it}}; an empty reason: it finds no report at all.
EXPLAINED = {
    "It calls every feedback report a complaint; these two say that they are none.": {
        "a provider's report on authentication (RFC 6591)": "feedback",
        "a provider's user calls it no spam": "feedback",
    },
    "It reads no complaint in Microsoft's own form.": {
        "outlook.com, complaint by its header": "",
        "outlook.com, complaint by its subject": "",
    },
    "It knows automatic answers by Auto-Submitted alone, and no receipts.": {
        "a receipt that it was read (RFC 8098)": "",
        "an automatic reply by its subject alone": "",
        "zoho, vacation": "",
    },
    "It knows no server of that form; our token tells us that the mail was ours.": {
        "a server that nobody knows": "",
        "a server that nobody knows, with policy": "",
        "domino, unknown": "",
    },
    "It leaves open what a refusal without a reason means; we count it, and suppress after three.": {
        "exim, in the text, nothing said": "onhold",
        "postfix, no reason": "onhold",
        "qmail, refused without a reason": "systemerror",
    },
    "It does not look for these words, or not in the text of that server; we do.": {
        "exim, in the text, blocklist": "onhold",
        "microsoft 365, expired": "onhold",
        "microsoft 365, no domain": "onhold",
        "opensmtpd, envelope expired": "undefined",
        "opensmtpd, unknown": "undefined",
        "yahoo, policy": "onhold",
        "zoho, blocked": "onhold",
        "zoho, no account": "onhold",
    },
    "It says that the receiver filters mail; the words say that they get too much at once.": {
        "gmail, at a rate": "filtered",
    },
    "It counts greylisting as a block; we count it as something that passes.": {
        "postfix, greylisted for days": "blocked",
    },
}


def has_sisimai():
    perl = shutil.which("perl")
    return perl and subprocess.run([perl, "-MSisimai", "-e", "1"], capture_output=True).returncode == 0


@pytest.mark.soak
@pytest.mark.once
@pytest.mark.skipif(not has_sisimai(), reason="no Sisimai: Debian's libsisimai-perl has it")
def test_where_sisimai_judges_otherwise_the_reason_is_known(tmp_path, settings):
    settings.BOUNCE_ADDRESS = "bounces@tips.example.org"
    for number, case in enumerate(CASES):
        (tmp_path / f"{number}").write_bytes(case.raw(7))
    files = sorted(map(str, tmp_path.iterdir()))
    run = subprocess.run(["perl", "-e", SCRIPT, *files], capture_output=True, check=True)
    found = json.loads(run.stdout)
    differences = {}
    for number, case in enumerate(CASES):
        ours, reason = reading.read(case.raw(7)).sort, found[f"{number}"]
        theirs = KIND_OF.get(reason, "unclear" if reason else "other")
        if ours != theirs:
            differences[case.name] = reason
    assert differences == {name: reason for reasons in EXPLAINED.values() for name, reason in reasons.items()}
