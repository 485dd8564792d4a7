"""Compression of what is text: pictures are compressed already, and a part of a file must stay what it is."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class CompressText(GZipMiddleware):
    """Django's middleware for gzip, which leaves pictures and parts of files alone."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Compress a response, unless that helps nobody."""
        if response.status_code == 206 or response.headers.get("Content-Type", "").startswith("image/"):
            return response
        return super().process_response(request, response)
