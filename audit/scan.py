"""What an attacker's tool finds: wapiti, in an environment of its own, on a site of the demonstration."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bench.report import Verdicts, table

# Modules that ask other hosts: for a list, for the name of a host, or to see whether the site calls them.
NEED_THE_NET = (
    "cms",
    "htp",
    "log4shell",
    "network_device",
    "nikto",
    "ssrf",
    "takeover",
    "wapp",
    "wp_enum",
    "xxe",
)
# The site speaks TLS through nginx alone, and is served without it here.
NEED_TLS = "https_redirect", "ssl"
# How long the site is crawled, and how long each module may attack, in seconds.
CRAWL, ATTACK = 120, 60
MEDIUM = 2
# Forms that anybody may send have no session, and so none that another site could use. Cached pages carry
# them; what the browser says of their origin is judged instead (shield/request_origin.py).
WITHOUT_TOKEN = "/subscribe/", "/subscribe/again/", "/subscribe/preferences/"


class ScanFailedError(Exception):
    """The scanner gave up; the text is the end of what it said."""


class Finding(NamedTuple):
    """What a module says of a URL; ``level`` is 0 (a remark) to 4 (critical)."""

    kind: str
    level: int
    method: str
    path: str
    what: str

    @property
    def is_expected(self) -> bool:
        """Whether it is how the site is meant to be."""
        return self.kind == "Cross Site Request Forgery" and self.path in WITHOUT_TOKEN


def scan(verdicts: Verdicts, wapiti: Path, root: str, folder: Path) -> None:
    """Judge what the program ``wapiti`` finds on the site at ``root``; its report goes to ``folder``."""
    report = folder / "wapiti.json"
    modules = ",".join(["all", *(f"-{name}" for name in (*NEED_THE_NET, *NEED_TLS))])
    command = [str(wapiti), "--url", f"{root}/", "--scope", "domain", "--module", modules, "--no-bugreport"]
    # One task: its own database cannot take two that write at once.
    command += ["--max-scan-time", str(CRAWL), "--max-attack-time", str(ATTACK), "--timeout", "30"]
    command += ["--max-links-per-page", "60", "--max-files-per-dir", "20", "--tasks", "1", "--color"]
    command += ["--store-session", str(folder), "--store-config", str(folder)]
    command += ["--format", "json", "--output", str(report)]
    with (folder / "wapiti.log").open("w") as log:
        done = subprocess.run(command, stdout=log, stderr=log)
    if done.returncode or not report.exists():
        raise ScanFailedError((folder / "wapiti.log").read_text().strip()[-500:])
    told = json.loads(report.read_text())
    found = sorted(set(findings(told)))
    pages = told["infos"]["crawled_pages_nbr"]
    worth_telling = [each for each in found if each.level]
    print(f"\nwapiti on {pages} pages. Left out: {', '.join((*NEED_THE_NET, *NEED_TLS))}.\n")
    table(
        ("level", "kind", "where", "what", ""),
        [
            (
                str(each.level),
                each.kind,
                f"{each.method} {each.path}",
                each.what[:60],
                "meant" if each.is_expected else "",
            )
            for each in worth_telling
        ],
    )
    bad = [each for each in worth_telling if each.level >= MEDIUM and not each.is_expected]
    verdicts.at_least("wapiti: pages crawled", pages, 50)
    verdicts.at_most("wapiti: findings of medium weight or above", len(bad), 0)


def findings(report: dict[str, dict[str, list[dict[str, str]]]]) -> Iterator[Finding]:
    """Yield all that a report of wapiti's has found."""
    for part in ("vulnerabilities", "anomalies", "additionals"):
        for kind, each in report[part].items():
            for one in each:
                yield Finding(kind, int(one["level"]), one["method"], one["path"], one["info"])
