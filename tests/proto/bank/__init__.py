"""Tests of the protocol code, without Home Assistant."""
