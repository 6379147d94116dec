"""Publish through a real broker: nothing is lost, memory stays flat, the broker may be killed.

    python tests/bench/broker.py [seconds]

Home Assistant and its own MQTT integration are real, and so is the broker: Debian's mosquitto.
Readings come as adverts, 1 000 a second, and a client of the broker compares each message with what
was sent. Then the broker is killed in the middle, and started again.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
import gc
import json
import os
from pathlib import Path
import sys
import tempfile
import time
from typing import Any, Final

from paho.mqtt import client as paho

sys.path.insert(0, str(Path(__file__).parents[2]))

# Ours must be found before anything else of that name.
import custom_components.mi_bms  # noqa: F401
from homeassistant.config_entries import ConfigEntry
from tests.bench.frames import KINDS, address_of, raw
from tests.bench.house import House, at_home
from tests.e2e.home_assistant import HOST
from tests.e2e.mosquitto import Broker
from tests.e2e.process import PATIENCE, Trouble, until
from tests.world.program import program

DEVICES: Final = 50
RATE: Final = 1_000  # readings a second
WARM_UP: Final = 10.0  # s
AWAY: Final = 8.0  # s that the broker is away
SLOW: Final = 100  # readings a second meanwhile
QUIET: Final = 40.0  # s; Home Assistant tries to connect every ten
NO_TOOLS: Final = 77  # what script/test takes for "cannot be had here"
TOPIC: Final = "tele/bench/SENSOR"
# What number a message has, by temperature and humidity: unique for so many numbers.
NUMBERS: Final = {
    ((200 + n % 100) / 10, (300 + n % 97) / 10): n for n in range(100 * 97)
}


class Audience:
    """Compare what the broker hands out with what was said."""

    def __init__(self, port: int) -> None:
        """Connect, now and whenever the broker is back."""
        self._seen: dict[str, bytearray] = {}
        self.different = 0
        self.last: dict[str, int] = {}
        self.messages = self.twice = self.disorder = 0
        self._listening = False
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2)
        self._client.on_connect = self._connected
        self._client.on_message = self._hear
        self._client.on_subscribe = self._subscribed
        self._client.reconnect_delay_set(0.05, 0.05)  # type: ignore[arg-type]
        self._client.connect_async(HOST, port)
        self._client.loop_start()

    def _connected(self, client: paho.Client, *_: Any) -> None:
        client.subscribe(TOPIC, qos=1)

    def _subscribed(self, *_: Any) -> None:
        self._listening = True

    async def listens(self) -> bool:
        """Return whether messages are heard from now on."""
        return self._listening

    def _hear(self, _client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        self.messages += 1
        for name, content in json.loads(message.payload).items():
            if not isinstance(content, dict) or "Temperature" not in content:
                continue
            number = NUMBERS[content["Temperature"], content["Humidity"]]
            # Flags, so that the audience does not take the memory that is measured.
            seen = self._seen.setdefault(name, bytearray(len(NUMBERS)))
            if seen[number]:
                self.twice += 1
                continue
            seen[number] = 1
            self.different += 1
            self.disorder += number < self.last.get(name, -1)
            self.last[name] = number

    def close(self) -> None:
        """Leave."""
        self._client.loop_stop()
        self._client.disconnect()


def resident() -> float:
    """Return the memory of this process in MiB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


class Source:
    """Let the devices of the house speak."""

    def __init__(self, home: House) -> None:
        """Begin with number one."""
        self._home, self.said, self._number = home, 0, 1
        self._addresses = [address_of(n) for n in range(DEVICES)]

    async def add(self) -> None:
        """Add the devices, and let each be heard once."""
        for address in self._addresses:
            await self._home.add(
                "mi_bms", address, {"kind": "sensor", "address": address}
            )

    async def speak(self, seconds: float, rate: int) -> None:
        """Speak for some time."""
        begun = time.monotonic()
        total = int(seconds * rate)
        for done in range(0, total, DEVICES):
            kind, number = KINDS[0], self._number
            self._home.receiver.take(
                [(one, raw(kind, one, number)) for one in self._addresses]
            )
            self._number += 1
            self.said += DEVICES
            due = begun + (done + DEVICES) / rate
            await asyncio.sleep(max(0.0, due - time.monotonic()))


async def everything(audience: Audience, count: int) -> None:
    """Wait until so many readings came, or no more do."""

    async def came() -> bool:
        return audience.different >= count

    with suppress(Trouble):
        await until(
            "all readings", QUIET, came, pause=0.1, progress=lambda: audience.different
        )


@contextmanager
def stage(folder: Path) -> Iterator[tuple[Broker, Audience]]:
    """Return a broker and its client."""
    broker = Broker(folder)
    broker.start()
    audience = Audience(broker.port)
    try:
        yield broker, audience
    finally:
        audience.close()
        broker.kill()


async def measure(home: House, folder: Path, seconds: float) -> dict[str, Any]:
    """Run both parts; give the figures. ``RuntimeError`` when a reading is lost."""
    with stage(folder) as (broker, audience):
        await until("the audience", PATIENCE, audience.listens, pause=0.05)
        await home.add("mqtt", "bench", {"broker": HOST, "port": broker.port})
        entry = await home.add(
            "mi_bms", "output", {"kind": "output", "type": "tasmota", "topic": "bench"}
        )
        home.hass.config_entries.async_update_entry(
            entry, options={"direct": True, "period": 3_600, "backlog": 100_000}
        )
        await home.hass.config_entries.async_reload(entry.entry_id)
        source = Source(home)
        await source.add()
        await source.speak(WARM_UP, RATE)
        gc.collect()
        before = resident()
        begun = time.monotonic()
        await source.speak(seconds, RATE)
        took = time.monotonic() - begun
        await everything(audience, source.said)
        gc.collect()
        found = {
            "readings": source.said,
            "a second": round(seconds * RATE / took),
            "came": audience.different,
            "twice": audience.twice,
            "out of order": audience.disorder,
            "memory before": round(before, 1),
            "memory after": round(resident(), 1),
            "waiting": len(entry.runtime_data.outbox),
        }
        check(entry, audience, source.said)
        found |= await _killed(broker, audience, source)
        check(entry, audience, source.said)
        return found


async def _killed(broker: Broker, audience: Audience, source: Source) -> dict[str, Any]:
    begun, came = source.said, audience.different
    await source.speak(1, SLOW)
    broker.kill()
    await source.speak(AWAY, SLOW)
    broker.start()
    await source.speak(4, SLOW)
    await everything(audience, source.said)
    return {
        "readings around the kill": source.said - begun,
        "came of those": audience.different - came,
        "twice of those": audience.twice,
        "out of order with those": audience.disorder,
    }


def check(entry: ConfigEntry[Any], audience: Audience, said: int) -> None:
    """Raise ``RuntimeError`` when a reading is missing or was dropped."""
    box = entry.runtime_data.outbox
    if audience.different != said or box.dropped:
        raise RuntimeError(
            f"{said} readings, {audience.different} came, {box.dropped} dropped, {len(box)} waiting"
        )


def main(seconds: float) -> dict[str, Any]:
    """Run the measurement in a Home Assistant of its own; leave with a code of its own without a broker."""
    try:
        program("mosquitto")
    except OSError:
        sys.exit(NO_TOOLS)
    with tempfile.TemporaryDirectory() as folder:
        return at_home(lambda home: measure(home, Path(folder), seconds))


if __name__ == "__main__":
    for title, figure in main(float(sys.argv[1]) if len(sys.argv) > 1 else 60).items():
        sys.stdout.write(f"{title:26} {figure}\n")
