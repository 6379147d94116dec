"""Replay recorded adverts and frames through the decoders."""
