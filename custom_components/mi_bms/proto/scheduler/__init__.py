"""Share the few connection slots of the scanners among batteries."""
