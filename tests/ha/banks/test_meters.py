"""The meters of a bank: what goes in and out of all its batteries together, and over a restart."""

from typing import Any

import pytest

from custom_components.mi_bms.runtime import SHARED
from homeassistant.helpers import entity_registry as er

from ..clock import AT_NOON
from .conftest import Owner, address, battery

pytestmark = AT_NOON

ONE, TWO, THREE = address(1), address(2), address(3)


async def listened(owner: Owner, *devices: Any, minutes: int) -> None:
    """Let time pass in a house whose batteries are heard."""
    for _ in range(minutes * 2):
        await owner.home.clock.run(30)
        owner.home.shout(*devices)
        await owner.home.clock.settle()


async def test_all_that_flows_is_summed_but_not_what_circulates(owner: Owner) -> None:
    devices = [battery(1, 8), battery(2, 12), battery(3, -5)]
    await owner.add(*devices)
    bank = await owner.combine(ONE, TWO, THREE)
    await listened(owner, *devices, minutes=30)
    volts = float(owner.value(bank, "voltage"))
    charged = float(owner.value(bank, "energy_charged"))
    # A state is written when it has moved by 0.01 kWh.
    assert charged == pytest.approx(15 * volts / 2 / 1000, abs=0.011)
    assert owner.value(bank, "energy_discharged") in {"0", "0.0"}
    assert float(owner.value(bank, "energy_coverage")) > 95


async def test_a_meter_goes_on_over_a_restart_and_another_battery(
    owner: Owner,
) -> None:
    devices = [battery(1, 8), battery(2, 8, soc=0.9)]
    await owner.add(*devices)
    bank = await owner.combine(ONE)
    await listened(owner, *devices, minutes=20)
    before = float(owner.value(bank, "energy_charged"))
    assert before > 0.02
    config = owner.home.hass.config_entries
    await owner.home.clock.wait(config.async_reload(bank.entry_id))
    await owner.home.clock.settle()
    assert float(owner.value(bank, "energy_charged")) >= before
    form = await owner.home.reconfigure(bank)
    await owner.send(form, [TWO])
    await listened(owner, *devices, minutes=1)
    after = float(owner.value(bank, "energy_charged"))
    # The other battery holds 40 Ah more: that did not flow.
    assert before <= after < before + 0.02


async def test_the_sum_of_some_is_shown_but_not_counted(owner: Owner) -> None:
    devices = [battery(1, -50), battery(2, 30)]
    await owner.add(*devices)
    bank = await owner.combine(ONE, TWO)
    await owner.home.set_options(await owner.home.options(bank), {"partial": True})
    await listened(owner, *devices, minutes=2)
    owner.home.air.refuse.add(ONE)
    await listened(owner, *devices, minutes=20)
    assert owner.value(bank, "current") == "30.0"
    assert owner.value(bank, "energy_charged") in {"0", "0.0"}
    assert owner.value(bank, "load_ratio") == "unknown"
    assert float(owner.value(bank, "energy_coverage")) < 30


async def test_a_gap_that_ends_with_other_batteries_was_not_measured(
    owner: Owner,
) -> None:
    devices = [battery(number, 8) for number in (1, 2, 3)]
    await owner.add(*devices)
    bank = await owner.combine(ONE, TWO)
    await listened(owner, *devices, minutes=2)
    owner.home.air.refuse |= {ONE, TWO}
    await listened(owner, *devices, minutes=18)
    owner.home.air.refuse.clear()
    await owner.send(await owner.home.reconfigure(bank), [ONE, THREE])
    await listened(owner, *devices, minutes=2)
    await owner.home.clock.wait(
        owner.home.hass.config_entries.async_reload(bank.entry_id)
    )
    await owner.home.clock.settle()
    coverage = owner.state(bank, "energy_coverage")
    assert float(coverage.state) < 35
    assert coverage.attributes["longest_gap_s"] > 15 * 60


async def test_the_meter_is_kept_with_the_bank(owner: Owner) -> None:
    await owner.add(battery(1, 8))
    bank = await owner.combine(ONE)
    await owner.home.clock.run(70)
    shared = owner.home.hass.data[SHARED]
    await owner.home.clock.wait(shared.async_save())
    kept = shared.kept[str(bank.unique_id)]
    assert kept["meter"]["totals"]["energy_charged"] > 0
    assert kept["made_of"] == ["parallel", "1", ONE]


async def test_a_meter_of_a_bank_is_no_diagnostic(owner: Owner) -> None:
    await owner.add(battery(1, 8), battery(2))
    bank = await owner.combine(ONE, TWO)
    registry = er.async_get(owner.home.hass)
    entities = er.async_entries_for_config_entry(registry, bank.entry_id)
    above = {
        one.unique_id.rpartition("-")[2]
        for one in entities
        if one.entity_category is None and one.disabled_by is None
    }
    assert {"energy_charged", "energy_discharged"} < above
    assert len(above) <= 9
