"""Automations that people write."""
