"""Which entities a device has with us, or would have, with their newest values.

What is there already says so itself; for the rest it follows from what the device measures.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_ADDRESS
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..batteries.coordinator import BatteryCoordinator
from ..batteries.link_entities import LINK_SENSORS
from ..batteries.metering import NEEDED
from ..batteries.setup import PROFILE
from ..bluetooth.discovery import find
from ..const import CONF_PRODUCT, CONF_PROFILE
from ..entries import entry_of, running
from ..meters import METERS
from ..proto.bms.alarms import Alarm
from ..proto.bms.profile import Profile, Spot
from ..proto.mibeacon.devices import DEVICES
from ..proto.model.fields import Field, spot_of
from ..proto.model.reading import Value
from ..proto.model.sample import BmsSample
from ..proto.takeover.model import OurRow
from ..quantities import (
    BINARY_SENSORS,
    CELL_BALANCING,
    PASSIVE_SENSORS,
    PROTECTION_COUNTS,
    SENSORS,
)
from ..sensors.coordinator import SensorCoordinator
from ..sensors.reception import RECEPTION
from ..stored import sound
from .our_rows import Key, Rows, event_row, flag_row, number_row, registered, told

# Of a sensor's reception, beside what it says.

_MOST: Final = 9  # of a kind in one advert


@callback
def ours_of_entry(hass: HomeAssistant, entry: ConfigEntry[Any]) -> Mapping[Key, OurRow]:
    """Return the entities of what is set up here."""
    address: str = entry.data[CONF_ADDRESS]
    if sensor := running(entry, SensorCoordinator):
        values = sensor.values if sensor.available else {}
        known = [*sensor.values, *_fields(sensor.decoder.product_id)]
        events = sensor.decoder.events
        # Each of its values was heard at another time.
        known_now = dict.fromkeys(known) | values
        return _of_sensor(hass, address, known_now, [*events], None)
    if battery := running(entry, BatteryCoordinator):
        at = battery.read_at.timestamp() if battery.online and battery.read_at else None
        data = battery.data if at else BmsSample()
        return _of_battery(hass, address, battery.profile, data, at)
    if (kept := entry.data.get(CONF_PROFILE)) is not None:
        stored, _ = sound(PROFILE, kept)
        profile = Profile.from_json(stored) if stored else Profile()
        return _of_battery(hass, address, profile, BmsSample(), None)
    return ours_of_sensor(hass, address, entry.data.get(CONF_PRODUCT), {})


@callback
def ours_of_sensor(
    hass: HomeAssistant,
    address: str,
    product: int | None,
    values: Mapping[Field, Value],
) -> Mapping[Key, OurRow]:
    """Return the entities that a sensor would have; ``values`` are what was heard of it just now."""
    spec = DEVICES.get(product) if product is not None else None
    events = [*spec.events] if spec else []
    known: dict[str, Value | None] = dict.fromkeys(_fields(product))
    now = dt_util.utcnow().timestamp()
    return _of_sensor(hass, address, known | {**values}, events, now)


@callback
def ours_of_battery(
    hass: HomeAssistant, address: str, profile: Profile, sample: BmsSample
) -> Mapping[Key, OurRow]:
    """Return the entities that a battery would have that was read just now."""
    return _of_battery(hass, address, profile, sample, dt_util.utcnow().timestamp())


def _fields(product: int | None) -> list[str]:
    """Return what a product reports, without what only some have built in or what says nothing."""
    spec = DEVICES.get(product) if product is not None else None
    doubtful = spec.untrusted | spec.optional if spec else frozenset()
    return [one for one in (spec.fields if spec else ()) if one not in doubtful]


def _of_sensor(
    hass: HomeAssistant,
    address: str,
    values: Mapping[str, Value | None],
    events: list[str],
    at: float | None,
) -> Rows:
    rows = [row for key, one in values.items() if (row := _said(hass, key, one))]
    rows += [number_row(hass, one, SENSORS[one]) for one in sorted(RECEPTION)]
    rows += [event_row(f"event_{key.lower()}", key.lower()) for key in events]
    return registered(hass, address, told(rows, at))


def _said(hass: HomeAssistant, key: str, value: Value | None) -> OurRow | None:
    """Return the row of a field of a sensor; one that nothing was said of is a flag if it may be one."""
    name, place = spot_of(key)
    if name is None:
        return None
    number = place if place > 1 else None
    flag = BINARY_SENSORS.get(name)
    row = PASSIVE_SENSORS.get(name)
    if flag and (row is None or value is None or isinstance(value, bool)):
        return flag_row(key, flag, value, number)
    return number_row(hass, key, row, value, number=number) if row else None


def _of_battery(
    hass: HomeAssistant,
    address: str,
    profile: Profile,
    sample: BmsSample,
    at: float | None,
) -> Rows:
    rows = [row for spot in profile.spots() for row in _of_spot(hass, spot, sample)]
    rows += [number_row(hass, row.key, row) for row in LINK_SENSORS]
    if profile.fields >= NEEDED:
        rows += [number_row(hass, row.key, row) for row in METERS.values()]
    return registered(hass, address, told(rows, at))


def _of_spot(hass: HomeAssistant, spot: Spot, sample: BmsSample) -> Iterator[OurRow]:
    around = spot.around(sample)
    value = spot.value(around) if around else None
    number = spot.part if isinstance(spot.part, int) else None
    flag = BINARY_SENSORS.get(spot.field) if spot.part is None else CELL_BALANCING
    row = SENSORS.get(spot.field)
    if spot.field is Field.PROTECTION_COUNT:
        row = PROTECTION_COUNTS[Alarm(str(spot.part))]
    if row:
        said_in = spot.field.quantity.unit or None
        yield number_row(hass, spot.key, row, value, said_in, number)
    elif flag:
        yield flag_row(spot.key, flag, value, number)
    if spot.field is Field.ALARM:
        yield event_row(spot.key, spot.field)


@callback
def any_of_sensor(hass: HomeAssistant) -> Rows:
    """Return all numbers and flags that any sensor may have."""
    rows: list[OurRow] = []
    for name in Field:
        for number in (None, *range(2, _MOST + 1)):
            key = f"{name}_{number}" if number else name
            if name in BINARY_SENSORS:
                rows.append(flag_row(key, BINARY_SENSORS[name], None, number))
            if name in PASSIVE_SENSORS:
                rows.append(number_row(hass, key, PASSIVE_SENSORS[name], number=number))
    return told(rows, None)


@callback
def invented_of(hass: HomeAssistant, address: str) -> frozenset[Field]:
    """Return what the firmware of a sensor invents: others may show it, we do not."""
    entry = entry_of(hass, address)
    product = entry.data.get(CONF_PRODUCT) if entry else None
    if product is None and (heard := find(hass, address)) and heard.sighting:
        product = heard.sighting.product_id
    spec = DEVICES.get(product) if product is not None else None
    return spec.untrusted if spec else frozenset()
