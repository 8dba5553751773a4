"""web/channels."""
