"""engines/separators."""
