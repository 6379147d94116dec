"""Tests of sensors in Home Assistant."""
