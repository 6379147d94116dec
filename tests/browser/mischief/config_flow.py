"""Let Home Assistant set the mischief up: it does so with nothing that has no flow."""

from homeassistant.config_entries import ConfigFlow


class MischiefFlow(ConfigFlow, domain="mischief"):
    """Lead nowhere: the entry is there from the beginning."""
