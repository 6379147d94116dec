"""Run a battery family's dialogue over a connection that the caller opened."""
