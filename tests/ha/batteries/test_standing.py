"""What is said of a battery, and for how long its values hold, when adverts are sparse or nothing works."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from homeassistant.config_entries import ConfigEntry

from ..air import Air
from ..home import Home
from .test_batteries import ADDRESS, added, jbd
from .test_diagnosis import issue
from .test_healing import polled

SPARSE = 90  # s between two adverts


def idle() -> Any:
    """Make a battery that nobody uses."""
    device = jbd()
    device.pack.step = lambda _seconds: None
    device.pack.current = 0.0
    return device


async def turns(
    home: Home, air: Air, device: Any, look: Callable[[], str], rounds: int
) -> list[str]:
    """Return what is seen one after the other while a battery is hardly heard."""
    seen = [look()]
    for _ in range(rounds):
        air.shout(device)
        for _ in range(SPARSE // 10):
            await home.clock.run(10)
            if seen[-1] != (now := look()):
                seen.append(now)
    return seen


@pytest.mark.parametrize("until", [None, 30.0])
async def test_what_is_wished_during_a_form_outlives_it(
    home: Home, until: float | None
) -> None:
    device = polled()
    entry = await added(home, device)
    coordinator = entry.runtime_data
    async with coordinator._polls.async_alone(ADDRESS):
        await home.clock.run(1)
        if until is None:
            coordinator.async_pause()
        else:
            coordinator.async_release_for(until)
    connects = home.air.connects
    await home.listen(device, 20, every=5)
    assert home.value(device, "connection") == "paused"
    assert home.air.connects == connects


async def test_values_do_not_come_and_go_with_sparse_adverts(home: Home) -> None:
    device = idle()
    await added(home, device)
    home.air.refuse.add(ADDRESS)

    def look() -> str:
        return "gone" if home.value(device, "voltage") == "unavailable" else "there"

    assert await turns(home, home.air, device, look, 40) == ["there", "gone"]


async def test_sparse_adverts_wake_no_more_often_than_the_interval(home: Home) -> None:
    device = idle()
    entry = await added(home, device)
    await home.set_options(await home.options(entry), {"interval": 3600})
    await home.clock.run(5)
    before = entry.runtime_data.reader.polls
    await home.listen(device, 20, every=SPARSE)
    assert entry.runtime_data.reader.polls - before <= 2


async def test_each_sleep_ends_with_a_reading(home: Home) -> None:
    """However long the interval is."""
    device = idle()
    entry = await added(home, device)
    await home.set_options(await home.options(entry), {"interval": 3600})
    await home.clock.run(5)
    for _ in range(3):
        await home.clock.run(600)
        before = entry.runtime_data.reader.polls
        home.shout(device)
        await home.clock.run(3)
        assert entry.runtime_data.reader.polls == before + 1


async def test_sparse_adverts_at_a_scanner_that_cannot_connect(home: Home) -> None:
    device = polled()
    entry = await added(home, device)
    passive = Air(home.hass, source="AA:BB:CC:00:00:97", connectable=False)
    passive.add(device, rssi=-80)
    home.air.close()

    def look() -> str:
        return home.value(device, "connection")

    seen = await turns(home, passive, device, look, 20)
    passive.close()
    assert seen[-1] == "adverts_only"
    assert len(seen) <= 3
    assert issue(home, entry)


async def test_a_slot_that_never_comes_is_told(home: Home) -> None:
    """The scanner tells that all are taken, so nothing is even tried."""
    device = polled()
    entry = await added(home, device)
    home.air.tells_slots = True
    home.air.slots = 0
    await home.listen(device, 120, every=10)
    assert home.value(device, "voltage") == "unavailable"
    assert home.value(device, "connection") == "no_slot"
    assert issue(home, entry)


async def test_a_refusal_of_hours_is_nobodys_app(home: Home) -> None:
    device = polled()
    entry = await added(home, device)
    await home.listen(device, 10, every=5)
    home.air.refuse.add(ADDRESS)
    home.clock.hurries = True
    await home.listen(device, 300, every=10)
    assert home.value(device, "connection") == "held"
    await home.listen(device, 120, every=10)
    home.clock.hurries = False
    await home.clock.settle()
    assert home.value(device, "connection") == "connect_failed"
    assert issue(home, entry)


async def test_values_of_one_that_is_switched_off_after_a_release(home: Home) -> None:
    entry = await added(home, device := polled())
    entry.runtime_data.async_release_for(240)
    await home.clock.run(60)
    entry.runtime_data.async_pause()
    await home.clock.run(600)
    assert home.value(device, "voltage") == "unavailable"


async def test_one_that_is_never_believed_is_told_as_that(home: Home) -> None:
    entry = await added(home, device := jbd())
    device.pack.remaining = 2 * device.pack.capacity
    device.pack.step = lambda _seconds: None
    await home.listen(device, 90, every=10)
    assert home.value(device, "voltage") == "unavailable"
    assert entry.runtime_data.diagnose().cause == "unbelieved"


async def test_who_waits_for_a_reading_is_told_of_the_end(home: Home) -> None:
    entry: ConfigEntry[Any] = await added(home, polled())
    home.air.delay = 30.0
    task = asyncio.ensure_future(entry.runtime_data.async_refresh())
    await home.clock.run(2)
    await home.clock.wait(home.hass.config_entries.async_unload(entry.entry_id))
    await home.clock.run(1)
    assert task.done()
