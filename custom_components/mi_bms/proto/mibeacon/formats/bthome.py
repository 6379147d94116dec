"""BTHome v2 (FCD2) and v1 (181C clear, 181E encrypted), little-endian.

v2: device info (1: bit 0 encrypted, bit 1 MAC included, bits 5-7 version), MAC reversed (6),
objects of id and data, whose length the id fixes; encrypted ones end with counter (4) and tag (4).
v1: objects of a byte (bits 0-4 length of id and data, bits 5-7 format), id and data.
Only thermometers with custom firmware come here, so object 10 is the firmware's output pin.
The same kind of object may come several times: the first is the device's own, others are numbered.
"""

from collections.abc import Callable, Iterator
from struct import Struct
from typing import Final, NamedTuple

from ...model.fields import Field
from ...model.reading import Event, Reason, Value
from ..crypto import AAD
from ..limits import plausible
from .content import Content, Parsed, Sealed

MODEL: Final = "ATC"

_ENCRYPTED: Final = 0x01
_HAS_MAC: Final = 0x02
_VERSION: Final = 2
_TAIL: Final = 8
_SHORTEST_V1: Final = 3
_POUND: Final = 0.45359237


class NumberRow(NamedTuple):
    """A number: bytes, field, units on the wire per unit, sign, factor, decimals kept."""

    size: int
    field: Field
    per: int = 1
    signed: bool = False
    times: float = 1
    digits: int = 3


NUMBERS: Final[dict[int, NumberRow]] = {
    0x01: NumberRow(1, Field.BATTERY),
    0x02: NumberRow(2, Field.TEMPERATURE, 100, True),
    0x03: NumberRow(2, Field.HUMIDITY, 100),
    0x04: NumberRow(3, Field.PRESSURE),  # 0.01 hPa = 1 Pa
    0x05: NumberRow(3, Field.ILLUMINANCE, 100),
    0x06: NumberRow(2, Field.WEIGHT, 100),
    0x07: NumberRow(2, Field.WEIGHT, 100, times=_POUND),
    0x08: NumberRow(2, Field.DEW_POINT, 100, True),
    0x09: NumberRow(1, Field.COUNT),
    0x0A: NumberRow(3, Field.ENERGY, 1000),
    0x0B: NumberRow(3, Field.POWER, 100),
    0x0C: NumberRow(2, Field.VOLTAGE, 1000),
    0x0D: NumberRow(2, Field.PM25),
    0x0E: NumberRow(2, Field.PM10),
    0x12: NumberRow(2, Field.CO2),
    0x13: NumberRow(2, Field.TVOC),
    0x14: NumberRow(2, Field.MOISTURE, 100),
    0x2E: NumberRow(1, Field.HUMIDITY),
    0x2F: NumberRow(1, Field.MOISTURE),
    0x3D: NumberRow(2, Field.COUNT),
    0x3E: NumberRow(4, Field.COUNT),
    0x3F: NumberRow(2, Field.ROTATION, 10, True),
    0x40: NumberRow(2, Field.DISTANCE, 1000),
    0x41: NumberRow(2, Field.DISTANCE, 10),
    0x42: NumberRow(3, Field.DURATION, 1000),
    0x43: NumberRow(2, Field.CURRENT, 1000),
    0x44: NumberRow(2, Field.SPEED, 100),
    0x45: NumberRow(2, Field.TEMPERATURE, 10, True),
    0x46: NumberRow(1, Field.UV_INDEX, 10),
    0x47: NumberRow(2, Field.VOLUME, 10),
    0x48: NumberRow(2, Field.VOLUME, 1000),
    0x49: NumberRow(2, Field.FLOW_RATE, 1000),
    0x4A: NumberRow(2, Field.VOLTAGE, 10),
    0x4B: NumberRow(3, Field.GAS_VOLUME, 1000),
    0x4C: NumberRow(4, Field.GAS_VOLUME, 1000),
    0x4D: NumberRow(4, Field.ENERGY, 1000),
    0x4E: NumberRow(4, Field.VOLUME, 1000),
    0x4F: NumberRow(4, Field.WATER, 1000),
    0x50: NumberRow(4, Field.TIMESTAMP),
    0x51: NumberRow(2, Field.ACCELERATION, 1000),
    0x52: NumberRow(2, Field.GYROSCOPE, 1000),
    0x55: NumberRow(4, Field.VOLUME_STORAGE, 1000),
    0x56: NumberRow(2, Field.CONDUCTIVITY),
    0x57: NumberRow(1, Field.TEMPERATURE, 1, True),
    0x58: NumberRow(1, Field.TEMPERATURE, 100, True, 35),
    0x59: NumberRow(1, Field.COUNT, 1, True),
    0x5A: NumberRow(2, Field.COUNT, 1, True),
    0x5B: NumberRow(4, Field.COUNT, 1, True),
    0x5C: NumberRow(4, Field.POWER, 100, True),
    0x5D: NumberRow(2, Field.CURRENT, 1000, True),
    0x5E: NumberRow(2, Field.DIRECTION, 100),
    0x5F: NumberRow(2, Field.PRECIPITATION, 10),
    0x60: NumberRow(1, Field.CHANNEL),
    0x61: NumberRow(2, Field.ROTATIONAL_SPEED),
    0x62: NumberRow(4, Field.SPEED, 1_000_000, True, digits=6),
    0x63: NumberRow(4, Field.ACCELERATION, 1_000_000, True, digits=6),
    0x64: NumberRow(1, Field.LIGHT_LEVEL),
    0x65: NumberRow(1, Field.SETTINGS_REVISION),
    0xF0: NumberRow(2, Field.DEVICE_TYPE),
}

# One byte each.
FLAGS: Final[dict[int, Field]] = {
    0x0F: Field.GENERIC,
    0x10: Field.SWITCH,
    0x11: Field.OPENING,
    0x15: Field.BATTERY_LOW,
    0x16: Field.CHARGING_STATE,
    0x17: Field.CARBON_MONOXIDE,
    0x18: Field.COLD,
    0x19: Field.CONNECTIVITY,
    0x1A: Field.DOOR,
    0x1B: Field.GARAGE_DOOR,
    0x1C: Field.GAS,
    0x1D: Field.HEAT,
    0x1E: Field.LIGHT,
    0x1F: Field.LOCK,
    0x20: Field.MOISTURE_DETECTED,
    0x21: Field.MOTION,
    0x22: Field.MOVING,
    0x23: Field.OCCUPANCY,
    0x24: Field.PLUG,
    0x25: Field.PRESENCE,
    0x26: Field.FAULT,
    0x27: Field.RUNNING,
    0x28: Field.SAFETY,
    0x29: Field.SMOKE,
    0x2A: Field.SOUND,
    0x2B: Field.TAMPER,
    0x2C: Field.VIBRATION,
    0x2D: Field.WINDOW,
}
_CHARGING: Final = ("not_charging", "charging")

_BUTTON: Final = 0x3A
_COMMAND: Final = 0x3B
_DIMMER: Final = 0x3C
EVENTS: Final[dict[int, int]] = {_BUTTON: 1, _COMMAND: 1, _DIMMER: 2}

BUTTON_TYPES: Final[dict[int, str]] = {
    0x01: "press",
    0x02: "double_press",
    0x03: "triple_press",
    0x04: "long_press",
    0x05: "long_double_press",
    0x06: "long_triple_press",
    0x80: "hold_press",
    0x81: "hold_release",
    0xFE: "hold_press",
}
COMMANDS: Final = ("off", "on", "toggle", "step_up", "step_down")
TURNS: Final[dict[int, str]] = {1: "rotate_left", 2: "rotate_right"}


def _text(data: bytes) -> str | None:
    try:
        text = data[1:].rstrip(b"\0").decode()
    except UnicodeDecodeError:
        return None
    # Control characters and marks of direction are no words.
    return text if text.isprintable() else None


def _raw(data: bytes) -> str | None:
    # No state is longer than this in hex.
    return data[1:].hex() if len(data) <= _LONGEST_RAW else None


def _version(data: bytes) -> str:
    return ".".join(str(part) for part in reversed(data))


_LONGEST_RAW: Final = 128
# Text and raw bytes tell their own length; None is an impossible value.
WORDS: Final[dict[int, tuple[Field, Callable[[bytes], str | None]]]] = {
    0x53: (Field.TEXT, _text),
    0x54: (Field.RAW, _raw),
    0xF1: (Field.FIRMWARE, _version),
    0xF2: (Field.FIRMWARE, _version),
}
_TEXT_OBJECT: Final = 0x53
_COUNTED: Final = frozenset({_TEXT_OBJECT, 0x54})
# The whole payload is compared instead of its packet id, which some send twice with other content.
_PACKET_ID: Final = 0x00

_SIZES: Final[dict[int, int]] = (
    {number: row.size for number, row in NUMBERS.items()}
    | dict.fromkeys(FLAGS, 1)
    | EVENTS
    | {_PACKET_ID: 1, 0xF1: 4, 0xF2: 3}
)

_FLOATS: Final[dict[int, Struct]] = {2: Struct("<e"), 4: Struct("<f"), 8: Struct("<d")}
_SIGNED: Final = 1
_FLOAT: Final = 2
_TEXT: Final = 3
_TIME: Final = 5
_TIMESTAMP: Final = 0x50
_LONGEST_NUMBER: Final = 8


class _Found:
    """Gather the objects of one advert."""

    def __init__(self) -> None:
        self.values: dict[Field, Value] = {}
        self.further: dict[tuple[Field, int], Value] = {}
        self.seen: dict[Field, int] = {}
        self.dropped = False
        self.counted = False
        self.buttons: list[str | None] = []
        self.events: list[Event] = []

    def _keep(self, field: Field, value: Value | None) -> None:
        number = self.seen[field] = self.seen.get(field, 0) + 1
        if value is None or not (
            isinstance(value, (bool, str)) or plausible(field, value)
        ):
            self.dropped = True
        elif number == 1:
            self.values[field] = value
        else:
            self.further[field, number] = value

    def number(self, row: NumberRow, raw: float) -> None:
        exact = row.per == 1 == row.times
        self._keep(
            row.field, raw if exact else round(raw * row.times / row.per, row.digits)
        )

    def flag(self, field: Field, state: int) -> None:
        if state <= 1:
            charging = field is Field.CHARGING_STATE
            self._keep(field, _CHARGING[state] if charging else bool(state))

    def word(self, number: int, data: bytes) -> None:
        field, read = WORDS[number]
        self._keep(field, read(data))

    def event(self, number: int, data: bytes) -> None:
        code = data[0]
        if number == _BUTTON:
            self.buttons.append(BUTTON_TYPES.get(code))
        elif number == _COMMAND and code < len(COMMANDS):
            self.events.append(Event("command", COMMANDS[code]))
        elif number == _DIMMER and code in TURNS:
            self.events.append(Event("dimmer", TURNS[code], {"steps": data[1]}))

    def content(self) -> Content:
        # One button has no number; of several, each has, also while others are pressed.
        several = len(self.buttons) > 1
        pressed = [
            Event(f"button_{number}" if several else "button", kind)
            for number, kind in enumerate(self.buttons, 1)
            if kind
        ]
        return Content(
            self.values,
            (*pressed, *self.events),
            MODEL,
            dropped=self.dropped,
            further=self.further,
            counted=self.counted,
        )


def _split_v2(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 2 <= len(data):
        number = data[at]
        at += 1
        size = 1 + data[at] if number in _COUNTED else _SIZES.get(number)
        if size is None or at + size > len(data):
            return
        yield number, data[at : at + size]
        at += size


def _objects_v2(data: bytes) -> Content:
    found = _Found()
    for number, entry in _split_v2(data):
        if row := NUMBERS.get(number):
            found.number(row, int.from_bytes(entry, "little", signed=row.signed))
        elif field := FLAGS.get(number):
            found.flag(field, entry[0])
        elif number in EVENTS:
            found.event(number, entry)
        elif number in WORDS:
            found.word(number, entry)
        else:  # nothing but the packet id is left
            found.counted = True
    return found.content()


def _objects_v1(data: bytes) -> Content:
    found = _Found()
    at = 0
    while at + 2 <= len(data):
        size, kind, number = data[at] & 0x1F, data[at] >> 5, data[at + 1]
        entry = data[at + 2 : at + 1 + size]
        at += 1 + size
        if at > len(data) or not entry:
            break
        if kind == _TEXT:
            # The length stands in the control byte; the reader skips one of its own.
            found.word(_TEXT_OBJECT, b"\0" + entry)
        elif kind <= _FLOAT or (kind == _TIME and number == _TIMESTAMP):
            _v1_entry(found, kind, number, entry)
    return found.content()


def _v1_entry(found: _Found, kind: int, number: int, entry: bytes) -> None:
    if row := NUMBERS.get(number):
        if (raw := _v1_number(kind, entry)) is None:
            found.dropped = True
        else:
            found.number(row, raw)
    elif field := FLAGS.get(number):
        found.flag(field, entry[0])
    elif len(entry) >= EVENTS.get(number, 0xFF):
        found.event(number, entry)
    elif number == _PACKET_ID:
        found.counted = True


def _v1_number(kind: int, entry: bytes) -> float | None:
    if len(entry) > _LONGEST_NUMBER:
        return None
    if kind == _FLOAT:
        packed = _FLOATS.get(len(entry))
        return packed.unpack(entry)[0] if packed else None
    return int.from_bytes(entry, "little", signed=kind == _SIGNED)


def parse(data: bytes, mac: bytes | None) -> Parsed:
    """Read an entry of FCD2."""
    if len(data) < 2 or data[0] >> 5 != _VERSION:
        return None
    info, at = data[0], 1
    if info & _HAS_MAC:
        inside = data[6:0:-1]
        if len(inside) < 6 or (mac is not None and inside != mac):
            return Reason.FOREIGN_MAC
        mac, at = inside, 7
    if not info & _ENCRYPTED:
        return _objects_v2(data[at:])
    if len(data) <= at + _TAIL:
        return Reason.SHORT
    if mac is None:
        return Reason.NO_MAC
    counter = data[-8:-4]
    return Sealed(
        mac + b"\xd2\xfc" + data[:1] + counter,
        data[at:-8] + data[-4:],
        None,
        counter,
        _objects_v2,
    )


def parse_v1(data: bytes, _mac: bytes | None) -> Parsed:
    """Read an entry of 181C."""
    if len(data) < _SHORTEST_V1:
        return None
    content = _objects_v1(data)
    # The UUID is a standard one of another meaning: without any known object it is not ours.
    return content if content.values or content.events or content.dropped else None


def parse_v1_sealed(data: bytes, mac: bytes | None) -> Parsed:
    """Read an entry of 181E."""
    if len(data) < _SHORTEST_V1 + _TAIL:
        return None
    if mac is None:
        return Reason.NO_MAC
    counter = data[-8:-4]
    return Sealed(
        mac + b"\x1e\x18" + counter,
        data[:-8] + data[-4:],
        AAD,
        counter,
        _objects_v1,
    )
