"""Batteries in Home Assistant's Energy dashboard: what is written there, and how it follows entities."""
