"""Carry out dialogues over connections that the caller opened."""
