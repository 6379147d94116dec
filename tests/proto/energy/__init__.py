"""Energy that adds up."""
