"""What a battery costs the database and Activity, in the defaults: rows for each poll, lines a day."""

from collections import Counter
from random import Random
from typing import Any, Final

from homeassistant.components.logbook.helpers import is_sensor_continuous
from homeassistant.core import Event, callback
from homeassistant.helpers import entity_registry as er
from tests.world.devices import KINDS

from ..home import Home

ADDRESS: Final = "C8:47:80:00:0C:08"
DAY: Final = 86_400
INTERVAL: Final = 30  # s, as it usually is
POLLS: Final = 40
MOST_ROWS: Final = 20_000  # a day
MOST_LINES: Final = 25  # a day, of one device of a house of twenty with 500
CURRENT_NOISE: Final = 0.3  # A, of a board's shunt
CELL_NOISE: Final = 0.0015  # V, of a board's converter


class Written:
    """Count the changes of states, each of which is a row, and those that Activity lists."""

    def __init__(self, home: Home) -> None:
        """Begin to count."""
        self._hass = home.hass
        self.rows: Counter[str] = Counter()
        self.lines: Counter[str] = Counter()
        self._stop = home.hass.bus.async_listen("state_changed", self._changed)

    @callback
    def _changed(self, event: Event[Any]) -> None:
        entity, old, new = (
            event.data[one] for one in ("entity_id", "old_state", "new_state")
        )
        if old is None or new is None:
            return
        self.rows[entity] += 1
        continuous = entity.startswith("sensor.") and is_sensor_continuous(
            self._hass, er.async_get(self._hass), entity
        )
        if old.state != new.state and not continuous:
            self.lines[entity] += 1


async def live(home: Home, device: Any, polls: int) -> None:
    """Let a pack live as real ones do: a load that wanders, a board that measures with noise."""
    chance = Random(14)
    load = -12.0
    for _ in range(polls):
        load += chance.gauss(0, 0.4)
        device.pack.current = load + chance.gauss(0, CURRENT_NOISE)
        for cell, offset in zip(device.pack.stack, device.offsets, strict=True):
            cell.offset = offset + chance.gauss(0, CELL_NOISE)
        await home.listen(device, 3, every=INTERVAL / 3)


async def test_a_large_pack_spares_the_database(home: Home) -> None:
    device = KINDS["JIKONG"](
        address=ADDRESS,
        name="JK-mine",
        pack={"cells": 16, "capacity": 280, "probes": 2},
    )
    device.pack.step = lambda _seconds: None
    device.offsets = [cell.offset for cell in device.pack.stack]
    await home.add(device)
    await live(home, device, 4)
    written = Written(home)
    await live(home, device, POLLS)
    days = POLLS * INTERVAL / DAY
    assert written.rows.total() / days <= MOST_ROWS, written.rows
    assert written.lines.total() / days <= MOST_LINES, written.lines
