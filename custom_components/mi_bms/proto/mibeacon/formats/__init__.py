"""Advert formats other than MiBeacon, one module each."""
