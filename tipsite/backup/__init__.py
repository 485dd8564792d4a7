"""Backup and restore of all that the site holds. May import the rooms below tipsite."""
