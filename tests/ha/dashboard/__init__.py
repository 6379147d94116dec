"""Batteries in the Energy dashboard."""
