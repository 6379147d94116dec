"""Protocol layers that several battery families share."""
