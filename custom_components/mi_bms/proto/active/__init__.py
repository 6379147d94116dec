"""What sensors can do over a connection: battery, clock, unit, comfort limits, memory, light."""
