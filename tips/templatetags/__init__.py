"""Tags and filters of the templates: ``tip_pages`` for readers, ``dates`` for staff."""
