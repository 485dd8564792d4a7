"""What readers are served: pages, feeds, the sitemap and images.

This package may import ``images``, ``importers`` and what is below them. It shows published tips alone, but
for images in a live preview.
"""
