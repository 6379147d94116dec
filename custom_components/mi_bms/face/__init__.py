"""The face of the integration: its cards in Home Assistant's pages, and what they are told."""
