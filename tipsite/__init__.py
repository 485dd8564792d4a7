"""The project: settings, URLs and processes. May import every other package of ours."""

__version__ = "0.1.0"
