"""Xiaomi's thermometers with service ebe0 over a connection: values, clock, unit, limits, memory.

All numbers are little-endian. Source: owners' tables of the service, captured values and records.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
import struct
from typing import Final, override

from tests.world import ad
from tests.world.peripheral import GattError, Service, Truth

from .inside import (
    ACCESS,
    BATTERY,
    BATTERY_LEVEL,
    HOUR,
    INFORMATION,
    INVALID_LENGTH,
    Inside,
    Reads,
    Row,
    Span,
    hourly,
    table,
)

_UUID: Final = "ebe0{}-7a0a-4b0c-8a1a-6ff2997da3a6"
SERVICE: Final = _UUID.format("ccb0")
TIME: Final = _UUID.format("ccb7")
COUNT: Final = _UUID.format("ccb9")
INDEX: Final = _UUID.format("ccba")
NEWEST: Final = _UUID.format("ccbb")
RECORDS: Final = _UUID.format("ccbc")
UNIT: Final = _UUID.format("ccbe")
LIVE: Final = _UUID.format("ccc1")
CHARGE: Final = _UUID.format("ccc4")
GOODBYE: Final = _UUID.format("ccc8")
CLEAR: Final = _UUID.format("ccd1")
COMFORT: Final = _UUID.format("ccd7")
PACE: Final = _UUID.format("ccd8")
MI_FIRMWARE: Final = ad.BASE_UUID.format("0004")

FAHRENHEIT: Final = 1
STREAM_GAP: Final = 0.02  # s between two records

_MI: Final = (ad.BASE_UUID.format("fe95"), (Row(MI_FIRMWARE, "read"),))


def _rows(first: int, *, limits: bool) -> tuple[Row, ...]:
    rows = [
        Row(TIME, "read write", first, "Time"),
        Row(COUNT, "read", text="Data Count"),
        Row(INDEX, "read write", text="Index"),
        Row(NEWEST, "read", text="Data Read"),
        Row(RECORDS, "notify", text="Data Notify"),
        Row(UNIT, "read write", text="Temperature Uint"),
        Row(LIVE, "read notify", text="Temperature and Humidity"),
        Row(CHARGE, "read", text="Batt"),
    ]
    if limits:
        rows += [
            Row(GOODBYE, "write", text="disconnect"),
            Row(CLEAR, "write", text="clear data"),
            Row(COMFORT, "read write", text="comfortable temp and humi"),
            Row(PACE, "write", text="set conn interval"),
        ]
    return tuple(rows)


# Clocks do not have all of it.
CLOCK_TABLE: Final = table(
    ACCESS, INFORMATION, (SERVICE, _rows(0x2B, limits=False)), _MI
)
OLD_TABLE: Final = table(
    ACCESS, INFORMATION, BATTERY, (SERVICE, _rows(0x23, limits=True)), _MI
)
NEW_TABLE: Final = table(ACCESS, INFORMATION, (SERVICE, _rows(0x20, limits=True)), _MI)


@dataclass(frozen=True, slots=True)
class Live:
    """Describe how live values are laid out: temperature, humidity, and where it has one the voltage."""

    form: str
    temperature: int  # steps in one degree
    humidity: int  # steps in one percent
    voltage: bool


SHORT: Final = Live("<hB", 100, 1, voltage=False)
LONG: Final = Live("<hBH", 100, 1, voltage=True)
FINE: Final = Live("<hHH", 10, 10, voltage=True)


class Thermometer(Inside):
    """Be what all of them share: live values, unit and memory.

    ``hours`` have passed since power-on; ``kept`` records at most are stored, in ``steps`` to a degree.
    ``every`` (s) a value is told to who listens, never for 0. ``celsius`` are the bytes that mean °C.
    """

    def __init__(
        self,
        services: tuple[Service, ...],
        layout: Live,
        *,
        celsius: tuple[int, ...],
        every: float,
        hours: float = 55.2,
        kept: int = 300,
        steps: int = 10,
        millivolts: int = 2957,
        unit: int | None = None,
        **more: object,
    ) -> None:
        """Take how the model differs."""
        super().__init__(services, **more)  # type: ignore[arg-type]
        self._layout, self._celsius, self._every = layout, celsius, every
        self._kept, self._steps, self._millivolts = kept, steps, millivolts
        self._unit = celsius[0] if unit is None else unit
        self._started = self.clock() - hours * HOUR
        self._erased = 0  # records that were cleared
        self._index = b""
        self._speak_at: float | None = None
        self._stream: asyncio.TimerHandle | None = None

    # --- memory ----------------------------------------------------------------------------

    @property
    def newest(self) -> int:
        """Return the index of the newest record: one is made at the end of each hour."""
        return int((self.clock() - self._started) // HOUR) - 1

    @property
    def oldest(self) -> int:
        """Return the index of the oldest record that is left."""
        return max(self.newest + 1 - self._kept, self._erased)

    def stamp(self, index: int) -> int:
        """Return the time that a record holds."""
        raise NotImplementedError

    def ended(self, index: int) -> float:
        """Return the Unix time at which an hour really ended, as far as the device can know it."""
        raise NotImplementedError

    def _hour(self, index: int) -> tuple[Span, Span]:
        digits = len(str(self._steps)) - 1
        means = ((21.5, 1.5, digits), (47.0, 4.0, 0))
        temperature, humidity = hourly(self.owner.address, index, *means)
        return temperature, humidity

    def record(self, index: int) -> bytes:
        """Return one record: the highest values come before the lowest."""
        temperature, humidity = self._hour(index)
        low, high = (round(one * self._steps) for one in temperature)
        dry, wet = (round(one) for one in humidity)
        return struct.pack("<IIhBhB", index, self.stamp(index), high, wet, low, dry)

    def _memory(self) -> list[list[object]]:
        found: list[list[object]] = []
        for index in range(self.oldest, self.newest + 1):
            temperature, humidity = self._hour(index)
            values = {"temperature": temperature, "humidity": humidity}
            found.append([self.ended(index), values])
        return found

    def _begin_stream(self) -> None:
        first = int.from_bytes(self._index, "little")
        self._index = b""  # good for one transfer
        self._send(max(first, self.oldest))

    def _send(self, index: int) -> None:
        if index > self.newest or RECORDS not in self.listened:
            return
        self.say(RECORDS, self.record(index))
        loop = asyncio.get_running_loop()
        self._stream = loop.call_later(STREAM_GAP, self._send, index + 1)

    # --- what it holds ---------------------------------------------------------------------

    @override
    def holds(self) -> Truth:
        unit = "fahrenheit" if self._unit == FAHRENHEIT else "celsius"
        return {**super().holds(), "unit": unit, "memory": self._memory()}

    @override
    def reads(self) -> Reads:
        return {
            **super().reads(),
            COUNT: lambda: struct.pack(
                "<II", max(self.newest, 0), self.newest + 1 - self.oldest
            ),
            INDEX: lambda: self._index,
            NEWEST: lambda: self.record(self.newest),
            UNIT: lambda: bytes((self._unit,)),
            LIVE: self._live,
            CHARGE: lambda: b"\x64",
            BATTERY_LEVEL: lambda: b"\x64",
            MI_FIRMWARE: self.firmware.encode,
        }

    def _live(self) -> bytes:
        celsius, wet = self.measured("temperature", 22.0), self.measured("humidity", 46)
        temperature = round(celsius * self._layout.temperature)
        humidity = round(wet * self._layout.humidity)
        told: dict[str, object] = {
            "temperature": round(temperature / self._layout.temperature, 2),
            "humidity": round(humidity / self._layout.humidity, 1),
        }
        numbers = [temperature, humidity]
        if self._layout.voltage:
            numbers.append(self._millivolts)
            told["voltage"] = self._millivolts / 1000
            told["battery"] = round(min(max((self._millivolts - 2100) / 10, 0), 100))
        self.tell(told)
        return struct.pack(self._layout.form, *numbers)

    # --- what happens ----------------------------------------------------------------------

    @override
    def disconnected(self, now: float) -> None:
        super().disconnected(now)
        self._speak_at = None
        if self._stream is not None:
            self._stream.cancel()
            self._stream = None

    @override
    def subscribed(self, uuid: str, enabled: bool) -> None:
        super().subscribed(uuid, enabled)
        if uuid == RECORDS and enabled:
            self._begin_stream()
        if uuid == LIVE:
            self._speak_at = None

    @override
    def tick(self, now: float) -> None:
        if LIVE not in self.listened or not self._every:
            return
        if self._speak_at is None:
            self._speak_at = now + self._every / 2
        if now >= self._speak_at:
            self._speak_at = now + self._every
            self.say(LIVE, self._live())

    @override
    def write(self, uuid: str, data: bytes) -> None:
        takers: dict[str, Callable[[bytes], None]] = {
            INDEX: self._take_index,
            UNIT: self._take_unit,
            CLEAR: self._take_clear,
            GOODBYE: lambda _: self.hang_up(),
            PACE: lambda _: None,
        }
        if uuid not in takers:
            return super().write(uuid, data)
        return takers[uuid](data)

    def _take_index(self, data: bytes) -> None:
        if len(data) != 4:
            raise GattError(INVALID_LENGTH)
        self._index = data

    def _take_unit(self, data: bytes) -> None:
        if len(data) != 1:
            raise GattError(INVALID_LENGTH)
        # What is neither is passed over.
        if data[0] in {FAHRENHEIT, *self._celsius}:
            self._unit = data[0]

    def _take_clear(self, data: bytes) -> None:
        if data == b"\x01":
            self._erased = self.newest + 1


class Display(Thermometer):
    """Be a thermometer without a clock: its time counts from power-on, and dates its memory.

    ``limits`` are those of the face on its display: highest and lowest °C, then %.
    """

    def __init__(
        self,
        layout: Live = LONG,
        *,
        old: bool = True,
        limits: tuple[float, float, float, float] = (27.0, 19.0, 85.0, 20.0),
        **more: object,
    ) -> None:
        """Take how the model differs; the newer firmware has no battery service."""
        services = OLD_TABLE if old else NEW_TABLE
        super().__init__(services, layout, celsius=(0x00, 0xFF), every=6.0, **more)  # type: ignore[arg-type]
        self._fine = layout is FINE
        self._form, self._scale = ("<hhHH", 10) if self._fine else ("<hhBB", 100)
        high, low, wet, dry = limits
        part = 10 if self._fine else 1
        self._comfort = struct.pack(
            self._form,
            *(round(one * self._scale) for one in (high, low)),
            *(round(one * part) for one in (wet, dry)),
        )
        self._shifted = 0  # how often somebody has moved the base of its memory

    @override
    def stamp(self, index: int) -> int:
        return (index + 1) * HOUR

    @override
    def ended(self, index: int) -> float:
        return self._started + (index + 1) * HOUR

    @override
    def reads(self) -> Reads:
        return {
            **super().reads(),
            TIME: lambda: struct.pack("<I", int(self.clock() - self._started)),
            COMFORT: lambda: self._comfort,
        }

    @override
    def write(self, uuid: str, data: bytes) -> None:
        if uuid == TIME:
            self._shifted += 1
        elif uuid != COMFORT:
            super().write(uuid, data)
        elif len(data) != len(self._comfort):
            raise GattError(INVALID_LENGTH)
        else:
            self._comfort = data

    @override
    def holds(self) -> Truth:
        high, low, wet, dry = struct.unpack(self._form, self._comfort)
        part = 10 if self._fine else 1
        return {
            **super().holds(),
            "temperature_high": high / self._scale,
            "temperature_low": low / self._scale,
            "humidity_high": wet / part,
            "humidity_low": dry / part,
            "shifted": self._shifted,
        }


class ClockDisplay(Thermometer):
    """Be a thermometer that shows the time: it runs ``ahead`` (s) of the world at first.

    ``charge`` is its battery in %, None = what its adverts say. A read of its clock is up to ``refresh``
    seconds old. ``leaves_at_clock``: it ends the link at a write of the clock, and has taken it.
    """

    def __init__(
        self,
        *,
        charge: int | None = None,
        ahead: float = 400.0,
        zone: int = 1,
        refresh: float = 0.0,
        leaves_at_clock: bool = False,
        every: float = 4.0,
        celsius: tuple[int, ...] = (0xFF,),
        **more: object,
    ) -> None:
        """Take how the model differs."""
        super().__init__(CLOCK_TABLE, SHORT, celsius=celsius, every=every, **more)  # type: ignore[arg-type]
        self._charge, self._ahead, self._zone = charge, ahead, zone
        self._refresh, self._leaves_at_clock = refresh, leaves_at_clock
        now = self.clock()
        # Full hours of the world: what it wrote down does not change when its clock is set.
        self._base = int(now // HOUR) * HOUR - (self.newest + 1) * HOUR
        self._told_at, self._told = now, int(now + ahead)

    @override
    def stamp(self, index: int) -> int:
        return self._base + (index + 1) * HOUR

    @override
    def ended(self, index: int) -> float:
        return float(self.stamp(index))

    @override
    def reads(self) -> Reads:
        return {**super().reads(), TIME: self._read_time, CHARGE: self._read_charge}

    def _read_time(self) -> bytes:
        now = self.clock()
        if now - self._told_at >= self._refresh:
            self._told_at, self._told = now, int(now + self._ahead)
        return struct.pack("<Ib", self._told, self._zone)

    def _read_charge(self) -> bytes:
        charge = self._charge
        if charge is None:
            charge = round(self.measured("battery", 80))
        self.tell({"battery": charge})
        return bytes((charge,))

    @override
    def write(self, uuid: str, data: bytes) -> None:
        if uuid != TIME:
            super().write(uuid, data)
            return
        if len(data) != 5:
            raise GattError(INVALID_LENGTH)
        unix, self._zone = struct.unpack("<Ib", data)
        now = self.clock()
        self._ahead = unix - now
        self._told_at, self._told = now, unix
        if self._leaves_at_clock:
            self.hang_up(0)

    @override
    def holds(self) -> Truth:
        shown = self.clock() + self._ahead + self._zone * HOUR
        return {**super().holds(), "shown_time": shown, "zone": self._zone}
