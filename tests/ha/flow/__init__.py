"""Tests of flow in Home Assistant."""
