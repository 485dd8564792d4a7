"""Which migrations the database or the program lacks. May import ``tipsite.models``."""
