"""Bind keys: reading, writing, keeping and judging them."""
