"""What variables of the environment mean that become several settings: databases, and stores of files."""
