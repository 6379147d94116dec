"""The simulated clock: what needs no time has happened before time goes on, and misuse of the loop is found."""

import asyncio
import socket
import threading
import time

import pytest

from homeassistant.core import HomeAssistant
from homeassistant.util.executor import InterruptibleThreadPoolExecutor

from .clock import Clock

LINKS = 20
THREADS = 40


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


async def test_timers_of_one_time_are_due_in_turn(
    hass: HomeAssistant, clock: Clock
) -> None:
    came = list[int]()
    for number in range(LINKS):
        hass.loop.call_later(1, came.append, number)
    await clock.run(2)
    assert came == [*range(LINKS)]


async def test_the_loop_is_called_by_nobody_else(
    hass: HomeAssistant, clock: Clock
) -> None:
    """The test kit's checks are on, whatever is left out of what they note."""

    def misuse() -> None:
        with pytest.raises(RuntimeError, match="Non-thread-safe"):
            hass.loop.call_soon(print)

    await clock.wait(asyncio.to_thread(misuse))


def test_no_thread_is_interrupted_that_ends_late() -> None:
    """Home Assistant's own patience is a fortieth of a second for each of so many."""
    pool = InterruptibleThreadPoolExecutor(THREADS)
    at_work = threading.Barrier(THREADS + 1)

    def work() -> bool:
        at_work.wait()
        for _ in range(30):
            time.sleep(0.01)
        return True

    given = [pool.submit(work) for _ in range(THREADS)]
    at_work.wait()
    pool.shutdown()
    assert all(one.result() for one in given)
    assert not any(one.is_alive() for one in pool._threads)
