"""An entry ends cleanly whatever its battery is just doing: no link, task, timer or turn is left."""

import asyncio
from collections.abc import Awaitable, Callable
import logging
from typing import Any

import pytest

from homeassistant.config_entries import ConfigEntry

from ..air import AirClient
from ..home import Home
from .test_batteries import ADDRESS, jbd
from .test_healing import held, polled

OTHER = "A5:C2:37:00:00:55"

type Doing = Callable[[Home, ConfigEntry[Any], Any], Awaitable[None]]


async def begun(home: Home, entry: ConfigEntry[Any], device: Any) -> None:
    """Wait until the next reading has begun."""
    before = entry.runtime_data.reader.polls
    while entry.runtime_data.reader.polls == before:
        home.shout(device)
        await home.clock.run(1)


async def connecting(home: Home, entry: ConfigEntry[Any], device: Any) -> None:
    for link in list(home.air.links.values()):
        link.lose(0x08)
    home.air.delay = 5.0
    await begun(home, entry, device)


async def left_alone(home: Home, entry: ConfigEntry[Any], device: Any) -> None:
    await connecting(home, entry, device)
    entry.runtime_data.async_pause()
    await home.clock.run(0.06)


async def reading(home: Home, entry: ConfigEntry[Any], device: Any) -> None:
    home.air.faults[ADDRESS].latency = 2.0
    await begun(home, entry, device)


async def resting(home: Home, entry: ConfigEntry[Any], device: Any) -> None:
    await home.clock.run(1)


async def closing(home: Home, entry: ConfigEntry[Any], device: Any) -> None:
    if not home.air.links:
        await home.clock.until(lambda: bool(home.air.links), 60)
    entry.runtime_data.async_pause()
    await home.clock.run(0.5)


async def in_a_form(home: Home, entry: ConfigEntry[Any], device: Any) -> None:
    async def stay() -> None:
        async with entry.runtime_data._polls.async_alone(ADDRESS):
            await asyncio.sleep(20)

    home.hass.async_create_background_task(stay(), "form")
    await home.clock.run(5)


async def beside_a_visit(home: Home, entry: ConfigEntry[Any], device: Any) -> None:
    other = home.air.add(jbd(address=OTHER))
    home.shout(other)

    async def stay() -> None:
        async with entry.runtime_data._polls.async_visit(OTHER):
            await asyncio.sleep(20)

    home.hass.async_create_background_task(stay(), "visit")
    await home.clock.run(3)


@pytest.mark.parametrize("how", ["unload", "reload", "remove"])
@pytest.mark.parametrize(
    "doing",
    [connecting, left_alone, reading, resting, closing, in_a_form, beside_a_visit],
)
@pytest.mark.parametrize("make", [polled, held])
async def test_nothing_is_left(
    home: Home,
    doing: Doing,
    how: str,
    make: Callable[[], Any],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    device = make()
    entry = await home.add(device)
    await home.clock.run(8)
    polls = entry.runtime_data._polls
    at_once = AirClient.disconnect

    async def slowly(self: AirClient) -> None:
        await asyncio.sleep(3)
        await at_once(self)

    monkeypatch.setattr(AirClient, "disconnect", slowly)
    await doing(home, entry, device)
    caplog.clear()
    entries = home.hass.config_entries
    await home.clock.wait(getattr(entries, f"async_{how}")(entry.entry_id))
    home.air.delay = 0.0
    home.air.faults[ADDRESS].clear()
    await home.listen(device, 30, every=1)
    if how == "reload":
        await home.clock.wait(entries.async_unload(entry.entry_id))
        await home.clock.run(5)
    assert not [link for link in home.air.opened if not link.closed]
    assert not polls.scheduler.batteries
    assert not polls.addresses
    names = [task.get_name() for task in asyncio.all_tasks()]
    assert not [name for name in names if ADDRESS in name]
    loud = [one.getMessage() for one in caplog.records if one.levelno > logging.WARNING]
    assert not [line for line in loud if "hci0" not in line]
