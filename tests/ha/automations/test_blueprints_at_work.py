"""All blueprints watch one house at the same time: what happens in it fires the one that it is for, once.

Nothing sets a state here: frames and adverts do.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
import json
from pathlib import Path
from typing import Any, Final

import pytest

from custom_components.mi_bms.face.blueprints import FOLDER, async_add
from homeassistant.components.automation.helpers import async_get_blueprints
from homeassistant.const import EVENT_CALL_SERVICE
from homeassistant.core import Event
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from tests.world.devices import KINDS
from tests.world.devices.beacon import Beacon
from tests.world.devices.server import GattBattery

from ..home import Home

CHARGER: Final = "switch.charger"
HOUR: Final = 3600
# Whose values can be had only from what one does with them.
CONTACT: Final = {"01": {"event:contact": "closed"}, "00": {"event:contact": "opened"}}
LEAK: Final = {"00": {"event:leak": "dry"}, "01": {"event:leak": "wet"}}
BUTTON: Final = {
    "01": {"event:button": "once"},
    "02": {"event:button": "twice"},
    "04": {"event:button": "long"},
}


def acted(number: int, steps: dict[str, Any]) -> dict[str, Any]:
    """Return an object that is sent only when somebody does something."""
    rows = [{"hex": one, "tells": tells} for one, tells in steps.items()]
    return {"id": number, "kind": "script", "every": 9e9, "steps": rows}


class House:
    """Be a house in which each blueprint has something to watch."""

    def __init__(self, home: Home) -> None:
        """Build it."""
        self.home = home
        # Where each step of a task comes from costs more than all that happens here.
        home.hass.loop.set_debug(False)
        battery: Any = KINDS["JBD"](address="A5:C2:37:00:00:16", name="JBD-shed")
        battery.pack.step = lambda _seconds: None
        battery.pack.current = -5.0
        self.pack = battery.pack
        self.battery: GattBattery = battery
        self.door, self.floor, self.plant, self.remote, self.cellar = (
            beacons := self._beacons()
        )
        self.sensors = [*beacons]
        self.done: list[str] = []

    @staticmethod
    def _beacons() -> list[Beacon]:
        made: list[Any] = [
            KINDS["MCCGQ02HL"](
                address="E4:AA:EC:00:16:01",
                key="98" * 16,
                objects=[acted(0x1019, CONTACT)],
            ),
            KINDS["SJWS01LM"](
                address="E4:AA:EC:00:16:02",
                key="99" * 16,
                objects=[acted(0x1014, LEAK)],
            ),
            KINDS["HHCCJCY01"](address="C4:7C:8D:00:16:03"),
            KINDS["BTHOME_OBJECTS"](
                address="54:48:E6:00:16:04",
                objects=[
                    {"id": 0x01, "kind": "u8", "start": 80},
                    acted(0x3A, BUTTON),
                ],
            ),
            KINDS["PVVX"](address="A4:C1:38:00:16:05"),
        ]
        return made

    async def furnish(self) -> None:
        """Add all devices at noon, and hear of each what can be chosen then."""
        now = dt_util.now()
        noon = now.replace(hour=12, minute=0, second=0, microsecond=0)
        await self.home.clock.leap((noon - now).total_seconds() % (24 * HOUR))
        entry = await self.home.add(self.battery)
        await self.home.set_options(await self.home.options(entry), {"interval": 300})
        for device in self.sensors:
            await self.home.add(device)
        await self.act(self.door, "contact", "closed")
        await self.act(self.floor, "leak", "dry")
        await self.act(self.remote, "button", "twice")
        await self.live(10)

    async def act(self, device: Beacon, what: str, how: str) -> None:
        """Do something with a device."""
        device.press(what, how)
        await self.home.listen(device, 3, every=0.1)

    async def live(self, minutes: int) -> None:
        """Let time pass in which everybody is heard now and then."""
        for _ in range(-(-minutes // 3)):
            await self.home.clock.run(180)
            self.home.shout(self.battery, *self.sensors, *[self.plant] * 3)

    def entity(self, device: Any, field: str) -> str:
        """Return an entity, which must be there."""
        found = self.home.entity_id(device, field)
        assert found, field
        return found

    def inputs(self) -> dict[str, dict[str, Any]]:
        """Return how each blueprint is filled in."""
        battery = self.battery
        level = self.entity(battery, "battery_level")
        charger = {"charger": CHARGER}
        return {
            "alarm_with_quiet_hours": {"alarms": [self.entity(battery, "alarm")]},
            "battery_not_read": {"last_read": level},
            "cells_drift": {"difference": [self.entity(battery, "delta_voltage")]},
            "charge_window": {"level": level, **charger},
            "coin_cells_weekly": {
                "batteries": [
                    self.entity(one, "battery") for one in (self.cellar, self.remote)
                ],
                "at": "12:45:00",
                "day": dt_util.now().strftime("%a").lower(),
            },
            "door_left_open": {"contacts": [self.entity(self.door, "opening")]},
            "frost_stops_charging": {
                "temperature": self.entity(battery, "min_cell_temperature"),
                **charger,
            },
            "full": {"level": [level]},
            "leak": {"leaks": [self.entity(self.floor, "moisture_detected")]},
            "nearly_empty": {
                "level": [level],
                "left": [self.entity(battery, "runtime")],
            },
            "plant_needs_water": {
                "moisture": [self.entity(self.plant, "moisture")],
                "hours": 1,
            },
            "remote": {"button": self.entity(self.remote, "event_button")},
        }

    async def automate(self, folder: Path) -> None:
        """Make an automation of each blueprint, as from a file."""
        hass = self.home.hass
        hass.config.config_dir = str(folder)
        assert await async_setup_component(hass, "automation", {})
        # It still fills the folder with its own.
        await self.home.clock.settle()
        assert await async_add(hass)
        hass.bus.async_listen("said", self._said)
        hass.bus.async_listen(EVENT_CALL_SERVICE, self._called)
        made = []
        for name, inputs in self.inputs().items():
            path = f"mi_bms/{name}.yaml"
            acts = ("once", "twice", "long") if name == "remote" else ("actions",)
            said = {
                one: [{"event": "said", "event_data": {"by": name, "how": one}}]
                for one in acts
                if "charger" not in inputs
            }
            use = {"path": path, "input": {**said, **inputs}}
            made.append({"id": name, "alias": name, "use_blueprint": use})
        text = f"automation: {json.dumps(made)}\n"
        path = folder / "configuration.yaml"
        await hass.async_add_executor_job(path.write_text, text)
        await hass.services.async_call("automation", "reload", blocking=True)
        await self.home.clock.settle()
        states = hass.states.async_all("automation")
        assert [one.state for one in states] == ["on"] * 12

    def _said(self, event: Event) -> None:
        how = event.data["how"]
        self.done.append(event.data["by"] + ("" if how == "actions" else f": {how}"))

    def _called(self, event: Event) -> None:
        if event.data["domain"] == "switch":
            assert event.data["service_data"]["entity_id"] in (CHARGER, [CHARGER])
            self.done.append(event.data["service"])


async def quiet(house: House) -> None:
    """Let nothing happen, not even when all entries are loaded anew."""
    await house.live(10)
    entries = house.home.hass.config_entries
    for entry in entries.async_entries("mi_bms"):
        await house.home.clock.wait(entries.async_reload(entry.entry_id))
    await house.live(10)


async def coin_cell(house: House) -> None:
    house.cellar.put("battery", 7)
    await house.live(18)


async def apart(house: House) -> None:
    house.pack.stack[1].offset += 0.08
    await house.live(20)


async def alarm(house: House) -> None:
    house.pack.protections.add("discharge_overcurrent")
    await house.live(8)


async def cold(house: House) -> None:
    house.pack.temperature = 0.5
    await house.live(8)


async def empty(house: House) -> None:
    house.pack.remaining = 19.0
    await house.live(8)


async def full(house: House) -> None:
    house.pack.remaining = 100.0
    await house.live(8)


async def water(house: House) -> None:
    await house.act(house.floor, "leak", "wet")


async def opened(house: House) -> None:
    await house.act(house.door, "contact", "opened")
    await house.live(9)
    assert house.done == []
    await house.live(3)


async def dry(house: House) -> None:
    assert house.plant.put("moisture", 9.0)
    await house.live(69)


async def pressed(house: House) -> None:
    await house.act(house.remote, "button", "once")


async def started_again(house: House) -> None:
    """Load all entries anew while all of it lasts: what is still wrong is told again."""
    await quiet(house)
    await house.live(6)


async def silent(house: House) -> None:
    del house.home.air.devices[house.battery.address]
    for _ in range(7 * 6):
        await house.home.clock.leap(HOUR / 6)


# In this order: what was done before stays as it is.
STEPS: Final[tuple[tuple[Callable[[House], Awaitable[None]], list[str]], ...]] = (
    (quiet, []),
    (coin_cell, ["coin_cells_weekly"]),
    (apart, ["cells_drift"]),
    (alarm, ["alarm_with_quiet_hours"]),
    (cold, ["turn_off"]),
    (empty, ["nearly_empty", "turn_on"]),
    (full, ["full", "turn_off"]),
    (water, ["leak"]),
    (opened, ["door_left_open"]),
    (dry, ["plant_needs_water"]),
    (pressed, ["remote: once"]),
    (
        started_again,
        ["alarm_with_quiet_hours", "cells_drift", "door_left_open", "leak", "turn_off"],
    ),
    (silent, ["battery_not_read"]),
)


@pytest.fixture
async def house(home: Home, tmp_path: Path) -> AsyncIterator[House]:
    """Return a house that is watched."""
    made = House(home)
    await made.furnish()
    await made.automate(tmp_path)
    yield made
    # What they wait for ends with them.
    await home.hass.services.async_call(
        "automation", "turn_off", {"entity_id": "all"}, blocking=True
    )


async def test_what_happens_fires_the_one_that_it_is_for(house: House) -> None:
    assert {f"{name}.yaml" for name in house.inputs()} == {
        one.name for one in FOLDER.glob("*.yaml")
    }
    for step, expected in STEPS:
        house.done.clear()
        await step(house)
        assert sorted(house.done) == expected, step.__name__


async def test_what_is_to_be_chosen_is_there(house: House) -> None:
    """Each entity fits what its blueprint lets choose, and none has to be switched on first."""
    hass = house.home.hass
    store = async_get_blueprints(hass)
    for name, inputs in house.inputs().items():
        made = await store.async_get_blueprint(f"mi_bms/{name}.yaml")
        for key, value in inputs.items():
            selector = made.inputs[key]["selector"].get("entity", {})
            (wanted,) = selector.get("filter", [{}])
            if wanted.get("integration") != "mi_bms":
                continue
            assert isinstance(value, list) is selector.get("multiple", False), key
            for one in value if isinstance(value, list) else [value]:
                state = hass.states.get(one)
                assert state, one
                assert state.domain in wanted["domain"], (name, one)
                of = state.attributes["device_class"]
                assert of in wanted["device_class"], (name, one)
