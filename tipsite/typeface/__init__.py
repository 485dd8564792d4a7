"""The typeface of the readers' pages: cut from an installed font, and given to Django's static files."""
