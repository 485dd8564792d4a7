"""What staff do in a browser, in more than one test."""

import re

from playwright.sync_api import expect

from tests.tips.images import drawn


def log_in(page, name, password=None):
    page.goto("/admin/login/")
    page.get_by_label("Name or e-mail address").fill(name)
    page.get_by_label("Password").fill(password or f"{name}-knows-this")
    page.get_by_role("button", name="Sign in").click()


def the_editor(page):
    """Return the rich text editor, not the plain field that it takes the place of."""
    return page.get_by_role("textbox", name="Body").and_(page.locator("[contenteditable]"))


def press_save(page):
    """Press the one button that saves: its name says what follows where readers see the tip, or soon will."""
    page.get_by_role("button", name=re.compile("^Save")).click()


def save(page):
    press_save(page)
    expect(page.locator(".messagelist")).to_contain_text("Saved.")


def picture(name="bell.png", **options):
    return {"name": name, "mimeType": "image/png", "buffer": drawn("PNG", size=(400, 200), **options)}


def insert_picture(page, file, alt):
    page.get_by_role("toolbar", name="Formatting").get_by_role("button", name="picture").click()
    dialog = page.get_by_role("dialog", name="Insert a picture")
    dialog.get_by_label("Picture").set_input_files(file)
    dialog.get_by_label("Alternative text").fill(alt)
    dialog.get_by_role("button", name="Insert").click()
    return dialog
