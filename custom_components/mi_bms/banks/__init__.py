"""Several batteries as one device in Home Assistant."""
