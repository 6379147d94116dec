"""Meters against an account of their own: whatever happens, they say what went in and out."""

from copy import deepcopy
from datetime import datetime, timedelta
from itertools import pairwise
import random
import time
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest

from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.helpers import entity_registry as er

from ..clock import AT_NOON
from ..home import Home
from ..ledger import Watch, Written, away, exact, measured, passes, told
from ..lives import Life, ended, life

pytestmark = [pytest.mark.slow, AT_NOON]

__all__ = ["life"]  # a fixture

NEAR = 0.0011  # kWh that rounding hides
GAP = 600.0


async def bought(home: Home, *devices: Written) -> list[Any]:
    home.air.slots = 40
    entries = [await home.add(one) for one in devices]
    await home.clock.run(2)
    for one in devices:
        del one.said[:-1]
    return entries


async def test_any_load_and_any_pause_below_the_longest(home: Home) -> None:
    watch, chance = Watch(home.hass), random.Random(15)
    device = Written(1, 10.0)
    (entry,) = await bought(home, device)
    for number in range(12):
        load = chance.choice([-120, -40, -3, 0, 2, 35, 80]) * chance.random()
        device.set(amps=load, volts=12.5 + chance.random() * 1.5)
        if number % 4 == 3:
            await away(home, [device], 20, lambda: None)
        await passes(home, [device], 30)
    into, out = await exact(home, entry)
    assert (into, out) == pytest.approx(measured(device.said), abs=NEAR)
    assert min(into, out) > 0.01
    assert not watch.falls


# What a battery says after ten minutes of silence at 13 V and -20 A → kWh in, out of the gap.
GAPS: dict[str, tuple[dict[str, Any], dict[str, Any], tuple[float, float]]] = {
    "charge fell": ({"charge": 55.0}, {}, (0.0, 0.065)),
    "charge rose": ({"charge": 61.5}, {}, (0.0195, 0.0)),
    "charge stood": ({}, {}, (0.0, 0.0)),
    "full": ({"charge": 100.0, "amps": 0.0}, {}, (0.0, 0.0)),
    "empty": ({"charge": 0.0, "amps": 0.0}, {}, (0.0, 0.0)),
    "left out": ({"charge": 55.0}, {"estimates": False}, (0.0, 0.0)),
    "another capacity": ({"charge": 55.0, "capacity": 90.0}, {}, (0.0, 0.0)),
    "sign turned": ({"charge": 55.0}, {"invert_current": True}, (0.0, 0.065)),
}


async def test_gaps_are_bridged_by_what_is_known_and_never_drawn_through(
    home: Home,
) -> None:
    watch = Watch(home.hass)
    devices = {what: Written(n, -20.0) for n, what in enumerate(GAPS, 1)}
    entries = dict(zip(GAPS, await bought(home, *devices.values()), strict=True))
    await passes(home, devices.values(), 60)
    before = {what: await exact(home, entries[what]) for what in GAPS}
    seen = {what: len(one.said) for what, one in devices.items()}
    for what, (_, options, _) in GAPS.items():
        home.air.refuse.add(devices[what].address)
        if options:
            await home.set_options(await home.options(entries[what]), options)

    def back() -> None:
        for what, (values, _, _) in GAPS.items():
            capacity = values.get("capacity", 100.0)
            devices[what].pack.capacity = capacity
            devices[what].set(**{k: v for k, v in values.items() if k != "capacity"})

    await away(home, [*devices.values()], GAP, back)
    for what, (_, options, wanted) in GAPS.items():
        after = measured(devices[what].said[seen[what] :])
        if options.get("invert_current"):
            after = after[::-1]
        rose = [
            b - a
            for a, b in zip(before[what], await exact(home, entries[what]), strict=True)
        ]
        expected = [one + two for one, two in zip(wanted, after, strict=True)]
        assert rose == pytest.approx(expected, abs=2 * NEAR), what
    assert not watch.falls


@pytest.mark.parametrize("shows", [False, True])
async def test_one_sample_of_an_absurd_current(home: Home, shows: bool) -> None:
    device = Written(1, -2.0, charge=10.0, pack={"capacity": 20.0})
    (entry,) = await bought(home, device)
    await passes(home, [device], 60)
    device.set(amps=300.0)
    count = len(device.said)
    await home.clock.until(lambda: len(device.said) > count, 40)
    device.set(amps=-2.0, charge=12.5 if shows else 10.0)
    await passes(home, [device], 120)
    into, _ = await exact(home, entry)
    assert into == pytest.approx(measured(device.said)[0] if shows else 0.0, abs=NEAR)


async def test_a_clock_that_is_set_changes_nothing(
    home: Home, freezer: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead, real = [0.0], time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: real() - ahead[0])
    watch = Watch(home.hass)
    device = Written(1, -50.0)
    (entry,) = await bought(home, device)
    for step in (1200.0, -1200.0, 5 * 3600.0, -86_400.0 * 3, -0.5, 86_400.0 * 9):
        ahead[0] += step
        freezer.tick(step)
        await passes(home, [device], 60)
    assert await exact(home, entry) == pytest.approx(measured(device.said), abs=NEAR)
    assert not watch.falls


# Days of 25 and of 23 h: midnight is told with its offset.
NIGHTS = (
    "2026-10-25T00:00:00+02:00",
    "2027-03-28T00:00:00+01:00",
)


@pytest.mark.parametrize("night", NIGHTS)
async def test_a_day_of_any_length_begins_at_midnight(
    home: Home, freezer: FrozenDateTimeFactory, night: str
) -> None:
    await home.hass.config.async_set_time_zone("Europe/Berlin")
    midnight = datetime.fromisoformat(night)
    freezer.move_to(midnight - timedelta(minutes=25))
    device = Written(1, -20.0)
    (entry,) = await bought(home, device)
    await home.set_options(await home.options(entry), {"interval": 600})
    for _ in range(9):
        # What is read each ten minutes is measured up to half an hour.
        await home.clock.leap(1440)
        home.shout(device)
        await passes(home, [device], 60)
    await exact(home, entry)
    state = home.state(device, "energy_coverage")
    last = device.said[-1].at - midnight.timestamp()
    assert last > 3 * 3600
    assert state.attributes["measured_s"] == pytest.approx(last, abs=5)


async def test_a_reload_between_two_late_readings_takes_nothing_from_the_day(
    home: Home,
) -> None:
    device = Written(1, -20.0)
    (entry,) = await bought(home, device)
    await home.set_options(await home.options(entry), {"interval": 1800})
    shares = []

    async def later(seconds: float) -> None:
        await home.clock.leap(seconds)
        home.shout(device)
        await passes(home, [device], 60)
        shares.append(float(home.value(device, "energy_coverage")))

    await later(1740)
    await later(1740)
    # Nobody answers at the start, and for longer than a battery is waited for that is read often.
    home.air.refuse.add(device.address)
    for _ in range(3):
        await exact(home, entry)
        await later(600)
    home.air.refuse.clear()
    await later(1740)
    assert shares == [100.0] * 6
    assert await exact(home, entry) == pytest.approx(
        (0, 0.26 * (device.said[-1].at - device.said[0].at) / 3600), abs=NEAR
    )


def coverage(home: Home, device: Written) -> tuple[float, float]:
    """Return the coverage in %, and how long the longest gap was."""
    state = home.state(device, "energy_coverage")
    return float(state.state), float(state.attributes["longest_gap_s"])


async def test_a_battery_that_is_to_be_read_more_often_has_no_gap_before(
    home: Home,
) -> None:
    device = Written(1, -20.0)
    (entry,) = await bought(home, device)
    await home.set_options(await home.options(entry), {"interval": 1800})
    await passes(home, [device], 30)
    await home.clock.leap(1560)
    await home.set_options(await home.options(entry), {"interval": 30})
    await passes(home, [device], 300)
    assert len(device.said) > 9
    # The other way it counts at once: nothing is overdue meanwhile.
    await home.set_options(await home.options(entry), {"interval": 1800})
    await home.clock.leap(1500)
    await passes(home, [device], 30)
    await exact(home, entry)
    assert coverage(home, device) == (100.0, 0.0)
    await home.set_options(await home.options(entry), {"interval": 30})
    await passes(home, [device], 120)
    total = await exact(home, entry)
    span = device.said[-1].at - device.said[0].at
    assert coverage(home, device) == (100.0, 0.0)
    assert total == pytest.approx((0, 0.26 * span / 3600), abs=NEAR)
    # What is a gap for those that are read often is one now.
    await away(home, [device], GAP, lambda: None)
    await exact(home, entry)
    share, longest = coverage(home, device)
    assert share < 95
    assert longest == pytest.approx(GAP, abs=60)


async def test_a_load_that_ends_a_rest_leaves_no_gap_behind_it(home: Home) -> None:
    device = Written(1, 0.0)
    (entry,) = await bought(home, device)
    await home.set_options(
        await home.options(entry), {"interval": 300, "adaptive": True}
    )
    for amps in (0.0, -60.0) * 3:
        device.set(amps=amps)
        await passes(home, [device], 1200)
    # Read more often as soon as the load is known, of which the last pause knew nothing.
    pauses = {round(two.at - one.at) for one, two in pairwise(device.said[1:])}
    assert pauses == {100, 300}
    await exact(home, entry)
    assert coverage(home, device) == (100.0, 0.0)


async def test_nothing_that_is_done_to_an_entity_moves_its_meter(home: Home) -> None:
    watch, registry = Watch(home.hass), er.async_get(home.hass)
    device = Written(1, -50.0)
    (entry,) = await bought(home, device)
    await passes(home, [device], 120)
    name = home.entity_id(device, "energy_discharged")
    assert name
    registry.async_update_entity(name, new_entity_id="sensor.mine")
    await passes(home, [device], 60)
    registry.async_update_entity(
        "sensor.mine", disabled_by=er.RegistryEntryDisabler.USER
    )
    await passes(home, [device], 90)
    assert home.hass.states.get("sensor.mine") is None
    registry.async_update_entity("sensor.mine", disabled_by=None)
    await passes(home, [device], 90)
    entries = home.hass.config_entries
    for by in (ConfigEntryDisabler.USER, None):
        await home.clock.wait(entries.async_set_disabled_by(entry.entry_id, by))
        await passes(home, [device], 300, 60)
    assert await exact(home, entry) == pytest.approx(measured(device.said), abs=NEAR)
    assert home.entity_id(device, "energy_discharged") == "sensor.mine"
    assert not watch.falls


async def test_kills_lose_nothing_and_double_nothing(
    home: Home, hass_storage: dict[str, Any], life: Life
) -> None:
    device = Written(1, -40.0, drains=True)
    entries = await bought(home, device)
    chance = random.Random(5)
    await passes(home, [device], 100, 10)
    name = home.entity_id(device, "energy_discharged")
    assert name
    files, most = deepcopy(hass_storage), told(home, entries[0])[1]
    await ended(home)
    for _ in range(4):
        hass_storage.clear()
        hass_storage.update(deepcopy(files))
        await home.clock.run(chance.choice([1, 5, 20, 80, 400]))
        async with life(entries, {name: most}) as house:
            house.air.add(device)
            house.shout(device)
            assert told(house, entries[0])[1] >= most
            await passes(house, [device], chance.choice([10, 40, 60, 90, 130]), 10)
            files, most = deepcopy(hass_storage), told(house, entries[0])[1]
            total = (await exact(house, entries[0]))[1]
            hours = (device.said[-1].at - device.said[0].at) / 3600
            assert total == pytest.approx(0.52 * hours, abs=0.0025)
