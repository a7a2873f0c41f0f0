"""What belongs together, found in vectors."""
