"""Let Home Assistant set the stand-in up: it does so with nothing that has no flow."""

from homeassistant.config_entries import ConfigFlow


class StandInFlow(ConfigFlow, domain="maker_stand_in"):
    """Lead nowhere: the entry is there from the beginning."""
