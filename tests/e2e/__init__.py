"""A real Home Assistant against the simulated world; ``script/run`` is the way in."""
