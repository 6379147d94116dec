"""Our own devices for scripts: what they said last, and values that somebody else knows better."""

from collections.abc import Mapping
from math import isfinite
from typing import Any, Final

from bluetooth_data_tools import monotonic_time_coarse

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.util import dt as dt_util

from ..banks.coordinator import BankCoordinator
from ..batteries.coordinator import BatteryCoordinator
from ..const import CONF_KIND, CONF_MODEL, DOMAIN, KIND_BANK, KIND_BATTERY, KIND_SENSOR
from ..entries import entries_of, running, runtime_of_id
from ..proto.mibeacon.devices import DEVICES, KINDS
from ..proto.mibeacon.limits import plausible
from ..proto.model.fields import Field
from ..proto.model.reading import Value
from ..quantities import PASSIVE_SENSORS
from ..sensors.coordinator import SensorCoordinator
from .errors import refusal

type Json = dict[str, Any]

_KINDS: Final = (KIND_SENSOR, KIND_BATTERY, KIND_BANK)
_MOST_TEXT: Final = 255  # characters that a state can have
# What sensors report; entities show more, such as what is known of their reception.
_FIELDS: Final = frozenset(
    name for spec in (*DEVICES.values(), *KINDS.values()) for name in spec.fields
)


@callback
def devices(hass: HomeAssistant) -> list[Json]:
    """Return all sensors, batteries and banks that are set up, also those that are switched off."""
    return [_device(hass, entry) for entry in entries_of(hass, *_KINDS)]


def _device(hass: HomeAssistant, entry: ConfigEntry[Any]) -> Json:
    address = str(entry.unique_id)
    # Packs are devices of the same entry.
    known = dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, address), entry.entry_id
    )
    said: Json = {"available": False, "age": None, "values": {}, "ages": {}}
    if sensor := running(entry, SensorCoordinator):
        said |= _of_sensor(sensor)
    elif battery := running(entry, BatteryCoordinator):
        said |= _of_battery(battery)
    elif bank := running(entry, BankCoordinator):
        said |= _of_bank(bank)
    return {
        "name": (known.name_by_user or known.name) if known else entry.title,
        "address": address,
        "kind": entry.data.get(CONF_KIND),
        "model": known.model if known else entry.data.get(CONF_MODEL),
        "device_id": known.id if known else None,
        "entry_id": entry.entry_id,
        **said,
    }


def _of_sensor(coordinator: SensorCoordinator) -> Json:
    now, seen = monotonic_time_coarse(), coordinator.seen_at
    age = None if seen is None else (dt_util.utcnow() - seen).total_seconds()
    values = coordinator.values
    said_at = coordinator.said_at
    return {
        "available": coordinator.available,
        "age": None if age is None else round(max(0.0, age), 1),
        "values": values,
        # What an earlier run heard has no age that is known.
        "ages": {
            name: round(now - said_at[name], 1)
            for name in values
            if name in said_at and name not in coordinator.given
        },
        "set_by_action": sorted(coordinator.given),
    }


def _of_battery(coordinator: BatteryCoordinator) -> Json:
    read_at, sample = coordinator.read_at, coordinator.data
    if read_at is None:
        return {}
    age = round(max(0.0, (dt_util.utcnow() - read_at).total_seconds()), 1)
    said = sample.to_json()
    return {
        "available": coordinator.online,
        "age": age,
        **said,
        "ages": dict.fromkeys(said["values"], age),
        "probes": [
            {"temperature": celsius, "place": str(place)}
            for celsius, place in said["probes"]
        ],
    }


def _of_bank(coordinator: BankCoordinator) -> Json:
    view = coordinator.data
    if not view.available:
        return {}
    age = round(max(0.0, coordinator.age), 1)
    said = view.sample.to_json()
    ages = dict.fromkeys(said["values"], age)
    return {"available": True, "age": age, **said, "ages": ages}


@callback
def set_reading(
    hass: HomeAssistant, device_id: str, wanted: Mapping[str, object]
) -> Json:
    """Show values of a sensor that it did not send; they stay until it says otherwise."""
    coordinator = sensor_of(hass, device_id)
    if not wanted:
        raise refusal("no_value")
    values = dict(_checked(*one) for one in wanted.items())
    coordinator.async_give(values)
    return {"set": {str(name): value for name, value in values.items()}}


def sensor_of(hass: HomeAssistant, device_id: str) -> SensorCoordinator:
    """Return the coordinator of a sensor; raise what the user did wrong."""
    if coordinator := runtime_of_id(hass, device_id, SensorCoordinator):
        return coordinator
    raise refusal("not_a_sensor")


def _checked(name: str, value: object) -> tuple[Field, Value]:
    """Check one value; raise what is wrong with it."""
    if name not in _FIELDS:
        raise refusal("unknown_field", field=name[:40])
    field = Field(name)
    if (row := PASSIVE_SENSORS.get(field)) is None:
        if isinstance(value, bool):
            return field, value
    elif isinstance(value, str):
        allowed = row.options or (value,)
        if row.state_class is None and value in allowed and len(value) <= _MOST_TEXT:
            return field, value
    elif isinstance(value, int | float) and not isinstance(value, bool):
        if not row.options and isfinite(value) and plausible(field, value):
            return field, value
    raise refusal("wrong_value", field=name)
