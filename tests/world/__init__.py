"""The simulated world: virtual devices, a radio model and proxies that real programs can talk to."""
