"""What holds for the whole tree, held by reading it."""
