"""What is false is never called proved."""
