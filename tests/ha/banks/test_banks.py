"""Several batteries as one: made, shown, changed, and gone on with when one of them is removed."""

import json
from pathlib import Path
from typing import Any

import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.mi_bms.const import DOMAIN
from custom_components.mi_bms.diagnostics import async_get_config_entry_diagnostics
from custom_components.mi_bms.runtime import SHARED
from homeassistant.config_entries import ConfigEntryState
from homeassistant.helpers import (
    device_registry as dr,
    entity_registry as er,
    issue_registry as ir,
)
from homeassistant.setup import async_setup_component
from tests.world.devices import KINDS

from ..home import Home
from .conftest import Owner, address, battery, named

ONE, TWO, THREE = address(1), address(2), address(3)
OFF = "unavailable"


def example() -> list[Any]:
    """Return the batteries of the worked example."""
    return [
        battery(1, -3, 0.62, 100),
        battery(2, 4, 0.6, 150),
        battery(3, -10, 0.55, 200),
    ]


async def test_the_worked_example(owner: Owner) -> None:
    devices = example()
    await owner.add(*devices)
    bank = await owner.combine(ONE, TWO, THREE)
    assert float(owner.value(bank, "current")) == -9
    assert float(owner.value(bank, "circulating_current")) == 4
    assert float(owner.value(bank, "cycle_charge")) == 262
    assert float(owner.value(bank, "full_charge")) == 450
    assert float(owner.value(bank, "battery_level")) == 58.2
    assert owner.value(bank, "battery_state") == "discharging"
    volts = float(owner.value(bank, "voltage"))
    assert float(owner.value(bank, "power")) == pytest.approx(-9 * volts, abs=1)
    assert float(owner.value(bank, "runtime")) == pytest.approx(262 / 9, rel=0.02)
    assert owner.value(bank, "time_to_full") == OFF
    read = owner.state(bank, "batteries_read")
    assert (read.state, read.attributes["of"]) == ("3", 3)
    busiest = owner.state(bank, "load_ratio")
    assert busiest.attributes["batteries"] == [named(3)]
    assert owner.value(bank, "alarm") == "none"
    assert owner.value(bank, "problem") == "off"


async def test_few_values_stand_above(owner: Owner) -> None:
    await owner.add(battery(1), battery(2))
    bank = await owner.combine(ONE, TWO)
    registry = er.async_get(owner.home.hass)
    entities = er.async_entries_for_config_entry(registry, bank.entry_id)
    above = [one.unique_id for one in entities if one.entity_category is None]
    assert 5 < len(above) <= 9
    assert len({one.original_name for one in entities}) == len(entities)


async def test_a_bank_lists_its_batteries(owner: Owner) -> None:
    entries = await owner.add(battery(1), battery(2), battery(3))
    bank = await owner.combine(ONE, TWO)
    device = owner.device(bank)
    assert device.name == "Bank"
    assert [owner.device(one).via_device_id for one in entries] == [
        device.id,
        device.id,
        None,
    ]
    form = await owner.home.reconfigure(bank)
    done = await owner.send(form, [TWO, THREE], name="Two")
    assert done["reason"] == "change_kept"
    await owner.home.clock.settle()
    assert [owner.device(one).via_device_id for one in entries] == [
        None,
        device.id,
        device.id,
    ]


async def test_other_wiring_has_other_entities(owner: Owner) -> None:
    await owner.add(battery(1, 5), battery(2, 5))
    bank = await owner.combine(ONE, TWO)
    assert owner.value(bank, "circulating_current") == "0.0"
    form = await owner.home.reconfigure(bank)
    await owner.send(form, [ONE, TWO], wiring="series")
    await owner.home.clock.run(2)
    registry = er.async_get(owner.home.hass)
    left = {
        one.unique_id.rpartition("-")[2]
        for one in er.async_entries_for_config_entry(registry, bank.entry_id)
    }
    assert left.isdisjoint({"circulating", "circulating_current", "load_ratio"})
    assert {"imbalance", "level_spread", "current"} <= left


async def test_a_battery_that_is_not_read_is_left_out(owner: Owner) -> None:
    devices = [battery(1, 5, 0.4), battery(2, 5, 0.6)]
    await owner.add(*devices)
    bank = await owner.combine(ONE, TWO)
    assert owner.value(bank, "battery_level") == "50.0"
    owner.home.air.refuse.add(TWO)
    await owner.home.clock.run(150)
    read = owner.state(bank, "batteries_read")
    assert read.state == "1"
    assert read.attributes["left_out"] == [named(2)]
    for field in ("current", "power", "cycle_charge"):
        assert owner.value(bank, field) == "unknown"
    assert owner.value(bank, "battery_level") == "40.0"
    await owner.home.set_options(await owner.home.options(bank), {"partial": True})
    assert owner.value(bank, "current") == "5.0"
    owner.home.air.refuse.add(ONE)
    await owner.home.clock.run(150)
    assert owner.value(bank, "current") == OFF
    assert owner.value(bank, "problem") == OFF


async def test_of_a_battery_that_is_asleep_nothing_flows(owner: Owner) -> None:
    devices = [battery(1, -5, 0.4), battery(2, 0, 0.6)]
    await owner.add(*devices)
    bank = await owner.combine(ONE, TWO)
    await owner.home.listen(devices[1], 6, every=10)
    owner.home.air.refuse.add(TWO)
    for _ in range(60):
        await owner.home.listen(devices[0], 1, every=10)
    assert owner.home.value(devices[1], "connection") == "asleep"
    assert owner.value(bank, "batteries_read") == "2"
    assert owner.value(bank, "current") == "-5.0"
    assert float(owner.value(bank, "cycle_charge")) == 100


async def test_a_battery_that_blocks(owner: Owner) -> None:
    devices = [battery(1, 0, 0.5), battery(2, 0, 0.5)]
    devices[1].pack.locked = {"charge", "discharge"}
    await owner.add(*devices)
    bank = await owner.combine(ONE, TWO)
    assert owner.state(bank, "batteries_read").attributes["blocked"] == [named(2)]
    assert float(owner.value(bank, "usable_charge")) == 50
    assert float(owner.value(bank, "cycle_charge")) == 100


async def test_single_packs_behind_one_bms(owner: Owner) -> None:
    device: Any = KINDS["SEPLOS"](
        address="C8:47:8C:00:00:31", name="SP14B0001", packs=2
    )
    await owner.add(device)
    form = await owner.form()
    assert form["step_id"] == "bank"
    members = [f"{device.address}#1", f"{device.address}#2"]
    refused = await owner.send(form, [device.address, members[0]])
    assert refused["errors"] == {"members": "bank_inside_itself"}
    done = await owner.send(refused, members, wiring="series")
    assert done["type"] == "create_entry", done
    await owner.home.clock.run(2)
    bank = done["result"]
    both = sum(float(owner.home.value(device, f"pack_{n}_voltage")) for n in (1, 2))
    assert float(owner.value(bank, "voltage")) == pytest.approx(both, abs=0.02)
    names = owner.state(bank, "batteries_read").attributes["batteries"]
    assert [name.rpartition(", ")[2] for name in names] == ["pack 1", "pack 2"]


async def test_what_cannot_be_one_is_refused(owner: Owner) -> None:
    await owner.add(battery(1), battery(2, cells=8), battery(3, capacity=50))
    form = await owner.form()
    for members, more, error in (
        ([], {}, "bank_no_member"),
        ([ONE, TWO], {}, "bank_voltages_differ"),
        (
            [ONE, TWO, THREE],
            {"wiring": "strings", "string_length": 2},
            "bank_strings_uneven",
        ),
        ([ONE, ONE], {}, "bank_twice"),
    ):
        form = await owner.send(form, members, **more)
        assert form["errors"] == {"members": error}
    doubt = await owner.send(form, [ONE, THREE], wiring="series")
    assert doubt["step_id"] == "bank_doubt"
    assert doubt["description_placeholders"] == {
        "batteries": f"- {named(3)}: 50 Ah, {named(1)}: 100 Ah"
    }
    done = await owner.home.answer(doubt, {})
    assert done["type"] == "create_entry"


async def test_without_batteries_there_is_nothing_to_combine(owner: Owner) -> None:
    form = await owner.form()
    assert (form["type"], form["reason"]) == ("abort", "no_batteries")


async def test_a_bank_is_worked_out_once_a_second_at_most(owner: Owner) -> None:
    entries = await owner.add(battery(1, 1), battery(2, 2))
    bank = await owner.combine(ONE, TWO)
    views: list[object] = []
    bank.runtime_data.async_add_listener(
        lambda: views.append(bank.runtime_data.data.sample)
    )
    for entry in entries * 5:
        await owner.home.clock.wait(entry.runtime_data.async_refresh())
    await owner.home.clock.settle()
    seconds = owner.home.clock.time
    assert len(views) <= seconds


@pytest.fixture
async def repair(home: Home, hass_client: ClientSessionGenerator) -> Any:
    """Return how the browser drives a repair."""
    assert await async_setup_component(home.hass, "repairs", {})
    client = await hass_client()

    async def send(path: str, data: dict[str, Any]) -> Any:
        url = f"/api/repairs/issues/fix{path}"
        answer = await home.clock.wait(client.post(url, json=data))
        assert answer.status == 200, await answer.text()
        return await answer.json()

    return send


def issue(owner: Owner, bank: Any) -> ir.IssueEntry | None:
    registry = ir.async_get(owner.home.hass)
    return registry.async_get_issue(DOMAIN, f"member_gone_{bank.entry_id}")


async def removed(owner: Owner, repair: Any, *members: str) -> tuple[Any, Any]:
    """Remove the first battery of a bank, and open the repair of that."""
    entries = await owner.add(battery(1), battery(2), battery(3))
    bank = await owner.combine(*members)
    assert issue(owner, bank) is None
    config = owner.home.hass.config_entries
    await owner.home.clock.wait(config.async_remove(entries[0].entry_id))
    await owner.home.clock.settle()
    found = issue(owner, bank)
    assert found is not None
    assert found.translation_placeholders == {"name": "Bank", "member": named(1)}
    opened = {"handler": DOMAIN, "issue_id": found.issue_id}
    return bank, await repair("", opened)


@pytest.mark.usefixtures("socket_enabled")
async def test_a_battery_that_was_removed_is_left_out(
    owner: Owner, repair: Any
) -> None:
    bank, menu = await removed(owner, repair, ONE, TWO)
    done = await repair(f"/{menu['flow_id']}", {"next_step_id": "leave_out"})
    assert done["type"] == "create_entry", done
    await owner.home.clock.run(2)
    assert bank.data["members"] == [TWO]
    assert issue(owner, bank) is None
    assert owner.value(bank, "batteries_read") == "1"


@pytest.mark.usefixtures("socket_enabled")
async def test_a_battery_that_was_removed_has_a_successor(
    owner: Owner, repair: Any
) -> None:
    bank, menu = await removed(owner, repair, ONE)
    device = owner.device(bank).id
    refused = await repair(f"/{menu['flow_id']}", {"next_step_id": "leave_out"})
    assert refused["reason"] == "bank_no_member"
    opened = {"handler": DOMAIN, "issue_id": issue(owner, bank).issue_id}
    menu = await repair("", opened)
    form = await repair(f"/{menu['flow_id']}", {"next_step_id": "successor"})
    done = await repair(f"/{form['flow_id']}", {"successor": THREE})
    assert done["type"] == "create_entry", done
    await owner.home.clock.run(2)
    assert bank.data["members"] == [THREE]
    assert issue(owner, bank) is None
    assert owner.device(bank).id == device
    assert owner.value(bank, "batteries_read") == "1"


async def test_a_restart_goes_on(owner: Owner) -> None:
    await owner.add(*example())
    bank = await owner.combine(ONE, TWO, THREE)
    before = owner.value(bank, "runtime")
    config = owner.home.hass.config_entries
    await owner.home.clock.wait(config.async_reload(bank.entry_id))
    await owner.home.clock.settle()
    assert bank.state is ConfigEntryState.LOADED
    assert owner.value(bank, "current") == "-9.0"
    assert owner.value(bank, "runtime") == before
    bank_id = str(bank.unique_id)
    assert bank_id in owner.home.hass.data[SHARED].kept
    await owner.home.clock.wait(config.async_remove(bank.entry_id))
    assert bank_id not in owner.home.hass.data[SHARED].kept
    devices = dr.async_get(owner.home.hass).devices
    assert not [one for one in devices if one.via_device_id]


async def test_outputs_pass_on_what_a_bank_is(owner: Owner, tmp_path: Path) -> None:
    owner.home.hass.config.config_dir = str(tmp_path)
    entries = await owner.add(*example())
    bank = await owner.combine(ONE, TWO, THREE)
    menu = await owner.home.choose(await owner.home.start(), "outputs")
    form = await owner.home.choose(menu, "output_file")
    chosen = {"path": "a.jsonl", "devices": [bank.unique_id]}
    done = await owner.home.answer(form, chosen)
    assert done["options"]["devices"] == [bank.unique_id]
    await owner.home.clock.wait(entries[0].runtime_data.async_refresh())
    await owner.home.clock.run(70)
    lines = [json.loads(one) for one in (tmp_path / "a.jsonl").read_text().splitlines()]
    assert {line["device"] for line in lines} == {"Bank"}
    assert lines[-1]["values"]["current"] == -9


async def test_diagnostics_name_nobody(owner: Owner) -> None:
    await owner.add(*example())
    bank = await owner.combine(ONE, TWO, THREE, name="Secret place")
    report = await async_get_config_entry_diagnostics(owner.home.hass, bank)
    assert report["bank"]["read"] == [1, 2, 3]
    assert report["bank"]["values"]["current"] == -9
    for secret in (ONE, "JBD-1", "Secret place"):
        assert secret not in str(report)


async def test_batteries_of_a_bank_are_read_close_together(owner: Owner) -> None:
    entries = await owner.add(battery(1))
    await owner.home.clock.run(12)
    entries += await owner.add(battery(2))
    bank = await owner.combine(ONE, TWO)

    def apart() -> float:
        at = [one.runtime_data.battery.read_at for one in entries]
        return float(abs(at[0] - at[1]))

    await owner.home.clock.run(100)
    assert apart() > 10
    await owner.home.set_options(await owner.home.options(bank), {"together": True})
    await owner.home.clock.run(100)
    assert apart() < 10
