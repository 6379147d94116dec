"""The simulated clock: what needs no time has happened before time goes on, and misuse of the loop is found."""

import asyncio
import socket

import pytest

from homeassistant.core import HomeAssistant

from .clock import Clock

LINKS = 20


async def test_what_follows_one_from_the_other_happens_at_once(
    hass: HomeAssistant, clock: Clock
) -> None:
    times = list[float]()

    def follow(number: int) -> None:
        times.append(clock.time)
        if number < LINKS:
            hass.loop.call_soon(follow, number + 1)

    hass.loop.call_later(1, follow, 0)
    await clock.run(5)
    assert times == [times[0]] * (LINKS + 1)


async def test_what_is_received_is_seen_before_time_goes_on(
    hass: HomeAssistant, clock: Clock
) -> None:
    here, there = socket.socketpair()
    times = list[float]()

    def send() -> None:
        times.append(clock.time)
        there.send(b"x")

    def read() -> None:
        here.recv(1)
        times.append(clock.time)

    hass.loop.add_reader(here, read)
    hass.loop.call_later(1, send)
    await clock.run(5)
    hass.loop.remove_reader(here)
    here.close()
    there.close()
    assert times == [times[0]] * 2


async def test_the_loop_is_called_by_nobody_else(
    hass: HomeAssistant, clock: Clock
) -> None:
    """The test kit's checks are on, whatever is left out of what they note."""

    def misuse() -> None:
        with pytest.raises(RuntimeError, match="Non-thread-safe"):
            hass.loop.call_soon(print)

    await clock.wait(asyncio.to_thread(misuse))
