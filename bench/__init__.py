"""What measures speed, each figure against another one of the same run. May import all rooms, and tests/."""
