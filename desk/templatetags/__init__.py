"""Tags and filters of templates for staff."""
