"""The demonstration archive. May import the rooms below tipsite."""
