"""Tests of mi_bms."""
