"""No screen gives two answers about the next slot."""
