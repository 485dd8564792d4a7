"""Check the site as it is served: ``make audit``, or ``python -m audit [--links | --desk | --scan] [PATH]``.

PATH holds archive pages to take instead of the demonstration. Without it, the links of the real pages are
followed as well, where these are here. ``--links`` follows the links alone, which needs no other program;
``--desk`` looks at the screens of staff alone, which needs Chromium, and ``--scan`` has the site attacked
alone, which needs wapiti.
Each site runs on a database and in a folder of its own, which are gone afterwards. Exit status: 0 all
within bounds, 1 something is not, 2 nothing could be checked.
"""

import argparse
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import HTTPMessage
from pathlib import Path
from typing import IO, TypedDict
from urllib.parse import urlsplit

from audit import desk_screens
from audit import scan as scanner
from audit.links import Answer, crawl
from bench.report import Verdicts, machine, table
from tests.__main__ import OF_A_SITE, ROOT

REAL_PAGES = ROOT.parent / "shared" / "seeds"
CHROMIUM = "/usr/bin/chromium"
TOOLS = Path(__file__).resolve().parent / "node_modules"
CHECKER = TOOLS / "vnu-jar" / "build" / "dist" / "vnu.jar"
LIGHTHOUSE = TOOLS / ".bin" / "lighthouse"
WAPITI = ROOT / ".venv-audit" / "bin" / "wapiti"
# What Lighthouse may find missing to 100, by category.
BOUNDS = {"performance": 2, "accessibility": 0, "best-practices": 0, "seo": 0}
ROUNDS = 3
MOST_BYTES, MOST_REQUESTS = 25_000, 5
# Lighthouse's points of 100 by category, bytes transferred, requests.
Measured = tuple[dict[str, int], int, int]


class Site(TypedDict):
    """What audit.archive prints: the URLs to check, and name to URL of those that Lighthouse looks at."""

    pages: list[str]
    searches: list[str]
    measured: dict[str, str]


class CannotAuditError(Exception):
    """Nothing can be checked; the text says why and what would help."""


def main(path: str | None, part: str | None) -> int:
    """Check all, or the part "links", "desk" or "scan"; return the exit status."""
    require_tools(part)
    # An end by signal takes the site along.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    verdicts = Verdicts()
    if part in (None, "desk"):
        with site_of(None) as (root, _, folder):
            check_desk(verdicts, root, folder)
    if part in (None, "scan"):
        # It leaves much behind in the forms.
        with site_of(None) as (root, _, folder):
            try:
                scanner.scan(verdicts, WAPITI, root, folder)
            except scanner.ScanFailedError as error:
                raise CannotAuditError(f"wapiti failed: {error}") from None
    if part in ("desk", "scan"):
        return 1 if verdicts.failed else 0
    with site_of(path) as (root, site, folder):
        follow_links(verdicts, path or "the demonstration", root, site["searches"])
        if part is None:
            check_markup(verdicts, root, site["pages"], folder)
            measure(verdicts, root, site["measured"], folder)
    if not path and REAL_PAGES.is_dir():
        with site_of(str(REAL_PAGES)) as (root, site, _):
            follow_links(verdicts, "the real pages", root, site["searches"])
    elif not path:
        print("Skipped: the links of the real pages, which are not here (../shared/seeds).")
    return 1 if verdicts.failed else 0


@contextlib.contextmanager
def site_of(path: str | None) -> Iterator[tuple[str, Site, Path]]:
    """Serve a new site of some pages for the length of a ``with`` block; give (its URL, it, its folder)."""
    with tempfile.TemporaryDirectory(prefix="tips-audit-") as name:
        folder = Path(name)
        site = made(path, folder)
        with served(folder) as root:
            yield root, site, folder


def require_tools(part: str | None) -> None:
    """Raise CannotAuditError where something is not installed that all, or a part, needs."""
    missing = [] if part else [name for name in ("java", "node", CHROMIUM) if not shutil.which(name)]
    needed = {None: (CHECKER, LIGHTHOUSE, WAPITI), "scan": (WAPITI,)}.get(part, ())
    missing += [str(tool) for tool in needed if not tool.exists()]
    if missing:
        raise CannotAuditError(f"{', '.join(missing)} missing; see docs/audit.md for what is needed")


def environment(folder: Path, port: str = "8000") -> dict[str, str]:
    """Return the environment of a new site whose state is in a folder."""
    kept = {name: value for name, value in os.environ.items() if name not in OF_A_SITE}
    own = {
        "DJANGO_SETTINGS_MODULE": "tipsite.settings",
        "DATABASE_URL": f"sqlite:///{folder / 'tips.sqlite3'}",
        "STATE_DIR": str(folder),
        "PORT": port,
    }
    return kept | own


def made(path: str | None, folder: Path) -> Site:
    """Make the site's database and static files; return the URLs to look at (see audit.archive)."""
    command = [sys.executable, "-m", "audit.archive", *filter(None, [path])]
    process = subprocess.run(command, cwd=ROOT, env=environment(folder), stdout=subprocess.PIPE)
    if process.returncode:
        raise CannotAuditError("The site could not be made; the reason is above")
    site: Site = json.loads(process.stdout)
    return site


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve the site as for its readers, for the length of a ``with`` block; give its URL."""
    port = os.environ.get("PORT", "8009")
    command = [sys.executable, str(ROOT / "manage.py"), "serve", "--port", port]
    log = folder / "log"
    with log.open("w") as file:
        site = subprocess.Popen(command, env=environment(folder, port), stdout=file, stderr=file)
    try:
        deadline = time.monotonic() + 60
        while "The site is at" not in log.read_text():
            if site.poll() is not None or time.monotonic() > deadline:
                raise CannotAuditError(f"The site does not start: {log.read_text().strip()}")
            time.sleep(0.2)
        yield f"http://localhost:{port}"
    finally:
        site.send_signal(signal.SIGINT)
        site.wait()


class _StayPut(urllib.request.HTTPRedirectHandler):
    """Leaves it to the caller to follow a redirect."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> None:
        return None


def follow_links(verdicts: Verdicts, name: str, root: str, starts: list[str]) -> None:
    """Judge how many links of a site are dead; print each with the page where it stands."""
    opener = urllib.request.build_opener(_StayPut)

    def ask(path: str) -> Answer:
        try:
            with opener.open(root + path, timeout=30) as answer:
                return Answer(answer.status, answer.headers.get("Content-Type", ""), answer.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, location=error.headers.get("Location", ""))

    result = crawl(ask, [urlsplit(root).netloc], starts)
    for dead in result.dead:
        print(f"{dead.page}: {dead.link}: {dead.reason}")
    subject = f"{name}: dead links of {result.links:,} on {len(result.pages):,} pages"
    verdicts.at_most(subject, len(result.dead), 0)


def check_markup(verdicts: Verdicts, root: str, pages: list[str], folder: Path) -> None:
    """Judge by the Nu HTML checker what is wrong with the pages, the stylesheets and the icon."""
    folder = folder / "pages"
    folder.mkdir()
    names = {}
    for number, page in enumerate(pages):
        file = folder / f"{number}.html"
        file.write_bytes(fetched(root + page))
        names[file.as_uri().replace("///", "/")] = page
    others = ["static/site.css", "static/admin-desk/desk.css", "static/bell.svg"]
    files = [*sorted(folder.iterdir()), *(ROOT / name for name in others)]
    command = [
        "java",
        "-jar",
        str(CHECKER),
        "--also-check-css",
        "--also-check-svg",
        # Newer than the checker; a browser that does not know the property either shows the bar's beginning.
        "--filterpattern",
        ".*Property “scroll-initial-target” doesn't exist.*",
        "--format",
        "json",
        *map(str, files),
    ]
    checked = subprocess.run(command, stderr=subprocess.PIPE, text=True)
    try:
        faults = json.loads(checked.stderr)["messages"]
    except ValueError:
        raise CannotAuditError(f"The Nu HTML checker failed: {checked.stderr.strip()[:500]}") from None
    for fault in faults:
        url = fault.get("url", "")
        print(f"{names.get(url, url)}, line {fault.get('lastLine', '?')}: {fault['message']}")
    verdicts.at_most(f"the Nu HTML checker's findings on {len(files)} files", len(faults), 0)


def check_desk(verdicts: Verdicts, root: str, folder: Path) -> None:
    """Judge what axe, the console and the scales say of the screens of staff, safe and not."""
    command, inside = [sys.executable, "-m", "audit.desk_archive"], environment(folder)
    filled = subprocess.run(command, cwd=ROOT, env=inside, stdout=subprocess.PIPE)
    if filled.returncode:
        raise CannotAuditError("The desk could not be filled; the reason is above")
    desk: desk_screens.Desk = json.loads(filled.stdout)
    with desk_screens.signed_in(root, desk, CHROMIUM) as audit:
        audit.look(desk["screens"], "is safe")
        subprocess.run([*command, "unsafe"], cwd=ROOT, env=inside, check=True)
        audit.look(desk["unsafe"], "is not safe")
    audit.judge(verdicts)


def fetched(url: str) -> bytes:
    """Return the bytes of a page, whatever status it has: those for what is missing are pages too."""
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            content: bytes = answer.read()
            return content
    except urllib.error.HTTPError as error:
        return error.read()


def measure(verdicts: Verdicts, root: str, pages: dict[str, str], folder: Path) -> None:
    """Judge Lighthouse's scores on some pages, and the weight of home."""
    print(f"\nLighthouse, as on a phone. {machine()}\n")
    measured = {name: best(root + page, folder) for name, page in pages.items()}
    table(
        ("page", *BOUNDS, "bytes", "requests"),
        [
            (name, *(str(scores[category]) for category in BOUNDS), str(size), str(requests))
            for name, (scores, size, requests) in measured.items()
        ],
    )
    for category, bound in BOUNDS.items():
        worst = min(scores[category] for scores, *_ in measured.values())
        verdicts.at_most(f"{category}, worst page short of 100 by", 100 - worst, bound)
    _, size, requests = measured["home"]
    verdicts.at_most("home: bytes over the line, all in all", size, MOST_BYTES)
    verdicts.at_most("home: requests", requests, MOST_REQUESTS)


def best(url: str, folder: Path) -> Measured:
    """Return what ``lighthouse`` does, the best of up to ROUNDS rounds.

    A busy machine makes a page look slower than it is, and nothing makes it look faster.
    """
    rounds: list[Measured] = []
    while len(rounds) < ROUNDS:
        rounds.append(lighthouse(url, folder))
        if 100 - rounds[-1][0]["performance"] <= BOUNDS["performance"]:
            break
    return max(rounds, key=lambda measured: measured[0]["performance"])


def lighthouse(url: str, folder: Path) -> Measured:
    """Look at a page once; return (points of 100 by category, bytes transferred, requests)."""
    result = folder / "lighthouse.json"
    command = [str(LIGHTHOUSE), url, "--quiet", "--no-enable-error-reporting"]
    command += ["--output=json", f"--output-path={result}", f"--only-categories={','.join(BOUNDS)}"]
    command += ["--chrome-flags=--headless=new --no-sandbox --disable-gpu --disable-background-networking"]
    run = subprocess.run(
        command, env=os.environ | {"CHROME_PATH": CHROMIUM}, stderr=subprocess.PIPE, text=True
    )
    if run.returncode:
        raise CannotAuditError(f"Lighthouse failed: {run.stderr.strip()[-500:]}")
    report = json.loads(result.read_text())
    points = {name: round(category["score"] * 100) for name, category in report["categories"].items()}
    for category in report["categories"].values():
        for reference in category["auditRefs"]:
            audit = report["audits"][reference["id"]]
            if reference["weight"] and audit["score"] is not None and audit["score"] < 0.9:
                print(f"{url}: {audit['title']}")
    requests = report["audits"]["network-requests"]["details"]["items"]
    return points, sum(request["transferSize"] for request in requests), len(requests)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m audit", description=str(__doc__).split(":")[0] + ".")
    parser.add_argument("path", nargs="?", metavar="PATH", help="archive pages instead of the demonstration")
    parts = parser.add_mutually_exclusive_group()
    for name, does in (
        ("links", "follow the links alone"),
        ("desk", "look at the screens of staff alone"),
        ("scan", "have the site attacked alone"),
    ):
        parts.add_argument(f"--{name}", dest="part", action="store_const", const=name, help=does)
    arguments = parser.parse_args()
    try:
        sys.exit(main(arguments.path, arguments.part))
    except KeyboardInterrupt:
        sys.exit(130)
    except CannotAuditError as error:
        print(f"audit: {error}.", file=sys.stderr)
        sys.exit(2)
