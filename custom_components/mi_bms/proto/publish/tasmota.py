"""Tasmota's SENSOR messages, as the newer one of its two MI32 drivers sends them.

Measured values stand in event messages only; the messages at each period (TelePeriod) tell how the
sensors are. Keys have a fixed order, numbers one decimal, addresses no separators. A message's
``Time`` is that of the oldest value that is new in it, in local time without an offset.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field as default
from datetime import datetime, tzinfo
from math import log
from typing import Any, Final

from ..mibeacon.devices import DEVICES, DeviceSpec
from ..model.fields import Field
from ..model.reading import Event, Reading, Value
from .place import distinct
from .shape import dump

# Product id -> the driver's word; others are named by their id.
_PRODUCTS: Final[Mapping[int, str]] = {
    0x0098: "Flora",
    0x01AA: "MJ_HT_V1",
    0x045B: "LYWSD02",
    0x055B: "LYWSD03",
    0x0347: "CGG1",
    0x0B48: "CGG1",
    0x0576: "CGD1",
    0x03DD: "NLIGHT",
    0x07F6: "MJYD2S",
    0x0153: "YLYK01",
    0x0387: "MHOC401",
    0x06D3: "MHOC303",
    0x098B: "MCCGQ02",
    0x0863: "SJWS01L",
    0x03B6: "YLKG08",
    0x07BF: "YLAI003",
}
_FORMATS: Final[Mapping[str, str]] = {"atc": "ATC", "pvvx": "PVVX", "bthome": "BTHome"}
_GENERIC: Final = "BLE_00"

_NUMBERS: Final[Mapping[Field, str]] = {
    Field.ILLUMINANCE: "Illuminance",
    Field.MOISTURE: "Moisture",
    Field.CONDUCTIVITY: "Fertility",
}
_MEASURED: Final = frozenset({Field.TEMPERATURE, Field.HUMIDITY, *_NUMBERS})
_DOORS: Final = (Field.OPENING, Field.DOOR, Field.WINDOW, Field.GARAGE_DOOR)
_MOVES: Final = frozenset({Field.MOTION, *_DOORS})
_KNOWN: Final = _MEASURED | {Field.BATTERY, Field.IDLE_TIME}
_PRESSES: Final[Mapping[str, int]] = {
    "press": 1,
    "double_press": 2,
    "long_press": 3,
    "triple_press": 4,
}
_BUTTON: Final = "button"
_DIMMER: Final = "dimmer"


def driver_name(form: str, product_id: int | None) -> str:
    """Return the driver's word for a product; ``form`` is the format that it sends in."""
    if form in _FORMATS:
        return _FORMATS[form]
    if product_id is None:
        return _GENERIC
    return _PRODUCTS.get(product_id, f"MI_{product_id:04X}")


def dew_point(celsius: float, humidity: float) -> float | None:
    """Return the dew point in °C (Magnus formula); None for air without any water."""
    if humidity <= 0:
        return None
    share = 17.27 * celsius / (237.7 + celsius) + log(humidity / 100)
    return 237.7 * share / (17.27 - share)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardReading:
    """A reading of a sensor, as Tasmota needs it.

    ``at`` is a Unix time in seconds, ``rssi`` is in dBm. ``own`` replaces the driver's name. ``keep``
    (s) is how long a value of this sensor holds.
    """

    address: str
    reading: Reading
    at: float
    rssi: int | None = None
    product_id: int | None = None
    own: str | None = None
    keep: float = 3_600.0
    firmware: str | None = None


@dataclass(slots=True)
class _Sensor:
    """Hold what is known of one sensor since the start."""

    driver: str
    last: HeardReading
    known: dict[Field, tuple[Value, float]] = default(default_factory=dict)
    fresh: dict[Field, float] = default(default_factory=dict)  # with their times
    moves: bool = False
    events: int = 0
    still: tuple[float, float] | None = None  # s without motion, as of a time

    def take(self, heard: HeardReading) -> dict[str, Any]:
        """Take a reading; give the parts of the message that only an event has."""
        self.last = heard
        values = heard.reading.values
        for name in _KNOWN & values.keys():
            self.known[name] = values[name], heard.at
            self.fresh[name] = heard.at
        if (idle := values.get(Field.IDLE_TIME)) is not None:
            self.still = float(idle), heard.at
        parts = dict(_pressed(heard))
        motion = values.get(Field.MOTION)
        if any(event.key == Field.MOTION for event in heard.reading.events):
            motion = True
        if motion is not None:
            parts |= self._motion(bool(motion))
        door = next((values[name] for name in _DOORS if name in values), None)
        if door is not None:
            self.events += 1
            parts |= {"Door": int(door), "Events": self.events}
        self.moves = self.moves or motion is not None or door is not None
        return parts

    def _motion(self, moving: bool) -> dict[str, int]:
        if not moving:
            return {"Motion": 0}
        self.events += 1
        self.still = 0.0, self.last.at
        return {"Motion": 1, "Events": self.events}

    def told(self, aggregate: bool) -> tuple[dict[str, Any], dict[str, Any], float]:
        """Return what stands before and behind the event, and how old the message is; nothing is new then."""
        last, fresh = self.last, self.fresh
        oldest = last.at if aggregate else min((last.at, *fresh.values()))
        chosen = {
            name: value
            for name, (value, at) in self.known.items()
            if name in fresh or (aggregate and last.at - at <= last.keep)
        }
        after: dict[str, Any] = {}
        if Field.IDLE_TIME in fresh:
            after["NMT"] = int(chosen[Field.IDLE_TIME])
        if battery := chosen.get(Field.BATTERY):
            after["Battery"] = int(battery)
        self.fresh = {}
        return _measured(chosen), after | self._radio(), oldest

    def status(self, now: float) -> dict[str, Any]:
        """Return what is told of the sensor at each period."""
        found: dict[str, Any] = {}
        if self.moves:
            found["Events"] = self.events
        if self.last.firmware and self.driver == _PRODUCTS[0x0098]:
            found["Firmware"] = self.last.firmware
        if self.still is not None:
            seconds, at = self.still
            found["NMT"] = int(seconds + max(0.0, now - at))
        if battery := self.known.get(Field.BATTERY, (0, 0.0))[0]:
            found["Battery"] = int(battery)
        radio = self._radio()
        mac = {"Time": int(self.last.at), "MAC": radio.pop("MAC")}
        return found | radio | mac

    def _radio(self) -> dict[str, Any]:
        rssi = {} if self.last.rssi is None else {"RSSI": self.last.rssi}
        return rssi | {"MAC": self.last.address.replace(":", "")}


class Tasmota:
    """Make the messages of all sensors.

    ``aggregate`` (option 0) adds what is known of a sensor to what has just come, ``summary`` is the
    reverse of option 1, ``direct`` (option 2) sends each reading at once. Buttons, motion and doors are
    always told at once. ``zone`` is that of the times.
    """

    def __init__(
        self, *, aggregate: bool, summary: bool, direct: bool, zone: tzinfo
    ) -> None:
        """Begin with no sensor."""
        self._aggregate, self._summary, self._direct = aggregate, summary, direct
        self._zone = zone
        self._sensors: dict[str, _Sensor] = {}

    def hear(self, heard: HeardReading) -> bytes | None:
        """Take a reading and give the message that it leads to at once, if any."""
        sensor = self._sensors.get(heard.address)
        if sensor is None:
            driver = driver_name(heard.reading.format, heard.product_id)
            spec = _spec(heard)
            moves = bool(spec and _MOVES & {*spec.fields, *spec.events})
            sensor = _Sensor(driver, heard, moves=moves)
            self._sensors[heard.address] = sensor
        parts = sensor.take(heard)
        if not parts and not (self._direct and sensor.fresh):
            return None
        before, after, oldest = sensor.told(self._aggregate)
        return self._message({heard.address: before | parts | after}, oldest)

    def period(self, now: float) -> list[bytes]:
        """Return the messages of a period that ends now (Unix time in seconds).

        One tells how the sensors are; the one behind it, unless readings are sent at once, has the
        values that came meanwhile.
        """
        if not self._summary:
            return []
        messages = []
        if self._sensors:
            status = {key: one.status(now) for key, one in self._sensors.items()}
            messages.append(self._message(status, now))
        return [*messages, *self.rest()]

    def rest(self) -> list[bytes]:
        """Return the values that wait for the end of a period, as one message if there are any."""
        told = {
            key: one.told(self._aggregate)
            for key, one in self._sensors.items()
            if one.fresh
        }
        if not told:
            return []
        content = {key: before | after for key, (before, after, _) in told.items()}
        return [self._message(content, min(oldest for *_, oldest in told.values()))]

    def _message(self, content: Mapping[str, Mapping[str, Any]], at: float) -> bytes:
        local = datetime.fromtimestamp(at, self._zone).replace(tzinfo=None)
        names = self._names()
        told: dict[str, Any] = {"Time": local.isoformat(timespec="seconds")}
        told |= {names[address]: dict(parts) for address, parts in content.items()}
        return dump(told | {"TempUnit": "C"})

    def _names(self) -> dict[str, str]:
        """Name all sensors; the keys around them are no names, either."""
        taken = {"Time", "TempUnit"}
        names: dict[str, str] = {}
        for address, sensor in self._sensors.items():
            ending = address.replace(":", "").lower()[-6:]
            name = sensor.last.own or f"{sensor.driver}-{ending}"
            names[address] = distinct(name, address, taken)
            taken.add(names[address])
        return names


def _spec(heard: HeardReading) -> DeviceSpec | None:
    return None if heard.product_id is None else DEVICES.get(heard.product_id)


def _measured(values: Mapping[Field, Value]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    temperature = values.get(Field.TEMPERATURE)
    humidity = values.get(Field.HUMIDITY)
    if temperature is not None:
        found["Temperature"] = round(float(temperature), 1)
    if humidity is not None:
        found["Humidity"] = round(float(humidity), 1)
    if temperature is not None and humidity is not None:
        dew = dew_point(float(temperature), float(humidity))
        if dew is not None:
            found["DewPoint"] = round(dew, 1)
    for name, key in _NUMBERS.items():
        if (value := values.get(name)) is not None:
            found[key] = int(value)
    return found


def _pressed(heard: HeardReading) -> Iterable[tuple[str, int]]:
    """Return what buttons and dimmers did, under the driver's keys."""
    spec = _spec(heard)
    buttons = spec.buttons if spec else ()
    for event in heard.reading.events:
        kind = event.key.partition("_")[0]
        if kind == _BUTTON and event.type in _PRESSES:
            yield f"Button{_number(event.key, buttons)}", _PRESSES[event.type]
        elif kind == _DIMMER:
            yield from _turned(event)


def _number(key: str, buttons: tuple[str, ...]) -> int:
    """Count buttons from 0, in the order of the product or by their own number."""
    if key in buttons:
        return buttons.index(key)
    number = key.rpartition("_")[2]
    return int(number) - 1 if number.isdecimal() else 0


def _turned(event: Event) -> Iterable[tuple[str, int]]:
    steps = event.properties.get("steps")
    if steps is not None:
        key = "Dimmer_P" if event.type.endswith("_pressed") else "Dimmer"
        yield key, -int(steps) if "left" in event.type else int(steps)
    elif event.type == "long_press":
        yield "Hold", int(event.properties.get("duration", 0))
    else:
        times = int(event.properties.get("number_of_presses", 1))
        yield f"{_BUTTON.capitalize()}0", min(times, 2)
