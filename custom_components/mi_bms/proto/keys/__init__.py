"""Read, keep, judge and write the bind keys of many sensors at once."""
