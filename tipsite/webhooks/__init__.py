"""What other services report to the site. May import the rooms below tipsite."""
