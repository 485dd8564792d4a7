"""Take the pictures that the README shows: ``python -m audit.pictures``.

They are of a demonstration with a busy desk, made anew each time, so that they show the program as it is.
"""

import json
import subprocess
import sys
from io import BytesIO

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from audit import desk_screens
from audit.__main__ import CHROMIUM, CannotAuditError, environment, site_of
from tests.__main__ import ROOT

FOLDER = ROOT / "docs" / "pictures"
WIDTH, HEIGHT = 1160, 880
# A README is read over slow lines too.
COLOURS = 64


def main() -> int:
    """Take all pictures; return the exit status."""
    FOLDER.mkdir(exist_ok=True)
    with site_of(None) as (root, _, folder):
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            # As readers have it, before there is anything on the desk.
            take(browser.new_context(base_url=root).new_page(), "home", "/")
            browser.close()
        command = [sys.executable, "-m", "audit.desk_archive"]
        filled = subprocess.run(
            command, cwd=ROOT, env=environment(folder), stdout=subprocess.PIPE, check=True
        )
        desk: desk_screens.Desk = json.loads(filled.stdout)
        tip = desk["screens"]["tip, approved"].removesuffix("change/")
        with desk_screens.signed_in(root, desk, CHROMIUM) as audit:
            take(audit.page, "calendar", desk["screens"]["calendar"])
            take(audit.page, "mail", f"{tip}preview/mail/?frame=desktop-light")
    return 0


def take(page: Page, name: str, url: str) -> None:
    """Take the picture of a page."""
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    # A mail's own policy runs no script, so nothing is waited for by one.
    page.goto(url, wait_until="networkidle")
    taken = Image.open(BytesIO(page.screenshot())).convert("RGB")
    taken.quantize(COLOURS).save(FOLDER / f"{name}.png", optimize=True)
    print(f"docs/pictures/{name}.png")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except CannotAuditError as error:
        print(f"No picture was taken: {error}.", file=sys.stderr)
        sys.exit(2)
