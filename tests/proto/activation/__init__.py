"""Tests of the activation, without Home Assistant."""
