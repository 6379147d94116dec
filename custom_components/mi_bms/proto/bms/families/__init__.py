"""One module per battery family."""
