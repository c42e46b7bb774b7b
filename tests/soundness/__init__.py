"""What must never be accepted."""
