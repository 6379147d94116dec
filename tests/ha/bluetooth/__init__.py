"""Tests of bluetooth in Home Assistant."""
