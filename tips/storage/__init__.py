"""Storages of Django for uploads: a folder, or a bucket of an S3-compatible store."""
