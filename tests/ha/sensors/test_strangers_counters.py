"""Recordings, forgeries, lost frames and new batteries, by somebody who knows the wire formats only."""

from copy import deepcopy
import random
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest

from ..air import Air
from ..home import Home
from ..lives import Life, ended, life
from .street import KINDS, LONG, SHORT, Street, Toy, settled, twisted

__all__ = ["life"]


def toys(*left_out: str, count: int = 1_000) -> list[Toy]:
    """Return a sensor of each kind."""
    kinds = [kind for kind in KINDS if kind not in left_out]
    return [Toy(kind, number, count) for number, kind in enumerate(kinds)]


async def test_strangers_show_nothing(
    home: Home, frozen: FrozenDateTimeFactory
) -> None:
    sensors = toys()
    street = await settled(home, frozen, sensors, 100)
    second, chance = Air(home.hass, source="AA:BB:CC:00:00:98"), random.Random(5)
    for after, air in ((0.05, None), (30.0, None), (1.0, second)):
        for toy in sensors:
            old = toy.sent[-40:]
            for order in (old, old[::-1], chance.sample(old, len(old))):
                shown = {street.hear(toy, one, after, air) for one in order}
                assert shown == {(0, 0)}, toy.title
            assert air or street.says(toy)
        await home.clock.settle()
    second.close()
    for toy in sensors * 4:
        twin = Toy(toy.title, 0x80)
        twin.secret, twin.count, twin.said = toy.secret, toy.count + 2, toy.said + 40
        lies = [toy.forged(1), toy.forged(300), twin.frame()]
        lies += [one for frame in toy.sent[-9::4] for one in twisted(frame)]
        # Of a tag of one byte one guess in 256 is right: no press is believed beside many.
        lies = lies if toy.kind.key == 16 else lies[:1]
        assert {street.hear(toy, one, 0.3) for one in lies} == {(0, 0)}, toy.title
        assert street.says(toy), toy.title
    await home.clock.settle()
    assert not street.asks()


async def test_a_restart_makes_recordings_no_news(
    home: Home,
    frozen: FrozenDateTimeFactory,
    hass_storage: dict[str, Any],
    life: Life,
) -> None:
    sensors = toys()
    street = await settled(home, frozen, sensors, 30)
    entries = home.hass.config_entries.async_entries("mi_bms")
    # Values are written every quarter of an hour, events after a minute.
    await home.clock.run(905)
    files = deepcopy(hass_storage)
    assert all(street.says(toy, 0.1) for toy in sensors)
    await ended(home)
    hass_storage.clear()
    hass_storage.update(files)
    async with life(entries, {}) as house:
        street = Street(house, frozen)
        # What was not written down is believed once.
        for unknown in (True, False):
            for toy in sensors:
                news = [street.hear(toy, one, 1) != (0, 0) for one in toy.sent]
                assert not any(news[:31]), toy.title
                assert any(news[31:]) is unknown, toy.title
            await house.clock.settle()
        assert all(street.says(toy) for toy in sensors)


@pytest.mark.parametrize(("rounds", "lost"), [(LONG, 0.9), (SHORT, 0.3)])
async def test_what_is_heard_is_told_once(
    home: Home, frozen: FrozenDateTimeFactory, rounds: int, lost: float
) -> None:
    sensors = [toy for toy in toys(count=250) if toy.kind.round == rounds]
    street, chance = await settled(home, frozen, sensors), random.Random(9)
    for _ in range(600 if rounds == SHORT else 150):
        for toy in sensors:
            frame = toy.next()
            if chance.random() < lost:
                continue
            values, events = street.hear(toy, frame, chance.choice([0.4, 20]))
            assert events == toy.kind.presses, toy.title
            # One that opens and closes may be heard open twice.
            assert values or events or toy.title == "contact", toy.title


@pytest.mark.parametrize(("every", "frames"), [(10.0, 33), (120.0, 5)])
async def test_a_new_battery_is_believed_beside_a_recording(
    home: Home, frozen: FrozenDateTimeFactory, every: float, frames: int
) -> None:
    # What says the same for ever waits until its count has come round.
    sensors = toys("same")
    street = await settled(home, frozen, sensors, 60)
    for toy in sensors:
        toy.count = 0
    for number in range(frames + 20):
        for toy in sensors:
            old = toy.sent[number : number + 5]
            assert {street.hear(toy, one, 0.01) for one in old} == {(0, 0)}, toy.title
            shows = street.says(toy, every / len(sensors))
            assert shows or number < frames, toy.title
    await home.clock.settle()
    assert not street.asks()


async def test_a_new_battery_beside_forgeries_takes_the_question_back(
    home: Home, frozen: FrozenDateTimeFactory
) -> None:
    """Until the new count is believed, a key is asked for: nothing but forgeries would look the same."""
    # Of one byte of check, nothing is believed beside forgeries.
    sensors = [toy for toy in toys() if toy.kind.key == 16]
    street, each = await settled(home, frozen, sensors), 10 / len(sensors)
    assert all(street.says(toy, each) for _ in range(60) for toy in sensors)
    for toy in sensors:
        toy.count = 0
    asked: set[str] = set()
    for number in range(50):
        for toy in sensors:
            for ahead in range(3):
                street.hear(toy, toy.forged(3 * number + ahead), 0.01)
            shows = street.says(toy, each)
            assert shows or number < 33, toy.title
        await home.clock.settle()
        asked.update(street.asks())
    # Counters of eight bits are believed at the third frame.
    assert len(asked) == sum(toy.kind.round == LONG for toy in sensors)
    assert not street.asks()


async def test_a_new_key_is_asked_for_beside_a_recording(
    home: Home, frozen: FrozenDateTimeFactory
) -> None:
    sensors = toys()
    street = await settled(home, frozen, sensors, 40)
    recording = {toy.title: toy.sent[-9:] for toy in sensors}
    for toy in sensors:
        toy.secret, toy.count = toy.secret[::-1], 0
    for _ in range(40):
        for toy in sensors:
            sent = (*recording[toy.title], toy.next())
            assert {street.hear(toy, one) for one in sent} == {(0, 0)}, toy.title
    await home.clock.settle()
    assert len(street.asks()) == len(sensors)
