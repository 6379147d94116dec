"""A move while the recorder has other things to do, as a stranger tries it: refused in words, nothing half done."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
import threading
from typing import Any, override
from unittest.mock import patch

import pytest

from homeassistant.components.recorder import Recorder
from homeassistant.components.recorder.tasks import (
    CompileMissingStatisticsTask,
    RecorderTask,
    StatisticsTask,
)
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
from tests.ha.database import written_database
from tests.ha.home import Home

from .moving import (
    ADDRESS,
    Old,
    Peers,
    back,
    device,
    differ,
    image,
    offer,
    ours,
    preview,
    settled,
)
from .moving_books import (
    SLOT,
    books,
    complaints,
    enable_statistics,
    gaps,
    graph,
    moved,
    peers,
    recorder,
    slot,
)

__all__ = ["enable_statistics", "peers", "written_database"]  # fixtures

CURED, ARCHIVED, PLAIN = (
    f"sensor.there_{one}" for one in ("volume_flow_rate", "count", "temperature")
)
BUSY = "still calculating statistics"
# Who never answers is not waited for as long as in a house: it comes to the same.
IMPATIENT = patch("custom_components.mi_bms.takeover.recorded._PATIENCE", 0.5)


@dataclass(slots=True)
class Held(RecorderTask):
    """Keep the recorder's thread until it is let go."""

    go: threading.Event

    @override
    def run(self, instance: Recorder) -> None:
        self.go.wait(60)


@contextmanager
def held(home: Home, *behind: RecorderTask) -> Iterator[None]:
    """Have the recorder at something, and more waiting behind that."""
    go = threading.Event()
    recorder(home).queue_task(Held(go))
    for task in behind:
        recorder(home).queue_task(task)
    try:
        with IMPATIENT:
            yield
    finally:
        go.set()


@contextmanager
def late(home: Home) -> Iterator[None]:
    """Have a slot wait that should have been summed up."""
    begin = dt_util.utc_from_timestamp(
        dt_util.utcnow().timestamp() // SLOT * SLOT
    ) - timedelta(seconds=SLOT)
    with held(home, StatisticsTask(begin, False)):
        yield


@contextmanager
def catching_up(home: Home) -> Iterator[None]:
    """Have many slots wait, as after a longer stop."""
    with held(home, CompileMissingStatisticsTask()):
        yield


@contextmanager
def crowded(home: Home) -> Iterator[None]:
    """Have a queue that is longer than the recorder takes."""
    with patch.object(recorder(home), "max_backlog", 0), held(home, *(
        StatisticsTask(dt_util.utcnow() - timedelta(hours=1), False) for _ in range(50)
    )):  # fmt: skip
        yield


@contextmanager
def migrating(home: Home) -> Iterator[None]:
    """Have the database brought to a new version."""
    one = recorder(home)
    one.migration_in_progress, one.migration_is_live = True, True
    try:
        with held(home):
            yield
    finally:
        one.migration_in_progress = one.migration_is_live = False


@contextmanager
def stopped(home: Home) -> Iterator[None]:
    """Have a recorder whose thread has ended."""
    with (
        IMPATIENT,
        patch.object(Recorder, "is_alive", lambda _: False),
        patch.object(recorder(home), "is_running", new=False),
        patch.object(recorder(home), "queue_task", lambda _: None),
    ):
        yield


async def ready(home: Home, peers: Peers, olds: list[Old]) -> tuple[Any, Any, Any]:
    """Record two slots of another integration's entities, and open the preview."""
    now = dt_util.utcnow().timestamp()
    await home.clock.leap(SLOT - (now + 30) % SLOT)
    entry = await peers.bthome(ADDRESS, olds)
    beacon = device(volume_flow_rate=12.0, count=7, temperature=20.5)
    await slot(home)
    await slot(home)
    return entry, beacon, await preview(home, await offer(home, beacon))


def olds() -> list[Old]:
    return [
        Old("volume_flow_rate", 12.0, "m3/hr"),
        Old("count", 7),
        Old("temperature", 20.5, "°C", "temperature"),
    ]


HOW = [late, catching_up, crowded, migrating, stopped]


@pytest.mark.parametrize("how", HOW)
async def test_a_move_is_refused_in_words_and_works_later(
    home: Home, peers: Peers, how: Callable[[Home], Any]
) -> None:
    entry, beacon, form = await ready(home, peers, olds())
    before, known = image(home.hass), await books(home)
    with how(home):
        refused = await home.answer(form, {})
        assert refused["type"] == "form", refused
        assert BUSY in str(refused["description_placeholders"]), refused
        assert not differ(before, image(home.hass))
        assert entry.disabled_by is None
    assert await books(home) == known
    done = await home.answer(refused, {})
    assert done["type"] == "create_entry", done
    await slot(home, beacon)
    await slot(home, beacon)
    for entity_id in (CURED, PLAIN):
        assert moved(home, entity_id)
        assert not gaps(await graph(home, entity_id)), entity_id
        assert not await complaints(home, entity_id)


@pytest.mark.parametrize("how", HOW)
async def test_the_way_back_is_refused_or_whole(
    home: Home, peers: Peers, how: Callable[[Home], Any]
) -> None:
    _entry, beacon, form = await ready(home, peers, olds())
    begun = image(home.hass)
    await home.answer(form, {})
    await slot(home, beacon)
    await settled(home)
    before = image(home.hass)
    flow = await home.choose(await home.reconfigure(ours(home.hass)), "give_back")
    with how(home):
        done = await home.answer(flow, {})
        if done["type"] == "form":
            assert BUSY in str(done["description_placeholders"]), done
            assert not differ(before, image(home.hass))
    await home.clock.settle()
    if done["type"] == "form":
        done = await home.answer(done, {})
    assert done["reason"] == "given_back"
    await slot(home)
    await slot(home)
    assert not differ(begun, image(home.hass))
    for entity_id in (CURED, PLAIN):
        assert not await complaints(home, entity_id), entity_id


async def test_recording_that_the_user_switched_off_loses_nothing_old(
    home: Home, peers: Peers
) -> None:
    _entry, beacon, form = await ready(home, peers, olds())
    await home.hass.services.async_call("recorder", "disable", blocking=True)
    done = await home.answer(form, {})
    await home.hass.services.async_call("recorder", "enable", blocking=True)
    if done["type"] == "form":
        assert BUSY in str(done["description_placeholders"])
        return
    for _ in range(2):
        await slot(home, beacon)
    for entity_id in (CURED, PLAIN):
        rows = await graph(home, entity_id)
        assert len(rows) >= 3
        assert {round(one["mean"], 1) for one in rows} in ({12.0}, {20.5})
        assert not await complaints(home, entity_id)
    assert not [
        one for one in ir.async_get(home.hass).issues if "units_changed" in str(one)
    ]


async def test_a_total_that_becomes_an_average_again_has_its_old_one_back(
    home: Home, peers: Peers
) -> None:
    _entry, beacon, form = await ready(home, peers, olds())
    known = await books(home)
    await home.answer(form, {})
    await slot(home, beacon)
    await slot(home, beacon)
    await settled(home)
    await back(home)
    await slot(home)
    await slot(home)
    rows = await graph(home, ARCHIVED)
    assert rows
    assert rows[0]["mean"] == 7, rows
    assert known <= await books(home)
    assert not await complaints(home, ARCHIVED)
    assert not gaps(await graph(home, PLAIN))


async def test_the_old_statistic_survives_two_moves_and_two_ways_back(
    home: Home, peers: Peers
) -> None:
    _entry, beacon, form = await ready(home, peers, olds()[1:])
    begun = (await graph(home, ARCHIVED))[0]
    for round_ in range(2):
        if round_:
            form = await preview(home, await offer(home, beacon))
        done = await home.answer(form, {})
        assert done["type"] == "create_entry", done
        await slot(home, beacon)
        await slot(home, beacon)
        await back(home)
        await slot(home)
        await slot(home)
        assert (await graph(home, ARCHIVED))[0] == begun
        assert not await complaints(home, ARCHIVED)
