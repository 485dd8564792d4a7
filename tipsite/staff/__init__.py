"""Staff: how colleagues come in, prove who they are, and leave."""
