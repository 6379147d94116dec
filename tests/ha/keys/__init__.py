"""Tests of keys in Home Assistant."""
