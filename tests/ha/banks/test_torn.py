"""Banks and meters of which what is stored was edited by hand, or damaged."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.mi_bms.const import DOMAIN
from custom_components.mi_bms.proto.energy.day import Day
from custom_components.mi_bms.stored import STATE, sound
from homeassistant.config_entries import ConfigEntryState

from .conftest import Owner, address, battery

ONE, TWO = address(1), address(2)


@pytest.mark.parametrize(
    "damage",
    [
        {"members": [ONE, ONE]},
        {"members": [ONE, f"{ONE}#1"]},
        {"members": None},
        {"members": [None, ONE, {"a": 1}]},
        {"members": [ONE], "wiring": "star"},
        {"members": [ONE], "wiring": "series", "string_length": "x", "names": 7},
        {},
    ],
)
async def test_a_damaged_bank_is_not_believed_and_can_be_mended(
    owner: Owner, damage: dict[str, Any]
) -> None:
    await owner.add(battery(1, -20.0), battery(2, -20.0))
    config = owner.home.hass.config_entries
    data = {"kind": "bank", "wiring": "parallel", **damage}
    bank = MockConfigEntry(
        domain=DOMAIN, title="Bank", unique_id="bank-0123456789abcdef", data=data
    )
    bank.add_to_hass(owner.home.hass)
    await owner.home.clock.wait(config.async_setup(bank.entry_id))
    assert bank.state is ConfigEntryState.SETUP_ERROR
    form = await owner.home.reconfigure(bank)
    assert form["step_id"] == "bank"
    done = await owner.send(form, [ONE, TWO])
    assert done["reason"] == "change_kept", done
    await owner.home.clock.run(3)
    assert bank.state is ConfigEntryState.LOADED
    assert owner.value(bank, "current") == "-40.0"


def test_a_day_that_cannot_be_begins_anew() -> None:
    day = Day(elapsed_s=3600.0, measured_s=1e12).to_json()
    meter = {"totals": {"energy_charged": 7.0}, "day": day}
    kept, wrong = sound(STATE, {ONE: {"meter": meter}})
    assert kept == {ONE: {"meter": {"totals": {"energy_charged": 7.0}}}}
    assert wrong == 1
    meter["day"] = Day(elapsed_s=3600.0, measured_s=3000.0).to_json()
    assert sound(STATE, {ONE: {"meter": meter}}) == ({ONE: {"meter": meter}}, 0)
