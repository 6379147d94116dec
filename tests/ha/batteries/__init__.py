"""Tests of batteries in Home Assistant."""
