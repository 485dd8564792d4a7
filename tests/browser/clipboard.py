"""The clipboard of the browser, filled as other programs fill it, and pasted by keys."""

import base64

# What a copying program hands over comes through unchanged; the clipboard's newer interface cleans HTML.
_COPY = """data => document.addEventListener("copy", (event) => {
    event.preventDefault();
    for (const [type, text] of Object.entries(data)) event.clipboardData.setData(type, text);
}, { once: true })"""
_COPY_PICTURE = """async ([encoded, html]) => {
    const bytes = Uint8Array.from(atob(encoded), (sign) => sign.charCodeAt(0));
    const item = { "image/png": new Blob([bytes], { type: "image/png" }) };
    if (html) item["text/html"] = new Blob([html], { type: "text/html" });
    await navigator.clipboard.write([new ClipboardItem(item)]);
}"""


def paste(page, html="", plain=""):
    """Put HTML or plain text on the clipboard, and paste it where the cursor is."""
    data = {"text/html": html} if html else {}
    page.evaluate(_COPY, data | ({"text/plain": plain} if plain else {}))
    page.keyboard.press("Control+c")
    page.keyboard.press("Control+v")


def paste_picture(page, content, html=""):
    """Put a PNG on the clipboard, and HTML beside it if given, and paste where the cursor is."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate(_COPY_PICTURE, [base64.b64encode(content).decode(), html])
    page.keyboard.press("Control+v")
