"""Look at the screens of the desk in a real browser, as a Publisher who has signed in."""

import contextlib
from collections.abc import Iterator
from typing import Literal, TypedDict

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, sync_playwright

from bench.report import Verdicts
from tests.browser.axe import JUDGE, OPTIONS

WIDTHS = (390, 768, 1280)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
MOST_HTML = 60_000
IDLE = "new Promise(done => requestIdleCallback(() => setTimeout(done)))"


class Desk(TypedDict):
    """What audit.desk_archive prints."""

    name: str
    password: str
    screens: dict[str, str]
    unsafe: dict[str, str]


class DeskAudit:
    """What was found on the screens so far, by what is judged."""

    def __init__(self, page: Page) -> None:
        self.page, self.looked = page, 0
        self.findings: list[str] = []
        self.complaints: list[str] = []
        self.largest = (0, "")
        page.on("console", lambda message: self._hear(message.type, message.text))
        page.on("pageerror", lambda error: self._hear("error", str(error)))

    def _hear(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(f"{self.page.url}: {text}")

    def look(self, screens: dict[str, str], verdict: str) -> None:
        """Look at screens at each width and in each scheme.

        That the next tip is as it should be here is seen from the front page, whose heading has the words of
        ``verdict``.
        """
        self.page.goto("/admin/")
        heading = self.page.get_by_role("heading", level=1).inner_text()
        if verdict not in heading:
            self.findings.append(f"front page: it says “{heading}”, and not that the next tip {verdict}")
        for name, url in screens.items():
            answer = self.page.goto(url)
            if answer is None or answer.status != 200:
                self.findings.append(f"{name}: {url} was answered {answer and answer.status}")
                continue
            self.largest = max(self.largest, (len(answer.body()), name))
            self.page.evaluate(IDLE)
            self.page.evaluate(Axe().axe_script)
            for width in WIDTHS:
                self.page.set_viewport_size({"width": width, "height": 900})
                for scheme in SCHEMES:
                    self.page.emulate_media(color_scheme=scheme)
                    self.looked += 1
                    found: dict[str, list[str]] = self.page.evaluate(JUDGE, OPTIONS)
                    self.findings += [
                        f"{name} ({width}, {scheme}): {rule}: {' '.join(map(str, target))}"
                        for rule, target in found.items()
                    ]

    def judge(self, verdicts: Verdicts) -> None:
        """Print what was found, and judge it."""
        for line in [*self.findings, *self.complaints]:
            print(line)
        verdicts.at_most(f"axe's findings on {self.looked} looks at the desk", len(self.findings), 0)
        verdicts.at_most("messages in the console of the desk", len(self.complaints), 0)
        size, name = self.largest
        verdicts.at_most(f"bytes of HTML of the desk's largest screen ({name})", size, MOST_HTML)


@contextlib.contextmanager
def signed_in(root: str, desk: Desk, chromium: str) -> Iterator[DeskAudit]:
    """Open a browser whose person is signed in on the site at ``root``, for a ``with`` block."""
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        page = browser.new_context(base_url=root).new_page()
        page.goto("/admin/login/")
        page.get_by_label("Name or e-mail address").fill(desk["name"])
        page.get_by_label("Password").fill(desk["password"])
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/admin/")
        yield DeskAudit(page)
        browser.close()
