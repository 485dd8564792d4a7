"""The project: settings, addresses and processes. May import every other package of ours."""

__version__ = "0.1.0"
