"""Xiaomi sensors: heard passively, and asked where they answer."""
