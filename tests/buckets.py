"""A store that speaks S3, for tests: Moto's server, in this process."""

import contextlib
import logging
import urllib.request

import boto3
from moto.server import ThreadedMotoServer


@contextlib.contextmanager
def bucket(name="uploads"):
    """Run a store with one empty bucket; give (its MEDIA_STORAGE_URL, a client that looks into it)."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    # It logs each request.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server.start()
    try:
        host, port = server.get_host_and_port()
        # All servers of a process share what they hold.
        urllib.request.urlopen(f"http://{host}:{port}/moto-api/reset", data=b"").close()
        client = boto3.client(
            "s3",
            endpoint_url=f"http://{host}:{port}",
            aws_access_key_id="key",
            aws_secret_access_key="secret",
            region_name="eu-central-1",
        )
        place = {"LocationConstraint": "eu-central-1"}
        client.create_bucket(Bucket=name, CreateBucketConfiguration=place)
        yield f"s3://key:secret@{host}:{port}/{name}/site?region=eu-central-1&tls=no", client
        client.close()
    finally:
        server.stop()


def names_in(client, name="uploads"):
    """Return the names of all that lies in a bucket, in order."""
    listed = client.list_objects_v2(Bucket=name).get("Contents", [])
    return sorted(each["Key"] for each in listed)
