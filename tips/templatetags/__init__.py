"""Tags and filters of the templates: ``tip_pages`` for readers, ``tip_weeks`` for staff."""
