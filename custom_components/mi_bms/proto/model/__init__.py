"""The shared vocabulary: fields, readings of sensors, samples of batteries, errors."""
