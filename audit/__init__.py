"""What checks the served pages with a browser and other programs. May import all rooms, bench/ and tests/."""
