"""What a battery costs the database and Activity, in the defaults: rows for each poll, lines a day."""

from collections import Counter
from random import Random
import re
from typing import Any, Final

import pytest

from homeassistant.components.logbook.helpers import is_sensor_continuous
from homeassistant.core import Event, callback
from homeassistant.helpers import entity_registry as er
from tests.world.devices import KINDS

from ..home import Home, Result

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


def pack() -> Any:
    device = KINDS["JIKONG"](
        address=ADDRESS,
        name="JK-mine",
        pack={"cells": 16, "capacity": 280, "probes": 2},
    )
    device.pack.step = lambda _seconds: None
    device.offsets = [cell.offset for cell in device.pack.stack]
    return device


def labels(form: Result) -> dict[str, str]:
    """Return what the choices of the recorded detail are called."""
    choice = form["data_schema"].schema["recording"]
    return {one["value"]: one["label"] for one in choice.config["options"]}


async def test_a_large_pack_spares_the_database(home: Home) -> None:
    device = pack()
    await home.add(device)
    await live(home, device, 4)
    written = Written(home)
    await live(home, device, POLLS)
    days = POLLS * INTERVAL / DAY
    assert written.rows.total() / days <= MOST_ROWS, written.rows
    assert written.lines.total() / days <= MOST_LINES, written.lines


@pytest.mark.parametrize("detail", ["normal", "all"])
async def test_each_choice_tells_the_rows_that_it_writes(
    home: Home, detail: str
) -> None:
    """All entities that are on count, and no others."""
    device = pack()
    entry = await home.add(device)
    await home.set_options(await home.options(entry), {"recording": detail})
    # A few readings say nothing yet.
    assert labels(await home.options(entry))[detail] in {"Normal", "Everything"}
    await live(home, device, 12)
    written = Written(home)
    await live(home, device, POLLS)
    a_day = written.rows.total() / (POLLS * INTERVAL / DAY)
    choices = labels(await home.options(entry))
    told = {
        one: int(
            re.sub(r".*\(about ([\d,]+) rows a day\)", r"\1", text).replace(",", "")
        )
        for one, text in choices.items()
    }
    assert a_day / 2 <= told[detail] <= a_day * 2, (a_day, choices)
    assert told["sparing"] <= told["normal"] <= told["all"]


async def test_an_entity_that_is_off_writes_no_rows(home: Home) -> None:
    device = pack()
    entry = await home.add(device)
    await live(home, device, 12)
    before = labels(await home.options(entry))["all"]
    registry = er.async_get(home.hass)
    for one in er.async_entries_for_config_entry(registry, entry.entry_id):
        registry.async_update_entity(
            one.entity_id, disabled_by=er.RegistryEntryDisabler.USER
        )
    assert before != "Everything (about 0 rows a day)"
    assert labels(await home.options(entry))["all"] == "Everything (about 0 rows a day)"
