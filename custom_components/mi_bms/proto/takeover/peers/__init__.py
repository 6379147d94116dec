"""Other integrations that read the same devices: one file for each, ``PEER`` is what it says."""
