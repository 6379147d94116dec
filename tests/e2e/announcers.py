"""What others say over MQTT of devices of the simulated world: batmon of a battery, Tasmota of a thermometer.

Source: batmon-ha's announcements (never retained, said again every some samples), Tasmota's own discovery.
"""

import asyncio
from collections.abc import Iterator, Mapping
import contextlib
from dataclasses import dataclass
import json
import time
from typing import Any, Final, NamedTuple, override

from paho.mqtt import client as paho

from .home_assistant import HOST
from .process import Trouble
from .world_client import WorldProcess

EVERY: Final = 2.0  # s
ANNOUNCED_EVERY: Final = 5  # samples
CELL, PROBE = "cell_voltage_", "probe_temperature_"


class Told(NamedTuple):
    """Say one value of batmon: its topic, whose value of the world it is, how it is announced."""

    key: str
    truth: str
    device_class: str | None = None
    unit: str | None = None
    state_class: str | None = "measurement"
    domain: str = "sensor"


BATMON: Final = (
    Told("soc/total_voltage", "voltage", "voltage", "V"),
    Told("soc/current", "current", "current", "A"),
    Told("soc/balance_current", "balance_current", "current", "A"),
    Told("soc/soc_percent", "battery_level", "battery", "%"),
    Told("soc/power", "power", "power", "W"),
    Told("soc/capacity", "design_capacity", None, "Ah", None),
    Told("soc/soh", "battery_health", None, "%"),
    Told("soc/num_cycles", "cycles", None, "N"),
    Told("mosfet_status/capacity_ah", "cycle_charge", None, "Ah", None),
    Told("bms/uptime", "uptime", "duration", "s"),
    Told("cell_voltages/min", "min_cell_voltage", "voltage", "V", None),
    Told("cell_voltages/max", "max_cell_voltage", "voltage", "V", None),
    Told("cell_voltages/delta", "delta_voltage", "voltage", "V", None),
    Told("cell_voltages/average", "voltage", "voltage", "V", None),
    Told("cell_voltages/min_index", "min_cell", None, None, None),
    Told("cell_voltages/max_index", "max_cell", None, None, None),
    Told("meter/total_energy", "total_charge", "energy", "kWh", "total_increasing"),
    Told("problem", "problem", "problem", None, None, "binary_sensor"),
    Told(
        "battery_charging",
        "battery_charging",
        "battery_charging",
        None,
        None,
        "binary_sensor",
    ),
    Told("switch_charge", "chrg_mosfet", None, None, None, "binary_sensor"),
    Told("switch_discharge", "dischrg_mosfet", None, None, None, "binary_sensor"),
)
NUMBERED: Final = {
    CELL: ("cell_voltages", "voltage", "V", None),
    PROBE: ("temperatures", "temperature", "°C", "measurement"),
}


@dataclass(kw_only=True)
class Announcer:
    """Say what one device holds."""

    address: str

    def values(self, truth: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Return topics with what is said there."""
        raise NotImplementedError

    def announcements(
        self, truth: Mapping[str, Any]
    ) -> Iterator[tuple[str, str, bool]]:
        """Return topics with what is announced there, and whether the broker keeps it."""
        raise NotImplementedError


@dataclass(kw_only=True)
class Batmon(Announcer):
    """Be the add-on with one battery; ``serial`` is what the battery says."""

    topic: str
    serial: str

    def _rows(self, truth: Mapping[str, Any]) -> Iterator[Told]:
        yield from (one for one in BATMON if one.truth in truth)
        for key in truth:
            for prefix, (topic, *rest) in NUMBERED.items():
                if key.startswith(prefix):
                    yield Told(f"{topic}/{key.removeprefix(prefix)}", key, *rest)

    @override
    def values(self, truth: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        for row in self._rows(truth):
            value = truth[row.truth]
            said = (
                {True: "ON", False: "OFF"}[value]
                if isinstance(value, bool)
                else str(value)
            )
            yield f"{self.topic}/{row.key}", said

    @override
    def announcements(
        self, truth: Mapping[str, Any]
    ) -> Iterator[tuple[str, str, bool]]:
        device = {
            "identifiers": [self.serial],
            "manufacturer": "Jikong",
            "name": f"JK ({self.topic})",
            "model": "JK-B2A8S20P",
        }
        for row in self._rows(truth):
            name = row.key.replace("/", "_")
            said = {
                "unique_id": f"{self.topic}__{name}",
                "name": name.replace("_", " ").title(),
                "device_class": row.device_class,
                "state_class": row.state_class,
                "unit_of_measurement": row.unit,
                "state_topic": f"{self.topic}/{row.key}",
                "expire_after": 3600,
                "device": device,
            }
            text = json.dumps(
                {key: value for key, value in said.items() if value is not None}
            )
            yield f"homeassistant/{row.domain}/{self.topic}/_{name}/config", text, False


@dataclass(kw_only=True)
class Tasmota(Announcer):
    """Be an ESP32 that hears one thermometer."""

    mac: str
    name: str

    @property
    def _topic(self) -> str:
        return f"tasmota_{self.mac[-6:]}"

    def _said(self, truth: Mapping[str, Any]) -> dict[str, Any]:
        names = {"temperature": "Temperature", "humidity": "Humidity"}
        values = {names[key]: truth[key] for key in names if key in truth}
        return {
            "Time": "2026-11-01T10:00:00",
            self.name: values | {"DewPoint": 9.5, "RSSI": -70},
            "TempUnit": "C",
        }

    @override
    def values(self, truth: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        yield f"tele/{self._topic}/LWT", "Online"
        yield f"tele/{self._topic}/SENSOR", json.dumps(self._said(truth))

    @override
    def announcements(
        self, truth: Mapping[str, Any]
    ) -> Iterator[tuple[str, str, bool]]:
        config = {
            "ip": "192.0.2.7", "dn": "Tasmota", "fn": ["Tasmota"], "hn": self._topic, "mac": self.mac,
            "md": "ESP32", "ty": 0, "if": 0, "ofln": "Offline", "onln": "Online",
            "state": ["OFF", "ON", "TOGGLE", "HOLD"], "sw": "15.0.1", "t": self._topic, "ft": "%prefix%/%topic%/",
            "tp": ["cmnd", "stat", "tele"], "rl": [0], "swc": [-1], "swn": [None], "btn": [0],
            "so": {str(one): 0 for one in (4, 11, 13, 17, 20, 30, 68, 73, 80, 82, 114, 117)},
            "lk": 0, "lt_st": 0, "sho": [0], "ver": 1,
        }  # fmt: skip
        begin = f"tasmota/discovery/{self.mac}"
        yield f"{begin}/config", json.dumps(config), True
        yield f"{begin}/sensors", json.dumps({"sn": self._said(truth), "ver": 1}), True


class Town:
    """Let all announcers speak, every few seconds."""

    def __init__(
        self, world: WorldProcess, port: int, announcers: list[Announcer]
    ) -> None:
        """Take the broker's port."""
        self._world, self._announcers = world, announcers
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2)
        self._client.connect_async(HOST, port)
        self._client.loop_start()
        self._speaking: asyncio.Task[None] | None = None

    async def say_all(self, *, announced: bool) -> None:
        """Say all values once, after the announcements where they are due."""
        truth = await self._world.truth(time.time())
        for one in self._announcers:
            held = truth[one.address]["truth"]
            if announced:
                for topic, text, kept in one.announcements(held):
                    self._client.publish(topic, text, qos=1, retain=kept)
            for topic, text in one.values(held):
                self._client.publish(topic, text, qos=1)

    def begin(self) -> None:
        """Begin to speak."""
        self._speaking = asyncio.create_task(self._speak())

    async def _speak(self) -> None:
        number = 0
        while True:
            # A world that does not answer for long has nothing to be said of.
            with contextlib.suppress(Trouble):
                await self.say_all(announced=number % ANNOUNCED_EVERY == 0)
            number += 1
            await asyncio.sleep(EVERY)

    async def end(self) -> None:
        """Fall silent."""
        if self._speaking is not None:
            self._speaking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._speaking
        self._client.loop_stop()
        self._client.disconnect()
