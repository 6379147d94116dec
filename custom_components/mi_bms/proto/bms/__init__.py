"""Know the battery families: how they are recognised, asked and understood."""
