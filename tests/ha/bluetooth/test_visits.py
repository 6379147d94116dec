"""Single connections to any device take their turn among the batteries."""

import asyncio
from collections.abc import AsyncIterator
import contextlib

import pytest

from custom_components.mi_bms.bluetooth.scheduler import Polls
from custom_components.mi_bms.const import DOMAIN
from custom_components.mi_bms.proto.model.errors import Unreachable
from custom_components.mi_bms.runtime import SHARED
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from tests.world.devices import KINDS
from tests.world.peripheral import Peripheral

from ..batteries.test_batteries import ADDRESS, jbd
from ..home import Home


def other(number: int) -> Peripheral:
    """Make a device that is not set up."""
    return KINDS["JBD"](address=f"A5:C2:37:00:0D:{number:02}", name="somebody")


def heard(home: Home, *devices: Peripheral) -> None:
    for device in devices:
        home.air.add(device)
    home.shout(*devices)


@pytest.fixture
async def polls(hass: HomeAssistant, home: Home) -> Polls:
    assert await async_setup_component(hass, DOMAIN, {})
    return hass.data[SHARED].polls


async def stay(
    polls: Polls,
    address: str,
    seconds: float,
    within: float = 60,
    *,
    watched: bool = False,
) -> float:
    """Visit; gives when the turn came, in the loop's seconds."""
    async with polls.async_visit(address, within=within, watched=watched):
        begun = asyncio.get_running_loop().time()
        await asyncio.sleep(seconds)
    return begun


async def test_a_visit_without_any_battery(home: Home, polls: Polls) -> None:
    device = other(1)
    heard(home, device)
    begun = asyncio.get_running_loop().time()
    assert await home.clock.wait(stay(polls, device.address, 1)) - begun < 1
    assert polls.addresses == ()


async def test_visits_at_one_scanner_follow_each_other(
    home: Home, polls: Polls
) -> None:
    devices = [other(1), other(2)]
    heard(home, *devices)
    first, second = await home.clock.wait(
        asyncio.gather(*(stay(polls, one.address, 5) for one in devices))
    )
    assert 5 <= second - first < 8


async def test_nobody_hears_the_device(home: Home, polls: Polls) -> None:
    with pytest.raises(Unreachable) as told:
        await home.clock.wait(stay(polls, other(1).address, 1, within=20))
    assert told.value.reason == "not_heard"
    assert polls.addresses == ()


async def test_no_slot_becomes_free(home: Home, polls: Polls) -> None:
    devices = [other(1), other(2)]
    heard(home, *devices)
    longer = asyncio.create_task(stay(polls, devices[0].address, 60))
    await home.clock.run(1)
    with pytest.raises(Unreachable) as told:
        await home.clock.wait(stay(polls, devices[1].address, 1, within=20))
    assert told.value.reason == "no_slot"
    await home.clock.wait(longer)


async def test_who_is_watched_waits_for_those_before_it(
    home: Home, polls: Polls
) -> None:
    devices = [other(1), other(2)]
    heard(home, *devices)
    home.air.slots, home.air.tells_slots = 1, True
    first, second = await home.clock.wait(
        asyncio.gather(
            *(stay(polls, one.address, 50, within=20, watched=True) for one in devices)
        )
    )
    assert 50 <= second - first < 53


async def test_who_is_watched_does_not_wait_for_others(
    home: Home, polls: Polls
) -> None:
    device = other(1)
    heard(home, device)
    home.air.slots, home.air.tells_slots = 0, True
    with pytest.raises(Unreachable) as told:
        await home.clock.wait(stay(polls, device.address, 1, within=20, watched=True))
    assert told.value.reason == "no_slot"


async def test_the_slot_is_given_back_whatever_happens(
    home: Home, polls: Polls
) -> None:
    device = other(1)
    heard(home, device)

    @contextlib.asynccontextmanager
    async def visit() -> AsyncIterator[None]:
        async with polls.async_visit(device.address):
            yield

    for error in (TimeoutError, KeyError, asyncio.CancelledError):

        async def fails(error: type[BaseException] = error) -> None:
            async with visit():
                raise error

        task = asyncio.ensure_future(fails())
        await home.clock.until(task.done)
        with pytest.raises(error):
            task.result()
        assert polls.addresses == ()


async def test_a_battery_that_waits_ends_a_long_visit(home: Home) -> None:
    device = jbd()
    await home.add(device)
    await home.clock.run(40)
    polls = home.hass.data[SHARED].polls
    visitor = other(1)
    heard(home, visitor)
    home.shout(device)
    home.air.slots, home.air.tells_slots = 1, True
    task = asyncio.ensure_future(stay(polls, visitor.address, 300))
    read = home.read_at(device)
    await home.clock.until(task.done)
    with pytest.raises(Unreachable) as told:
        task.result()
    assert told.value.reason == "no_slot"
    await home.clock.until(lambda: home.read_at(device) != read, most=10)


async def test_a_visit_to_a_battery_closes_its_link_meanwhile(home: Home) -> None:
    device = KINDS["JIKONG"](address=ADDRESS, name="JK-mine")
    await home.add(device)
    await home.clock.run(5)
    assert ADDRESS in home.air.links
    polls = home.hass.data[SHARED].polls
    task = asyncio.ensure_future(stay(polls, ADDRESS, 100))
    await home.clock.run(50)
    assert ADDRESS not in home.air.links
    home.shout(device)
    await home.clock.wait(task)
    await home.clock.run(10)
    assert ADDRESS in home.air.links
