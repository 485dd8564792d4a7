"""Archive pages in the shape of the real ones, for tests: every word here is made up."""

WEEK = "Customer Service Tip of the Week"
FOOTER = "Signup for FREE Tips!\u00a0\u00a0\u00a0\u00a0Contact Us\u00a0\u00a0\u00a0\u00a0Visit Our Home Page"


def page(name, *entries):
    """Return the text of a page."""
    return "\n\n".join([name, *entries]) + "\n"


def teaser(title, excerpt):
    """Return an entry of the strip; ``title`` carries its date."""
    return f"{title}\n\n\n{excerpt} Read more"


def post(title, body, categories=WEEK, footer=False, posted="", comments="Please leave a comment"):
    """Return a full post; ``title`` carries its date if it has one."""
    when = f"{posted} in " if posted else "in\u00a0"
    text = f"{title}\n\nPosted on {when}{categories} {comments}\n\n\n{body}"
    return f"{text}\n\n{FOOTER}\n\n\u00a0\n\n" if footer else f"{text}\n"
