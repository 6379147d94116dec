"""Tests of outputs in Home Assistant."""
