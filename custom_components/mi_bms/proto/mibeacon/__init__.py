"""Decode the adverts of Xiaomi sensors and their kin."""
