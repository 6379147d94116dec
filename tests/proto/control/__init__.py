"""Switching a battery, guarded."""
