"""The commands of this room. They may import ``images``, ``importers`` and what is below them."""
