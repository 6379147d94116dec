"""Bind keys: kept, found, pasted, paired for and exported."""
