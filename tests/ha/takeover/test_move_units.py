"""No five minutes are missing where one unit has two names, on the way here and on the way back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
import threading
from typing import Any

import pytest

from custom_components.mi_bms.proto.takeover.model import Fate, Statistic
from custom_components.mi_bms.takeover import recorded
from custom_components.mi_bms.takeover.check import Refused
from custom_components.mi_bms.takeover.give_back import async_give_back
from custom_components.mi_bms.takeover.journal import order_of
from custom_components.mi_bms.takeover.move import async_begin
from homeassistant.components.recorder import Recorder, get_instance
from homeassistant.components.recorder.statistics import (
    get_metadata,
    statistics_during_period,
)
from homeassistant.components.recorder.tasks import RecorderTask
from homeassistant.config_entries import ConfigEntry
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.util import dt as dt_util
from tests.ha.database import written_database
from tests.ha.home import Home

from .registers import plan_of
from .stub import DOMAIN, OldReader, measured
from .test_move import ADDRESS, made
from .test_move_statistics import settled

__all__ = ["written_database"]  # a fixture
PERIOD = 300
NAME = "sensor.attic_impedance"
# The loggers of what Home Assistant says of units.
COMPILER = "homeassistant.components.sensor.recorder"


@pytest.fixture
def enable_statistics() -> bool:
    """Have the recorder compile them, which the kit leaves out."""
    return True


class Periods:
    """See five minutes by five minutes what is recorded of one entity."""

    def __init__(self, home: Home) -> None:
        """Begin with the next ones."""
        self.home, self.begin = home, dt_util.utcnow()

    async def compiled(self) -> None:
        """Let the five minutes of now end, and be compiled."""
        left = PERIOD - dt_util.utcnow().timestamp() % PERIOD
        await self.home.clock.run(left + 15)
        await settled(self.home)
        # What is counted on is that the next ones take longer than it takes until a move is on the disk.
        await self.home.clock.run(30)
        await settled(self.home)

    async def _asked(self, work: Any, *args: Any) -> Any:
        recorder = get_instance(self.home.hass)
        return await self.home.clock.wait(
            recorder.async_add_executor_job(work, self.home.hass, *args)
        )

    async def starts(self) -> list[float]:
        """Return when each five minutes began."""
        said = (self.begin, None, {NAME}, "5minute", None, {"mean"})
        found = await self._asked(statistics_during_period, *said)
        return [one["start"] for one in found[NAME]]

    async def noted(self) -> tuple[str | None, str | None]:
        """Return the unit of the statistic, and its kind."""
        found = await self._asked(lambda hass: get_metadata(hass, statistic_ids={NAME}))
        return found[NAME][1]["unit_of_measurement"], found[NAME][1]["unit_class"]


def gaps(starts: list[float]) -> list[float]:
    return [old for old, new in pairwise(starts) if new - old != PERIOD]


@asynccontextmanager
async def moved(
    home: Home,
    theirs: str | None,
    ours: str | None,
    kept: Statistic = Statistic.MEAN,
) -> AsyncIterator[tuple[Periods, ConfigEntry[Any], str]]:
    """Have somebody read it for five minutes, and then us."""
    info = DeviceInfo(
        identifiers={(DOMAIN, ADDRESS)},
        connections={(dr.CONNECTION_BLUETOOTH, ADDRESS)},
        name="Attic",
    )
    reader = OldReader(home.hass, info)
    told = measured("Impedance", 500.0, native_unit_of_measurement=theirs)
    periods = Periods(home)
    await periods.compiled()
    peer = await reader.install({"old-impedance": told}, unique_id=ADDRESS)
    await periods.compiled()
    await periods.compiled()
    plain = plan_of(home.hass, peer, ADDRESS, lambda _row: "impedance")
    (one,) = plain.rulings
    assert one.ours is not None
    ruling = replace(
        one,
        old=replace(one.old, unit=theirs, statistic=Statistic.MEAN),
        ours=replace(one.ours, unit=ours, statistic=kept),
        fate=Fate.CURED if kept is Statistic.MEAN else Fate.ARCHIVED,
    )
    entry = await made(home, replace(plain, rulings=(ruling,)))
    # As our entity says it; this sensor has none.
    unit = {} if ours is None else {"unit_of_measurement": ours}
    kind = "measurement" if kept is Statistic.MEAN else "total_increasing"
    home.hass.states.async_set(NAME, "510", unit | {"state_class": kind})
    yield periods, entry, peer.entry_id
    reader.close()


@pytest.mark.parametrize(
    ("theirs", "ours", "kind", "is_quiet"),
    [
        ("ohm", "Ω", None, True),
        ("m3/hr", "m³/h", "volume_flow_rate", True),
        (None, "UV index", None, True),
        ("steps", None, "unitless", True),
        # Home Assistant converts both of them, not into each other: it says that it leaves one out.
        (None, "μS/cm", "conductivity", False),
    ],
)
async def test_no_five_minutes_are_missing(
    home: Home,
    caplog: pytest.LogCaptureFixture,
    theirs: str | None,
    ours: str | None,
    kind: str | None,
    is_quiet: bool,
) -> None:
    async with moved(home, theirs, ours) as (periods, entry, peer):
        for _ in range(3):
            await periods.compiled()
        assert await periods.noted() == (ours, kind)
        await home.clock.wait(async_give_back(home.hass, entry))
        assert home.hass.config_entries.async_get_entry(peer)
        for _ in range(3):
            await periods.compiled()
        state = home.hass.states.get(NAME)
        assert state is not None
        assert state.attributes.get("unit_of_measurement") == theirs
        assert (await periods.noted())[0] == theirs
        starts = await periods.starts()
        assert not gaps(starts)
        assert len(starts) == 8
        assert is_quiet is not any(one.name == COMPILER for one in caplog.records)


async def test_what_was_put_aside_goes_on_in_its_unit(home: Home) -> None:
    async with moved(home, "N", None, Statistic.SUM) as (periods, entry, _):
        for _ in range(3):
            await periods.compiled()
        assert await periods.noted() == (None, "unitless")
        await home.clock.wait(async_give_back(home.hass, entry))
        for _ in range(3):
            await periods.compiled()
        assert await periods.noted() == ("N", None)
        starts = await periods.starts()
        assert not gaps(starts[-3:])
        assert starts[-1] > dt_util.utcnow().timestamp() - 2 * PERIOD


@dataclass(slots=True)
class Work(RecorderTask):
    """Keep the recorder at work until it may end."""

    ends: threading.Event

    def run(self, instance: Recorder) -> None:
        """Wait."""
        assert self.ends.wait(30)


async def test_a_recorder_that_is_busy_is_not_moved_under(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorded, "_PATIENCE", 0.2)
    async with moved(home, "ohm", "Ω") as (periods, entry, _):
        await periods.compiled()
        ends = threading.Event()
        get_instance(home.hass).queue_task(Work(ends))
        with pytest.raises(Refused, match="recorder_busy"):
            await home.clock.wait(async_give_back(home.hass, entry))
        order = order_of(home.hass, ADDRESS)
        assert order is not None
        assert order.moved
        ends.set()
        await home.clock.wait(async_give_back(home.hass, entry))
        # Its statistics have both units.
        with pytest.raises(Refused, match="not_settled"):
            await home.clock.wait(async_begin(home.hass, order.plan, made=True))
        await home.clock.run(2 * PERIOD)
        get_instance(home.hass).queue_task(Work(ends := threading.Event()))
        with pytest.raises(Refused, match="recorder_busy"):
            await home.clock.wait(async_begin(home.hass, order.plan, made=True))
        assert order_of(home.hass, ADDRESS) is None
        ends.set()


async def test_what_is_about_to_be_compiled_is_waited_for(home: Home) -> None:
    async with moved(home, "ohm", "Ω") as (_, entry, _peer):
        left = PERIOD - dt_util.utcnow().timestamp() % PERIOD
        await home.clock.run(left + 7)
        await home.clock.wait(async_give_back(home.hass, entry))
        assert dt_util.utcnow().timestamp() % PERIOD > 10
