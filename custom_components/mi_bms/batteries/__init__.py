"""Batteries: polled over connections, in their turn."""
