"""Many hours of a house where everything goes wrong in turn: nothing grows, nothing is left, all is counted.

    SOAK_HOURS=24 python -m pytest -q -s -p no:cacheprovider -p no:logging tests/ha/test_soak.py

The hours are virtual; ``SOAK_SEED`` chooses other faults. Without these the run is short.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
import gc
import logging
import os
import random
from statistics import median
import sys
from typing import Any, Final, override
from unittest.mock import NonCallableMock

import pytest

from custom_components.mi_bms.const import DOMAIN
from custom_components.mi_bms.proto.model.errors import Unreachable
from custom_components.mi_bms.proto.publish.news import News
from custom_components.mi_bms.runtime import SHARED
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import callback
from tests.world.devices import KINDS
from tests.world.devices.server import GattBattery

from ..air import SOURCE, Air
from ..home import Home
from .test_batteries import report

pytestmark = pytest.mark.slow

HOURS: Final = float(os.environ.get("SOAK_HOURS", "0.25"))
SEED: Final = os.environ.get("SOAK_SEED", "1")
ADVERT: Final = 10.0  # s between two adverts of each battery
INTERVAL: Final = 60
CALM: Final = 300.0  # s between two faults
GROWTH: Final = 1.01
WARM: Final = 0.25  # part of the hours after which nothing may grow

# What a failed poll may be called when the faults below are all that is wrong.
EXPLAINED: Final = {
    "Implausible": "a lie was refused",
    "connect": "somebody else held it, or its receiver was gone",
    "not_heard": "its receiver was gone, or it slept",
    "link": "the link broke in the middle",
    "lost": "the link broke in the middle",
    "no_slot": "others held the slots",
    "NoAnswer": "it was mute, or notifications were lost",
    "checksum": "a notification was damaged or lost",
    "length": "a notification was damaged or lost",
    "range": "a notification was damaged or lost",
    "digits": "a notification was damaged or lost",
}


def _blocks() -> int:
    """Count what is allocated; the test kit's mocks write down every call, which is not ours."""
    # Home Assistant hides from the collector what is there at the start, these mocks among it.
    gc.unfreeze()
    for one in gc.get_objects():
        # A library's list of calls is a mock by name only.
        if isinstance(one, NonCallableMock) and not isinstance(one, list):
            one.reset_mock()
    gc.collect()
    return sys.getallocatedblocks()


class Loud(logging.Handler):
    """Count what is logged as an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said: Counter[str] = Counter()

    @override
    def emit(self, record: logging.LogRecord) -> None:
        if record.name.startswith("bleak_retry_connector"):
            # It looks for a local adapter that the test does not have.
            return
        self.said[f"{record.name}: {record.getMessage()}"[:200]] += 1


class Soak:
    """Let faults come and go, one kind at a time, and count what is read."""

    def __init__(self, home: Home) -> None:
        self.home, self.rng = home, random.Random(f"soak {SEED}")
        self.airs = [home.air, Air(home.hass, source="AA:BB:CC:00:00:98")]
        self.batteries: list[GattBattery] = []
        self.asleep: set[str] = set()
        self.good: Counter[str] = Counter()
        self.polls: Counter[str] = Counter()
        self.failures: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.blocks: list[int] = []
        self.visits: Counter[str] = Counter()

    async def build(self) -> None:
        for number, kind in enumerate(_NAMES, 1):
            device = KINDS[kind](
                address=f"{_MAKERS[kind]}:50:{number:02}", name=_NAMES[kind]
            )
            device.pack.current = -20.0
            self.batteries.append(device)
            for air, rssi in zip(self.airs, (-55, -80), strict=True):
                air.add(device, rssi=rssi if number % 2 else -135 - rssi)
                air.tells_slots = True
            entry = await self.home.add(device)
            form = await self.home.options(entry)
            await self.home.set_options(form, {"interval": INTERVAL})
        self.home.hass.data[SHARED].feed.listen(self._told)

    @callback
    def _told(self, news: News) -> None:
        """Count good polls: each one is news for the outputs."""
        self.good[news.address] += 1

    @property
    def entries(self) -> list[ConfigEntry[Any]]:
        return self.home.hass.config_entries.async_entries(DOMAIN)

    async def live(self, seconds: float) -> None:
        """Let time pass while the batteries advertise."""
        for _ in range(int(seconds / ADVERT)):
            for air in self.airs:
                for device in self.batteries:
                    linked = any(device.address in one.links for one in self.airs)
                    if device.address not in self.asleep and not linked:
                        air.shout(device)
            await self.home.clock.run(ADVERT)

    async def collect(self, entry: ConfigEntry[Any]) -> None:
        """Add up the counters of a battery that is about to be unloaded."""
        told = await report(self.home, entry)
        self.polls["all"] += told["polls"]
        self.failures.update(told["failures"])
        self.refused.update(told["refused"])

    # --- faults: each begins, lasts and ends ---------------------------------------------------

    async def quiet(self) -> None:
        await self.live(60)

    async def links_break(self) -> None:
        for _ in range(6):
            for air in self.airs:
                for link in list(air.links.values()):
                    link.lose(0x08)
            await self.live(20)

    async def receiver_dies(self) -> None:
        old = self.airs.pop()
        for link in list(old.links.values()):
            link.lose(0x08)
        old.close()
        await self.live(400)
        new = Air(self.home.hass, source="AA:BB:CC:00:00:98")
        new.tells_slots = True
        for device in self.batteries:
            new.add(device, rssi=old.rssi[device.address])
        self.airs.append(new)

    async def phone(self) -> None:
        one = self.rng.choice(self.batteries).address
        for air in self.airs:
            air.refuse.add(one)
            if one in air.links:
                air.links[one].lose(0x13)
        await self.live(300)
        for air in self.airs:
            air.refuse.clear()

    async def sleep(self) -> None:
        device = self.rng.choice(self.batteries)
        device.pack.current = 0.0
        await self.live(90)
        self.asleep.add(device.address)
        for air in self.airs:
            air.refuse.add(device.address)
            if device.address in air.links:
                air.links[device.address].lose(0x08)
        await self.live(600)
        for air in self.airs:
            air.refuse.clear()
        self.asleep.clear()
        device.pack.current = -20.0

    async def bad_air(self) -> None:
        device = self.rng.choice(self.batteries)
        share = self.rng.choice((0.05, 0.2, 1.0))
        for air in self.airs:
            air.faults[device.address].update(
                {"drop": share, "corrupt": share / 4, "latency": 0.2}
            )
        await self.live(300)
        for air in self.airs:
            air.faults[device.address].clear()

    async def lies(self) -> None:
        device = self.rng.choice(self.batteries)
        truth, device.pack.temperature = device.pack.temperature, 200.0
        await self.live(INTERVAL + 10)
        device.pack.temperature = truth

    async def guests(self) -> None:
        for air in self.airs:
            air.slots = 1
        await self.live(300)
        for air in self.airs:
            air.slots = 3

    async def user(self) -> None:
        entry = self.rng.choice(self.entries)
        services = self.home.hass.services
        for action, data in (("release", {"minutes": 2.0}), ("release", {})):
            await services.async_call(DOMAIN, action, data, blocking=True)
            await self.live(30)
        entry.runtime_data.async_resume()
        await self.live(60 * 31)

    async def restart(self) -> None:
        entry = self.rng.choice(self.entries)
        entries = self.home.hass.config_entries
        await self.collect(entry)
        self.home.clock.hurries = False
        await self.home.clock.wait(entries.async_unload(entry.entry_id))
        await self.live(20)
        await self.home.clock.wait(entries.async_setup(entry.entry_id))
        self.home.clock.hurries = True

    async def visit(self) -> None:
        async def go() -> None:
            polls = self.home.hass.data[SHARED].polls
            try:
                async with polls.async_visit("A5:C2:37:00:50:99"):
                    await asyncio.sleep(30)
                self.visits["good"] += 1
            except Unreachable as err:
                self.visits[err.reason] += 1

        stranger = KINDS["JBD"](address="A5:C2:37:00:50:99", name="somebody")
        self.home.air.add(stranger)
        self.home.shout(stranger)
        task = asyncio.create_task(go())
        await self.live(120)
        await task

    # --- all together --------------------------------------------------------------------------

    async def run(self, hours: float) -> None:
        kinds: list[Callable[[], Any]] = [
            self.quiet, self.links_break, self.receiver_dies, self.phone, self.sleep, self.bad_air,
            self.lies, self.guests, self.user, self.restart, self.visit,
        ]  # fmt: skip
        begin, due = self.home.clock.time, list(kinds)
        while self.home.clock.time - begin < hours * 3600:
            if not due:
                due = list(kinds)
                self.blocks.append(_blocks())
            fault = due.pop(self.rng.randrange(len(due)))
            self.faults[fault.__name__] += 1
            await fault()
            await self.live(CALM)

    def report(self) -> str:
        rows = [
            f"faults: {dict(self.faults)}",
            f"polls: {self.polls['all']}, good: {self.good.total()}, visits: {dict(self.visits)}",
            *(
                f"  {n:6} {word}: {EXPLAINED.get(word, '?')}"
                for word, n in self.failures.most_common()
            ),
            f"refused: {dict(self.refused)}",
            f"memory blocks after each round: {self.blocks}",
        ]
        return "\n".join(rows)


_MAKERS: Final = {
    "JBD": "A5:C2:37:00",
    "JIKONG": "C8:47:80:00",
    "EJ": "C8:47:8C:00",
    "DALY": "96:2A:51:00",
}
_NAMES: Final = {
    "JBD": "JBD-mine",
    "JIKONG": "JK-mine",
    "EJ": "LT-12V-1544",
    "DALY": "DL-401234567890",
}


@pytest.mark.parametrize("hours", [HOURS])
async def test_nothing_grows_and_all_is_explained(
    home: Home, hours: float, capsys: pytest.CaptureFixture[str]
) -> None:
    root, loud = logging.getLogger(), Loud()
    soak = Soak(home)
    await soak.build()
    root.addHandler(loud)
    # What the test runner keeps of the log grows, too.
    root.setLevel(logging.ERROR)
    home.clock.hurries = True
    try:
        await soak.run(hours)
    finally:
        home.clock.hurries = False
        root.removeHandler(loud)
    # Whatever is wrong has ended; all is well again within an interval and a wait.
    await soak.live(2 * INTERVAL + 60)
    for entry in soak.entries:
        assert entry.runtime_data.online, soak.report()
        await soak.collect(entry)
        await home.clock.wait(home.hass.config_entries.async_unload(entry.entry_id))
    await home.clock.run(1)
    with capsys.disabled():
        if hours > 1:
            sys.stdout.write(soak.report() + f"\nerrors logged: {dict(loud.said)}\n")
    assert not loud.said
    assert not any(air.links for air in soak.airs)
    shared = home.hass.data[SHARED].polls
    assert not shared.scheduler.batteries
    assert shared.addresses == ()
    assert set(soak.failures) <= set(EXPLAINED), soak.report()
    missed = soak.polls["all"] - soak.good.total() - soak.failures.total()
    # Polls in the middle of which the battery was taken down or left to the app, and first ones.
    assert 0 <= missed <= 3 * (soak.faults["restart"] + soak.faults["user"] + 5)
    if len(soak.blocks) >= 8:
        warm = soak.blocks[int(len(soak.blocks) * WARM) :]
        half = len(warm) // 2
        assert median(warm[half:]) <= GROWTH * median(warm[:half]), soak.report()
    for air in soak.airs[1:]:
        air.close()
    assert soak.airs[0].source == SOURCE
