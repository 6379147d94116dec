"""Cards: how they get into pages, and what they are told."""
