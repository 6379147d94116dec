"""Tests of the sensors' advert decoders."""
