"""Readings passed on: to a broker or into a file."""
