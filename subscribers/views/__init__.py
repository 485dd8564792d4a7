"""What readers open and press. A page that is opened changes nothing; only a pressed button does."""
