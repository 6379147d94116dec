"""Tests through Home Assistant's public doors."""
