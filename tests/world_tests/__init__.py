"""Tests of the simulated world and of the end-to-end harness."""
