"""engines/features."""
