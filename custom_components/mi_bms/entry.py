"""The entries of this integration and what each runs."""

from homeassistant.config_entries import ConfigEntry

from .batteries.coordinator import BatteryCoordinator
from .sensors.coordinator import SensorCoordinator

type MiBmsConfigEntry = ConfigEntry[SensorCoordinator | BatteryCoordinator]
