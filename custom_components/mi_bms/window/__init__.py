"""The charge window in Home Assistant, of batteries and of banks."""
