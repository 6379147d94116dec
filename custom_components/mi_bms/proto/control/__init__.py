"""Guarded switching: what is refused and why, when it ends by itself, and the charge window. Pure."""
