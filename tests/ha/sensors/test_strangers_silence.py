"""A new battery, and then a restart of Home Assistant: what was written down may be damaged."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest

from ..home import Home
from ..lives import Life, ended, life
from .street import Street, Toy, settled

__all__ = ["life"]

pytestmark = pytest.mark.slow

GROWN = 4_500  # frames, more than are told apart one by one
AWAY = 3 * 3_600.0
SOON = 7  # frames, a minute


def sound(_one: dict[str, Any]) -> None:
    """Leave all as it is."""


def no_rate(one: dict[str, Any]) -> None:
    for entry in one["trust"]["counters"].values():
        entry["long"]["rate"] = "fast"


def no_time(one: dict[str, Any]) -> None:
    one["seen_at"] = 5


def tomorrow(one: dict[str, Any]) -> None:
    one["seen_at"] = "2090-01-01T00:00:00+00:00"


# What does not know how long it was, or how fast the sensor counts, takes six hours.
DAMAGE: tuple[tuple[Callable[[dict[str, Any]], None], bool], ...] = (
    (sound, True),
    (no_time, True),
    (no_rate, False),
    (tomorrow, False),
)


async def test_a_restart_after_a_new_battery(
    home: Home, frozen: FrozenDateTimeFactory, hass_storage: dict[str, Any], life: Life
) -> None:
    kinds = ("v5", "bthome", "bthome 1")
    sensors = [Toy(kind, number, 0) for number, kind in enumerate(kinds)]
    street = await settled(home, frozen, sensors)
    each = 10 / len(sensors)
    for toy in sensors:
        for toy.count, frames in ((1, GROWN), (20_000, 50)):
            assert all(street.says(toy, 0.1) for _ in range(frames))
        toy.count = 0
    former = {toy.title: toy.sent[1:] for toy in sensors}
    shown = [street.says(toy, each) for _ in range(GROWN) for toy in sensors]
    assert all(shown[100:])
    entries = home.hass.config_entries.async_entries("mi_bms")
    await home.clock.run(905)
    files = deepcopy(hass_storage)
    await ended(home)
    frozen.tick(AWAY)
    count = GROWN + int(AWAY + 905) // 10
    for damage, soon in DAMAGE:
        hass_storage.clear()
        hass_storage.update(deepcopy(files))
        for toy in sensors:
            damage(hass_storage["mi_bms.state"]["data"][toy.address])
            toy.count = count
        async with life(entries, {}) as house:
            street = Street(house, frozen)
            for toy in sensors:
                old = former[toy.title]
                for one in (*old[:4_000:500], *old[-5:]):
                    assert street.hear(toy, one, 1.0) == (0, 0), toy.title
            shown = [street.says(toy, each) for _ in range(20) for toy in sensors]
            told = shown[SOON * len(sensors) :]
            assert all(told) if soon else not any(shown), damage.__name__
