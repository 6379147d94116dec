"""Tests of the sharing of slots."""
