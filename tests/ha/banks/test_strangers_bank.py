"""Banks against what their batteries were fed, by somebody who knows only what a user reads."""

from itertools import permutations
from typing import Any

import pytest

from homeassistant.data_entry_flow import InvalidData

from ..clock import AT_NOON
from ..home import Home
from ..ledger import Watch, Written, combine, exact, measured, passes, shown, told

pytestmark = [pytest.mark.slow, AT_NOON]

NEAR = 0.0025  # kWh: the batteries are read some seconds apart
# A, Ah, capacity, V: the worked example of three in parallel.
THREE = (
    (-3.0, 62.0, 100.0, 13.21),
    (4.0, 90.0, 150.0, 13.19),
    (-10.0, 110.0, 200.0, 13.17),
)
WORKED = {
    "current": -9.0,
    "power": -118.57,
    "voltage": 13.19,
    "cycle_charge": 262.0,
    "full_charge": 450.0,
    "battery_level": 58.2,
    "circulating_current": 4.0,
    "level_spread": 7.0,
    "fitting_charge": 188.0,
    "cycle_capacity": 3454.82,
}


async def bought(home: Home, devices: list[Written]) -> list[Any]:
    home.air.slots = 40
    entries = [await home.add(one) for one in devices]
    await home.clock.run(2)
    return entries


def three() -> list[Written]:
    return [
        Written(n, amps, charge=charge, volts=volts, pack={"capacity": capacity})
        for n, (amps, charge, capacity, volts) in enumerate(THREE, 1)
    ]


async def test_whatever_the_order_and_one_alone_is_that_battery(home: Home) -> None:
    devices = three()
    await bought(home, devices)
    orders = [
        (await combine(home, f"Bank {n}", order))["result"]
        for n, order in enumerate(permutations(devices))
    ]
    alone = (await combine(home, "Alone", devices[:1]))["result"]
    await passes(home, devices, 60)
    for entry in orders:
        values = shown(home, entry)
        for name, value in WORKED.items():
            assert float(values[name]) == pytest.approx(value, abs=0.051), name
    values = shown(home, alone)
    for name in ("voltage", "current", "power", "cycle_charge", "cycle_capacity"):
        assert float(values[name]) == float(home.value(devices[0], name)), name
    for one in devices:
        home.air.refuse.add(one.address)
    await home.clock.leap(150)
    for entry in (*orders, alone):
        values = shown(home, entry)
        assert {values[one] for one in WORKED.keys() & values.keys()} == {"unavailable"}
        assert values["batteries_read"] == "0"
        assert float(values["energy_charged"]) >= 0


async def test_a_bank_of_one_goes_on_when_its_battery_is_replaced(home: Home) -> None:
    watch = Watch(home.hass)
    devices = [Written(1, -50.0), Written(2, -30.0), Written(3, -20.0)]
    await bought(home, devices)
    entry = (await combine(home, "Cellar", devices[:1]))["result"]

    async def choose(*members: Written) -> None:
        form = await home.reconfigure(entry)
        answer = {
            "name": "Cellar",
            "members": [one.address for one in members],
            "wiring": "parallel",
            "string_length": 1,
        }
        assert (await home.send(form, answer))["reason"] == "change_kept"
        await home.clock.settle()

    wanted = 0.0
    for members in (devices[:1], devices[1:2], devices[1:]):
        await choose(*members)
        start = {one.address: len(one.said) - 1 for one in members}
        await passes(home, devices, 90)
        for one in members:
            wanted += measured(one.said[start[one.address] :])[1]
        assert await exact(home, entry) == pytest.approx((0, wanted), abs=2 * NEAR)
    # One is replaced while nobody is read: their charges have nothing to do with each other.
    for one in devices:
        home.air.refuse.add(one.address)
    await home.clock.leap(300)
    devices[0].set(charge=20.0)
    await choose(devices[0], devices[2])
    home.air.refuse.clear()
    await passes(home, devices, 90)
    rose = (await exact(home, entry))[1] - wanted
    assert float(shown(home, entry)["energy_coverage"]) < 80
    assert 0 < rose <= 0.91 * 100 / 3600 + 2 * NEAR
    assert not watch.falls


@pytest.mark.parametrize(("gone", "partial"), [(2, False), (1, False), (1, True)])
async def test_what_flows_from_one_into_another_is_never_energy_of_the_bank(
    home: Home, gone: int, *, partial: bool
) -> None:
    """One gives 50 A, the other takes 30 A; some of them are away for a while."""
    watch = Watch(home.hass)
    devices = [Written(1, -50.0, drains=True), Written(2, 30.0, drains=True)]
    await bought(home, devices)
    entry = (await combine(home, "Bank", devices))["result"]
    if partial:
        await home.set_options(await home.options(entry), {"partial": True})
    begun = home.clock.time
    await passes(home, devices, 90)
    for one in devices[:gone]:
        home.air.refuse.add(one.address)
    await passes(home, devices, 300, 60)
    home.air.refuse.clear()
    await passes(home, devices, 90)
    into, out = await exact(home, entry)
    hours = (home.clock.time - begun) / 3600
    assert into == pytest.approx(0, abs=NEAR)
    assert out == pytest.approx(0.26 * hours, abs=2 * NEAR)
    assert float(shown(home, entry)["energy_coverage"]) < 60
    assert not watch.falls


PAIRS: dict[str, tuple[dict[str, Any], dict[str, Any], str, str]] = {
    "other cells": ({}, {"chemistry": "nmc"}, "parallel", "bank_chemistries_differ"),
    "in series": ({}, {"chemistry": "nmc"}, "series", "bank_chemistries_differ"),
    "double": ({}, {"cells": 8}, "parallel", "bank_voltages_differ"),
    "one cell less": ({"cells": 16}, {"cells": 15}, "parallel", "bank_voltages_differ"),
    "strings": ({"cells": 4}, {"cells": 8}, "strings", "bank_voltages_differ"),
}


@pytest.mark.parametrize("what", PAIRS)
async def test_what_cannot_be_connected_is_refused(home: Home, what: str) -> None:
    first, second, wiring, error = PAIRS[what]
    devices = []
    for number, pack in enumerate((first, second), 1):
        volts = pack.get("cells", 4) * (3.7 if "chemistry" in pack else 3.25)
        devices.append(Written(number, -5.0, volts=volts, pack=pack))
    await bought(home, devices)
    done = await combine(home, "Bank", devices, wiring)
    assert done["errors"] == {"members": error}


FORGED = (
    {"members": []},
    {"members": ["one", "one"]},
    {"members": ["one", "zz"]},
    {"members": [None]},
    {"members": "one"},
    {"members": [{"one": 1}]},
    {"wiring": "circle"},
    {"wiring": None},
    {"string_length": 0},
    {"string_length": -1},
    {"string_length": 1e9},
    {"wiring": "strings", "string_length": 3},
    {"name": None},
    {"more": 1},
)


async def test_no_forged_answer_makes_a_bank(home: Home) -> None:
    device, other = Written(1), Written(2)
    entries = await bought(home, [device, other])
    for forged in FORGED:
        form = await home.send(await home.start(), {"next_step_id": "bank"})
        answer: dict[str, Any] = {
            "name": "Bank",
            "members": [device.address, other.address],
            "wiring": "parallel",
            "string_length": 1,
        } | forged
        if isinstance(answer["members"], list):
            answer["members"] = [
                device.address if one == "one" else one for one in answer["members"]
            ]
        try:
            done = await home.send(form, answer)
        except InvalidData:
            continue
        assert done["type"] == "form", forged
        assert done["errors"], forged
    assert home.hass.config_entries.async_entries("mi_bms") == entries


async def test_no_figure_of_a_battery_makes_nonsense_of_a_bank(home: Home) -> None:
    devices = three()
    await bought(home, devices)
    entry = (await combine(home, "Bank", devices))["result"]
    stories: tuple[tuple[dict[str, float], float | None], ...] = (
        ({"amps": 0.0, "charge": 0.0}, None),
        ({"amps": 0.0, "charge": 0.0}, 1e-9),
        ({"amps": 0.0, "charge": 1.0}, 1.0),
        ({"amps": -300.0}, None),
    )
    for fed, capacity in stories:
        for one in devices:
            one.set(**fed)
            one.pack.capacity = one.pack.capacity if capacity is None else capacity
        await passes(home, devices, 60)
        values = shown(home, entry)
        assert not {"nan", "inf", "-inf"} & set(values.values()), (fed, capacity)
        level = values["battery_level"]
        assert level in {"unknown", "unavailable"} or 0 <= float(level) <= 100
        assert all(0 <= one < 1 for one in told(home, entry))
