"""providers/spotify."""
