"""Tests of actions in Home Assistant."""
