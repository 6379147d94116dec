"""What cards are told of devices, and when."""

import json
import re
from typing import Any

import pytest

from custom_components.mi_bms.batteries.coordinator import BatteryCoordinator
from custom_components.mi_bms.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
)
from tests.world.devices import KINDS

from ..banks.conftest import Owner, address, battery
from ..batteries.guarded import armed
from ..home import Home
from .conftest import Open

ADDRESS = re.compile(r"(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}")
THERMOMETER = "A4:C1:38:00:0F:01"


def weak(home: Home) -> None:
    """Have everybody heard so weakly that nobody seems to hold a battery that falls silent."""
    for number in (1, 2):
        home.air.rssi[address(number)] = -80


async def test_a_battery(home: Home, look: Open) -> None:
    device = battery(1, amps=-5.0)
    await Owner(home).add(device)
    page = await look()
    first = await page.subscribe()
    (told,) = first["devices"].values()
    assert (told["kind"], told["face"]) == ("battery", "battery")
    roles = told["roles"]
    shown = {
        role: home.hass.states.get(roles[role]).state
        for role in ("level", "power", "current", "voltage", "flow", "difference")
    }
    assert shown["flow"] == "discharging"
    assert float(shown["current"]) == -5.0
    assert roles["energy_in"] == home.entity_id(device, "energy_charged")
    assert roles["refresh"].startswith("button.")
    (pack,) = told["packs"]
    assert pack["cells"] == [
        home.entity_id(device, f"cell_voltage_{number}")
        for number in range(1, len(pack["cells"]) + 1)
    ]
    assert pack["cells"] and pack["probes"] and pack["device"] == told["id"]
    assert told["standing"] == "fresh"
    assert told["cause"] is told["remedy"] is told["act"] is None
    assert told["capacity"] == 100.0
    assert told["chemistry"] == "lfp" and told["limits"] == {"low": 2.5, "high": 3.65}
    assert told["read_at"] and told["stale_after"] > 0
    assert set(told["roles"].values()) <= {
        one.entity_id for one in home.hass.states.async_all()
    }


async def test_packs_behind_one_bms(home: Home, look: Open) -> None:
    device = KINDS["SEPLOS"](address="C8:47:8C:00:00:31", name="SP14B0001", packs=2)
    await home.add(device)
    await home.clock.run(5)
    page = await look()
    (told,) = (await page.subscribe())["devices"].values()
    assert [len(one["cells"]) for one in told["packs"]] == [16, 16]
    assert [one["name"] for one in told["packs"]] == ["Pack 1", "Pack 2"]
    assert told["packs"][1]["cells"][2] == home.entity_id(
        device, "pack_2_cell_voltage_3"
    )
    assert len({told["id"], *(one["device"] for one in told["packs"])}) == 3


async def test_a_reading_is_told_at_most_now_and_then(home: Home, look: Open) -> None:
    await Owner(home).add(battery(1, amps=-5.0))
    page = await look()
    await page.subscribe()
    told = [one for _ in range(60) for one in await page.news(5)]
    devices = [next(iter(one["devices"].values())) for one in told]
    assert 2 <= len(told) <= 21
    assert {one["standing"] for one in devices} == {"fresh"}
    times = [one["read_at"] for one in devices]
    assert times == sorted(times) and len({*times}) == len(times)


def press(word: str, action: str, entity_id: str) -> dict[str, Any]:
    """Return the button of a card that has an entity do something."""
    perform = {"action": "perform-action", "perform_action": action}
    return {"word": word, "action": perform | {"target": {"entity_id": entity_id}}}


async def test_a_battery_that_is_gone_says_why_and_what_helps(
    home: Home, look: Open
) -> None:
    weak(home)
    await Owner(home).add(battery(1, amps=-5.0))
    page = await look()
    await page.subscribe()
    home.air.devices.clear()
    await page.news(1200)
    told = page.of("JBD-1")
    assert told["standing"] == "unreachable"
    assert told["cause"].endswith(".") and told["remedy"].endswith(".")
    assert told["act"] == press("refresh", "button.press", told["roles"]["refresh"])


@pytest.mark.parametrize(
    ("vector", "expected"),
    [
        # As it is set; else as its cells look, where they do; else not at all.
        ("seplos_v2:settings", {"low": 2.7, "high": 3.65}),
        ("jikong:settings", {"low": 2.95, "high": 3.45}),
        ("pylontech:settings", {"low": 2.5, "high": 3.65}),
        ("cw20:compact", None),
    ],
)
async def test_cells_are_drawn_between_what_the_battery_is_set_to(
    home: Home, look: Open, vector: str, expected: dict[str, float] | None
) -> None:
    await home.add(KINDS["RECORDED"](address="C8:47:8C:00:15:45", vector=vector))
    page = await look()
    await page.subscribe()
    await page.news(90)
    (told,) = page.devices.values()
    assert told["limits"] == expected


async def test_what_a_battery_may_be_told(home: Home, look: Open) -> None:
    one = await armed(home)
    page = await look()
    await page.subscribe()
    (told,) = page.devices.values()
    roles = told["roles"]
    for role, name in (
        ("allow_commands", "allow_commands"),
        ("charge_switch", "charging_allowed"),
        ("discharge_switch", "discharging_allowed"),
    ):
        assert roles[role] == home.entity_id(one.device, name)
        assert home.hass.states.get(roles[role]).state == "on"
    assert not {"balancer_switch", "heater_switch"} & roles.keys()


async def test_a_released_battery_says_until_when(home: Home, look: Open) -> None:
    await Owner(home).add(battery(1))
    page = await look()
    await page.subscribe()
    roles = page.of("JBD-1")["roles"]
    now = page.of("JBD-1")["read_at"]
    await home.hass.services.async_call(
        "button", "press", {"entity_id": roles["release"]}
    )
    await page.news()
    told = page.of("JBD-1")
    assert told["standing"] == "paused"
    assert told["until"] - now > 60
    assert told["act"] == press("refresh", "button.press", roles["refresh"])
    await home.hass.services.async_call(
        "switch", "turn_off", {"entity_id": roles["reading"]}
    )
    await page.news()
    told = page.of("JBD-1")
    assert told["until"] is None
    assert told["act"] == press("turn_on", "switch.turn_on", roles["reading"])


async def test_a_bank(home: Home, look: Open) -> None:
    owner = Owner(home)
    await owner.add(battery(1), battery(2))
    await owner.combine(address(1), address(2))
    page = await look()
    await page.subscribe()
    told = page.of("Bank")
    assert (told["kind"], told["wiring"]) == ("bank", "parallel")
    assert told["members"] == [page.of("JBD-1")["id"], page.of("JBD-2")["id"]]
    assert told["standing"] == "fresh" and told["left_out"] == []
    assert {"level", "circulating_current", "batteries_read"} <= told["roles"].keys()
    entry = home.hass.config_entries.async_entry_for_domain_unique_id(
        DOMAIN, address(2)
    )
    assert entry
    second = page.of("JBD-2")["id"]
    await home.hass.config_entries.async_unload(entry.entry_id)
    await page.news(5)
    (left_out,) = page.of("Bank")["left_out"]
    assert left_out["device"] == second and left_out["why"].endswith(".")


async def test_a_bank_of_packs(home: Home, look: Open) -> None:
    device = KINDS["SEPLOS"](address="C8:47:8C:00:00:31", name="SP14B0001", packs=2)
    await home.add(device)
    await home.clock.run(5)
    await Owner(home).combine(f"{device.address}#2", f"{device.address}#1")
    page = await look()
    await page.subscribe()
    first, second = (one["device"] for one in page.of("SP14B0001")["packs"])
    assert page.of("Bank")["members"] == [second, first]


async def test_one_that_cannot_be_described_takes_no_other_away(
    home: Home, look: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: BatteryCoordinator) -> None:
        raise RuntimeError(self.name)

    await Owner(home).add(battery(1), battery(2))
    page = await look()
    await page.subscribe()
    release = {one: page.of(one)["roles"]["release"] for one in ("JBD-1", "JBD-2")}

    async def press(name: str) -> None:
        await home.hass.services.async_call(
            "button", "press", {"entity_id": release[name]}
        )
        await page.news()

    with monkeypatch.context() as broken_for_now:
        broken_for_now.setattr(BatteryCoordinator, "diagnose", broken)
        await press("JBD-1")
    await press("JBD-2")
    assert page.of("JBD-2")["standing"] == "paused"
    # As soon as it can be described again, it is.
    await page.news(31)
    assert page.of("JBD-1")["standing"] == "paused"


async def test_a_sensor(home: Home, look: Open) -> None:
    device = KINDS["ATC1441"](address=THERMOMETER)
    await home.add(device)
    page = await look()
    await page.subscribe()
    (told,) = page.devices.values()
    assert (told["kind"], told["face"], told["standing"]) == (
        "sensor",
        "climate",
        "fresh",
    )
    assert {"temperature", "humidity", "battery", "key_state"} <= told["roles"].keys()
    await page.news(1000)
    (told,) = page.devices.values()
    assert told["standing"] == "old"
    assert told["cause"] and told["remedy"] and told["act"] is None


async def test_a_sensor_that_lacks_what_opens_it(home: Home, look: Open) -> None:
    device = KINDS["MI_FRESH"](address=THERMOMETER)
    menu = await home.discover(device)
    await home.choose(menu, "keyless")
    await home.clock.settle()
    pages = [await look(kind) for kind in ("administrator", "user")]
    for page in pages:
        await page.subscribe()
    for _ in range(8):
        home.shout(device)
        await home.clock.run(60)
    for page, allowed in zip(pages, (True, False), strict=True):
        await page.news()
        (told,) = page.devices.values()
        assert told["standing"] == "not_paired"
        assert told["cause"] and told["remedy"]
        assert (told["act"] is not None) is allowed


async def test_names_hidden_and_disabled_entities_are_followed(
    home: Home, look: Open
) -> None:
    await Owner(home).add(battery(1))
    page = await look()
    await page.subscribe()
    told = page.of("JBD-1")
    entities, devices = er.async_get(home.hass), dr.async_get(home.hass)
    hostile = "<img src=x onerror=alert(1)>{{ 7*7 }}\u202e"
    devices.async_update_device(told["id"], name_by_user=hostile)
    area = ar.async_get(home.hass).async_create("Shed")
    devices.async_update_device(told["id"], area_id=area.id)
    level, cells = told["roles"]["level"], told["packs"][0]["cells"]
    entities.async_update_entity(level, new_entity_id="sensor.another")
    entities.async_update_entity(
        told["roles"]["power"], hidden_by=er.RegistryEntryHider.USER
    )
    entities.async_update_entity(cells[1], disabled_by=er.RegistryEntryDisabler.USER)
    entities.async_remove(told["roles"]["current"])
    messages = await page.news(0.5)
    assert len(messages) == 1, "a burst is one message"
    (told,) = page.devices.values()
    assert (told["name"], told["area"]) == (hostile, area.id)
    assert told["roles"]["level"] == "sensor.another"
    assert "power" in told["roles"] and "current" not in told["roles"]
    assert told["packs"][0]["cells"] == [cells[0], None, *cells[2:]]


async def test_nobody_is_told_addresses_or_keys(home: Home, look: Open) -> None:
    weak(home)
    owner = Owner(home)
    await owner.add(battery(1, amps=-5.0), battery(2, amps=-5.0))
    bank = await owner.combine(address(1), address(2))
    home.air.devices.clear()
    page = await look("user")
    await page.subscribe()
    await page.news(1200)
    said = json.dumps(page.messages)
    assert not ADDRESS.search(said)
    entries = home.hass.config_entries.async_entries(DOMAIN)
    assert bank in entries
    assert not any(entry.entry_id in said for entry in entries)
    assert page.of("JBD-1")["cause"]


async def test_what_comes_goes_and_is_loaded_anew(home: Home, look: Open) -> None:
    owner = Owner(home)
    (first,) = await owner.add(battery(1))
    page = await look()
    await page.subscribe()
    await owner.add(battery(2))
    await page.news()
    assert page.of("JBD-2")["standing"] == "fresh"
    await home.hass.config_entries.async_reload(first.entry_id)
    await page.news(3)
    assert page.of("JBD-1")["roles"]
    # It is followed as before.
    await home.hass.services.async_call(
        "button", "press", {"entity_id": page.of("JBD-1")["roles"]["release"]}
    )
    await page.news(3)
    assert page.of("JBD-1")["standing"] == "paused"
    gone = page.of("JBD-1")["id"]
    await home.hass.config_entries.async_remove(first.entry_id)
    messages = await page.news(3)
    assert messages[-1]["devices"][gone] is None or gone not in page.devices
    assert [one["name"] for one in page.devices.values()] == [page.of("JBD-2")["name"]]


async def test_a_damaged_registry_takes_no_other_device_away(
    home: Home, look: Open
) -> None:
    await Owner(home).add(battery(1), battery(2))
    entities = er.async_get(home.hass)
    page = await look()
    await page.subscribe()
    entry = home.hass.config_entries.async_entries(DOMAIN)[0]
    for unique_id in ("", "-", f"{address(1)}-", f"{address(1)}-pack_99_", "x" * 300):
        entities.async_get_or_create("sensor", DOMAIN, unique_id, config_entry=entry)
    dr.async_get(home.hass).async_remove_device(page.of("JBD-1")["id"])
    await page.news()
    assert [one["name"] for one in page.devices.values()] == [page.of("JBD-2")["name"]]


@pytest.mark.parametrize("language", ["en", "xx", "../../etc", None])
async def test_the_language_is_one_of_the_houses(
    home: Home, look: Open, language: str | None
) -> None:
    await Owner(home).add(battery(1))
    page = await look()
    await page.subscribe(**({"language": language} if language else {}))
    roles = page.of("JBD-1")["roles"]
    await home.hass.services.async_call(
        "button", "press", {"entity_id": roles["release"]}
    )
    await page.news()
    assert "Refresh now" in page.of("JBD-1")["remedy"]


async def test_nothing_is_sent_after_the_end(home: Home, look: Open) -> None:
    await Owner(home).add(battery(1))
    before = listening(home.hass)
    page = await look()
    await page.subscribe()
    assert listening(home.hass) > before
    await page.client.send_json_auto_id(
        {"type": "unsubscribe_events", "subscription": 1}
    )
    answer = await page.client.receive_json()
    assert answer["success"], answer
    assert listening(home.hass) == before
    assert await page.news(200) == []


def listening(hass: HomeAssistant) -> int:
    """Return how many are told of changes of the registries."""
    listeners = hass.bus.async_listeners()
    return listeners.get(er.EVENT_ENTITY_REGISTRY_UPDATED, 0)
