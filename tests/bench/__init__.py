"""Measurements: run by hand, in an environment that has the peers."""
