"""What breaks around a battery heals without a reload, and without noise."""

import asyncio
from collections.abc import Callable
import gc
from typing import Any

import pytest

from tests.world.devices import KINDS
from tests.world.link import moved

from ..air import Air
from ..home import Home
from ..sensors.test_sensors import said
from .test_batteries import ADDRESS, added, entry_of_last_time, jbd

INTERVAL = 30.0
SOON = INTERVAL + 5


def polled() -> Any:
    """Make a battery under load that is connected for each reading."""
    device = jbd()
    device.pack.current = -20.0
    return device


def held() -> Any:
    """Make a battery under load whose link stays open."""
    device = KINDS["JIKONG"](address=ADDRESS, name="JK-mine")
    device.pack.current = -20.0
    return device


def works(home: Home, device: Any) -> Callable[[], bool]:
    """Return the question whether a battery was read since now."""
    before = home.read_at(device)
    return lambda: home.read_at(device) not in {before, None}


async def back(home: Home, air: Air, device: Any) -> None:
    """Wait until a battery that is heard again is read; fail when that takes long."""
    done = works(home, device)
    for _ in range(int(SOON)):
        air.shout(device)
        await home.clock.run(1)
        if done():
            return
    pytest.fail("not read in time")


async def nothing_is_left(home: Home, *airs: Air) -> None:
    """Take the battery down and see that neither links nor slots nor tasks remain."""
    (entry,) = home.hass.config_entries.async_entries("mi_bms")
    scheduler = entry.runtime_data._polls.scheduler
    await home.clock.wait(home.hass.config_entries.async_unload(entry.entry_id))
    await home.clock.run(1)
    assert not any(air.links for air in airs)
    assert not scheduler.batteries
    left = [one.get_name() for one in asyncio.all_tasks() if ADDRESS in one.get_name()]
    assert not left


@pytest.mark.parametrize("make", [polled, held])
async def test_a_proxy_that_goes_and_comes_back(
    home: Home, caplog: pytest.LogCaptureFixture, make: Callable[[], Any]
) -> None:
    device = make()
    await home.add(device)
    await home.clock.run(5)
    for link in list(home.air.links.values()):
        link.lose(0x08)
    home.air.close()
    await home.clock.run(400)
    assert home.value(device, "voltage") == "unavailable"
    assert home.value(device, "connection") == "no_receiver"
    assert said(caplog, "cannot be read") == 1

    proxy = Air(home.hass)
    proxy.add(device)
    await back(home, proxy, device)
    assert home.value(device, "voltage") != "unavailable"
    assert home.value(device, "connection") == "awake"
    assert said(caplog, "cannot be read") == 1
    assert said(caplog, "read again") == 1
    await nothing_is_left(home, proxy)
    proxy.close()


@pytest.mark.parametrize("make", [polled, held])
async def test_bluetooth_that_starts_anew(
    home: Home, caplog: pytest.LogCaptureFixture, make: Callable[[], Any]
) -> None:
    """Nobody notices: the values hold that long."""
    device = make()
    await home.add(device)
    await home.clock.run(5)
    for link in list(home.air.links.values()):
        link.lose(0x08)
    home.air.close()
    await home.clock.run(10)
    again = Air(home.hass)
    again.add(device)
    await back(home, again, device)
    assert home.value(device, "voltage") != "unavailable"
    assert said(caplog, "cannot be read") == 0
    assert said(caplog, "read again") == 0
    await nothing_is_left(home, again)
    again.close()


def beside(home: Home, device: Any, near: int, far: int) -> Air:
    """Let a battery be heard by a second receiver, too, each with a signal of its own in dBm; give that."""
    air = Air(home.hass, source="AA:BB:CC:00:00:98")
    home.air.add(device, rssi=near)
    air.add(device, rssi=far)
    return air


async def oldest(
    home: Home, device: Any, seconds: int, *airs: Air, rarely: Air | None = None
) -> float:
    """Let a battery be heard each second, or each minute by one that hears rarely; give the age of the oldest data.

    Its values never go.
    """
    done, read_at, worst = works(home, device), home.clock.time, 0.0
    for second in range(seconds):
        for air in airs:
            air.shout(device)
        if rarely is not None and second % 60 == 0:
            rarely.shout(device)
        await home.clock.run(1)
        if done():
            done, read_at = works(home, device), home.clock.time
        worst = max(worst, home.clock.time - read_at)
        assert home.value(device, "voltage") != "unavailable"
    return worst


@pytest.mark.parametrize("after", [1.0, 20.0])
async def test_a_proxy_without_power_is_not_waited_for(
    home: Home, caplog: pytest.LogCaptureFixture, after: float
) -> None:
    """It is heard of no more, yet still counts as connected for minutes; another one hears the battery."""
    device = polled()
    near, far = home.air, beside(home, device, -55, -72)
    await home.add(device)
    await home.clock.run(after)
    near.frozen = True
    assert await oldest(home, device, 150, far) <= 3 * INTERVAL
    assert far.connects >= 3
    assert said(caplog, "cannot be read") == 0
    near.frozen = False
    await nothing_is_left(home, near, far)
    far.close()


@pytest.mark.parametrize("refuses", [False, True])
async def test_a_slow_scanner_is_waited_for_beside_one_that_rarely_hears(
    home: Home, refuses: bool
) -> None:
    device = polled()
    near, far = home.air, beside(home, device, -55, -90)
    await home.add(device)
    await home.clock.run(5)
    near.delay = 10.0
    if refuses:
        far.refuse.add(ADDRESS)
    assert await oldest(home, device, 300, near, rarely=far) <= 2 * INTERVAL
    await nothing_is_left(home, near, far)
    far.close()


async def test_a_slow_scanner_is_waited_for_beside_one_without_power(
    home: Home,
) -> None:
    device = polled()
    near, far = home.air, beside(home, device, -55, -72)
    await home.add(device)
    await home.clock.run(5)
    far.shout(device)
    near.delay, far.frozen = 10.0, True
    assert await oldest(home, device, 240, near) <= 2 * INTERVAL
    far.close()


async def test_the_only_battery_of_a_shed_is_held_by_an_app(home: Home) -> None:
    """Its proxy hears nobody else; that is no trouble of the proxy's."""
    device = polled()
    await home.add(device)
    await home.listen(device, 120, every=1)
    home.air.refuse.add(ADDRESS)
    seen = set()
    for _ in range(170):
        await home.clock.run(1)
        seen.add(home.value(device, "connection"))
    assert seen == {"awake", "held"}


@pytest.mark.parametrize("make", [polled, held])
@pytest.mark.parametrize("resumes", [False, True])
async def test_a_battery_that_is_left_alone_while_it_is_connected(
    home: Home, make: Callable[[], Any], resumes: bool
) -> None:
    device = make()
    entry = await home.add(device)
    await home.clock.run(5)
    for link in list(home.air.links.values()):
        link.lose(0x08)
    home.air.delay, before = 5.0, entry.runtime_data.reader.polls
    while entry.runtime_data.reader.polls == before:
        home.shout(device)
        await home.clock.run(1)
    entry.runtime_data.async_pause()
    await home.clock.run(1)
    assert home.value(device, "connection") == "paused"
    if resumes:
        entry.runtime_data.async_resume()
    for _ in range(30):
        home.shout(device)
        await home.clock.run(1)
        assert sum(not link.closed for link in home.air.opened) <= resumes
    # Nobody failed.
    assert entry.runtime_data.reader.failures == {}
    assert entry.runtime_data.battery.quality.share == 100
    await nothing_is_left(home, home.air)


async def test_an_adapter_that_falls_silent(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    device = polled()
    await added(home, device)
    home.air.refuse.add(ADDRESS)
    await home.clock.run(900)
    assert home.value(device, "voltage") == "unavailable"
    assert said(caplog, "cannot be read") == 1

    home.air.refuse.clear()
    await back(home, home.air, device)
    assert said(caplog, "cannot be read") == 1
    assert said(caplog, "read again") == 1
    await nothing_is_left(home, home.air)


async def test_a_first_reading_that_is_under_way_is_no_failure(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    device = polled()
    home.air.add(device)
    entry = entry_of_last_time()
    entry.add_to_hass(home.hass)
    home.air.delay = 5.0
    await home.clock.wait(home.hass.config_entries.async_setup(entry.entry_id))
    while not entry.runtime_data.reader.polls:
        home.shout(device)
        await home.clock.run(1)
    await home.set_options(await home.options(entry), {"interval": 60})
    assert home.value(device, "voltage") == "unavailable"
    await home.listen(device, 10)
    assert home.value(device, "voltage") != "unavailable"
    assert said(caplog, "cannot be read") == 0
    await nothing_is_left(home, home.air)


async def test_handles_that_moved_are_looked_up_once(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    """New firmware, and a stack that remembers the old one."""
    home.air.caches = True
    device = polled()
    await added(home, device)
    device.services = moved(device.services, 100)
    done = works(home, device)
    for _ in range(12):
        await home.listen(device, 10)
        if done():
            break
    assert done()
    assert home.air.cleared == 1
    assert home.value(device, "voltage") != "unavailable"
    assert said(caplog, "cannot be read") == 0
    await nothing_is_left(home, home.air)


async def test_a_table_is_forgotten_only_once(home: Home) -> None:
    """Where it does not help, it is not repeated for every failure."""
    device = polled()
    entry = await added(home, device)
    home.air.faults[ADDRESS].mute = True
    await home.listen(device, 60, every=10)
    assert entry.runtime_data.reader.failures["NoAnswer"] > 5
    assert home.air.cleared == 1
    home.air.faults[ADDRESS].clear()
    await home.listen(device, 30, every=10)
    assert home.value(device, "voltage") != "unavailable"
    # The next time it may help again.
    home.air.faults[ADDRESS].mute = True
    await home.listen(device, 30, every=10)
    assert home.air.cleared == 2


async def test_a_fault_of_our_own_costs_one_reading(home: Home) -> None:
    """A battery that nobody foresaw must not wait for ever."""
    device = polled()
    entry = await added(home, device)
    loop, seen = home.hass.loop, []
    before = loop.get_exception_handler()
    loop.set_exception_handler(lambda _, context: seen.append(context["exception"]))
    session = entry.runtime_data.reader._session
    proper, session.read = session.read, None
    await home.clock.run(INTERVAL)
    gc.collect()
    await home.clock.settle()
    loop.set_exception_handler(before)
    assert {type(one) for one in seen} == {TypeError}
    session.read = proper
    await back(home, home.air, device)
    await nothing_is_left(home, home.air)


async def test_a_form_has_the_battery_for_itself(home: Home) -> None:
    """A link that is held would be in its way."""
    device = held()
    entry = await home.add(device)
    await home.clock.run(40)
    mine = home.air.links[ADDRESS]
    flow = await home.reconfigure(entry)
    home.air.faults[ADDRESS].mute = True
    form = await home.answer(flow, {"family": "jikong"})
    assert mine.closed
    assert form["errors"]
    home.air.faults[ADDRESS].clear()
    await back(home, home.air, device)
    assert home.value(device, "connection") == "awake"
    done = await home.answer(flow, {"family": "jikong"})
    assert done["reason"] == "change_kept"
    await back(home, home.air, device)
    await nothing_is_left(home, home.air)
