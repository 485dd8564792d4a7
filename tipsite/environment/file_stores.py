"""Where uploads lie: a folder of this machine, or a store that many machines share."""

from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

Store = dict[str, object]

_EXAMPLE = "s3://key:secret@s3.example.org/bucket?region=eu-central-1"


def uploads(url: str) -> Store:
    """Return the item of Django's STORAGES for uploaded pictures.

    ``url`` is MEDIA_STORAGE_URL: empty for the folder MEDIA_ROOT, or
    ``s3://KEY:SECRET@HOST[:PORT]/BUCKET[/FOLDER]`` with ``region=`` and, for a store that speaks no TLS,
    ``tls=no``. Without a host it is Amazon's own store; without a key, the machine's own rights count. Raises
    ImproperlyConfigured.
    """
    return _store(url, "media", "tips.storage.folder.MediaFolder")


def lists(url: str) -> Store:
    """Return the item of STORAGES for lists of addresses: in a bucket beside the pictures, in no backup."""
    return _store(url, "lists", "tips.storage.folder.PrivateFolder")


def _store(url: str, kind: str, folder: str) -> Store:
    if not url:
        return {"BACKEND": folder, "OPTIONS": {"allow_overwrite": True}}
    parts = urlsplit(url)
    bucket, _, prefix = unquote(parts.path).strip("/").partition("/")
    if parts.scheme != "s3" or not bucket:
        # The URL itself holds a secret.
        raise ImproperlyConfigured(f"MEDIA_STORAGE_URL must look like {_EXAMPLE}.")
    place = f"{prefix}/{kind}".lstrip("/")
    return {"BACKEND": "tips.storage.bucket.MediaBucket", "OPTIONS": _bucket(parts, bucket, place)}


def _bucket(parts: SplitResult, bucket: str, prefix: str) -> dict[str, object]:
    asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    scheme = "http" if asked.get("tls") == "no" else "https"
    options: dict[str, object] = {"bucket_name": bucket, "location": prefix}
    if parts.username and parts.password:
        options |= {"access_key": unquote(parts.username), "secret_key": unquote(parts.password)}
    if "region" in asked:
        options["region_name"] = asked["region"]
    if parts.hostname:
        host = parts.netloc.rpartition("@")[2]
        # Stores of one's own rarely have a name for each bucket.
        options |= {"endpoint_url": f"{scheme}://{host}", "addressing_style": "path"}
    return options
