"""Each blueprint makes an automation of a real Home Assistant, which does what it is for."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
import json
from pathlib import Path
import shutil
from typing import Any, NamedTuple

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.mi_bms.const import DOMAIN
from custom_components.mi_bms.face.blueprints import FOLDER, WORDS, Done, async_add
from homeassistant.components.automation.helpers import async_get_blueprints
from homeassistant.core import Event, HomeAssistant, ServiceCall
from homeassistant.exceptions import ServiceValidationError
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from tests.world.devices import KINDS

from ..home import Home

A, B, SWITCH = "sensor.a", "sensor.b", "switch.charger"
NAMES = sorted(path.name for path in FOLDER.glob("*.yaml"))


class Step(NamedTuple):
    """What happens: a state, or time that passes; what is said or switched because of it."""

    entity_id: str = ""
    state: str = ""
    more: Mapping[str, Any] = {}
    wait: timedelta = timedelta(seconds=1)
    then: str = ""


class Case(NamedTuple):
    """How a blueprint is filled in, what its action says, and what happens."""

    inputs: Mapping[str, Any]
    steps: tuple[Step, ...]
    says: str = ""
    before: Mapping[str, str] = {A: "50"}
    waits: bool = False  # an automation that waits is never done


def at(hour: int, minute: int = 0) -> datetime:
    """Return a moment of a Saturday."""
    return datetime(2026, 11, 28, hour, minute, tzinfo=dt_util.UTC)


PRESS = {"event_type": "press_end"}
TWICE = {"event_type": "multi_press_end", "multi_press_count": 2}
CHARGER = {"charger": SWITCH}
CASES: Mapping[str, Case] = {
    "cells_drift": Case(
        {"difference": [A], "limit": 0.05, "minutes": 10},
        (
            Step(A, "0.08", wait=timedelta(minutes=9)),
            Step(wait=timedelta(minutes=2), then="a 80 mV"),
        ),
        "{{ battery }} {{ difference }}",
        {A: "0.01"},
    ),
    "alarm_with_quiet_hours": Case(
        {"alarms": [A]},
        (
            Step(A, "cell_over_voltage", then="a: cell_over_voltage"),
            Step(A, "unavailable"),
            Step(A, "too_hot", then="a: too_hot"),
            Step(A, "none"),
            Step(wait=timedelta(hours=11)),
            Step(A, "too_hot"),
            Step(wait=timedelta(hours=8), then="a: too_hot"),
        ),
        "{{ message }}",
        {A: "none"},
    ),
    "frost_stops_charging": Case(
        {"temperature": A, **CHARGER},
        (
            Step(A, "unavailable"),
            Step(A, "20"),
            Step(A, "1.5", then="turn_off"),
            Step(A, "4"),
            Step(A, "6", then="turn_on"),
            Step(A, "0", then="turn_off"),
            Step(A, "unavailable"),
            Step(A, "8", then="turn_on"),
            Step(A, "unavailable"),
            Step(A, "8"),
        ),
        waits=True,
    ),
    "nearly_empty": Case(
        {"level": [A], "left": [B]},
        (Step(A, "19", then="a 19 1.5 h"), Step(A, "18")),
        "{{ battery }} {{ level }} {{ hours }}",
        {A: "50", B: "1.5"},
    ),
    "full": Case(
        {"level": [A]},
        (
            Step(A, "98"),
            Step(A, "99.5", then="a"),
            Step(A, "unavailable"),
            Step(A, "99.5"),
        ),
        "{{ battery }}",
    ),
    "charge_window": Case(
        {"level": A, **CHARGER},
        (
            Step(A, "29", then="turn_on"),
            Step(A, "60"),
            Step(A, "81", then="turn_off"),
        ),
    ),
    "leak": Case(
        {"leaks": [A]},
        (
            Step(A, "on", then="a"),
            Step(A, "off"),
            Step(A, "unavailable"),
            Step(A, "on", then="a"),
        ),
        "{{ place }}",
        {A: "off"},
    ),
    "door_left_open": Case(
        {"contacts": [A]},
        (
            Step(A, "on", wait=timedelta(minutes=9)),
            Step(A, "off", wait=timedelta(minutes=9)),
            Step(A, "on", wait=timedelta(minutes=11), then="a"),
        ),
        "{{ place }}",
        {A: "off"},
    ),
    "plant_needs_water": Case(
        {"moisture": [A]},
        (Step(A, "12", wait=timedelta(hours=3), then="a"),),
        "{{ plant }}",
    ),
    "remote": Case(
        {"button": A},
        (
            Step(A, "1", PRESS, then="once"),
            Step(A, "2", TWICE, then="twice"),
            Step(A, "3", {"event_type": "long_press_start"}, then="long"),
            Step(A, "4", {"event_type": "long_press_end"}),
            Step(A, "unavailable"),
            Step(A, "4", {"event_type": "long_press_end"}),
        ),
        before={A: "0"},
    ),
    "coin_cells_weekly": Case(
        {"batteries": [A, B]},
        (
            Step(A, "7", wait=timedelta(hours=20)),
            Step(wait=timedelta(hours=2, minutes=1), then="a 7 %"),
        ),
        "{{ low }}",
        {A: "90", B: "80"},
    ),
    "battery_not_read": Case(
        {"last_read": A, "hours": 6},
        (
            Step(wait=timedelta(hours=5)),
            Step(wait=timedelta(hours=2), then=A),
        ),
        "{{ battery }}",
        {A: at(12).isoformat()},
    ),
}
# What a blueprint looks at besides the state.
ATTRIBUTES: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("nearly_empty", B): {"unit_of_measurement": "h"},
    ("battery_not_read", A): {"device_class": "timestamp"},
}


@pytest.fixture
async def store(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> AsyncIterator[HomeAssistant]:
    """Return a Home Assistant with the blueprints, at noon."""
    freezer.move_to(at(12))
    await hass.config.async_set_time_zone("UTC")
    hass.config.config_dir = str(tmp_path)
    assert await async_setup_component(hass, "automation", {})
    # It still fills the folder with its own.
    await hass.async_block_till_done()
    done = await async_add(hass)
    assert done == Done(added=[f"mi_bms/{name}" for name in NAMES])
    yield hass
    # What automations wait for ends with them.
    if hass.states.async_all("automation"):
        await hass.services.async_call(
            "automation", "turn_off", {"entity_id": "all"}, blocking=True
        )


def test_each_has_its_case() -> None:
    assert [f"{name}.yaml" for name in sorted(CASES)] == NAMES
    assert len(NAMES) == 12


@pytest.mark.parametrize("name", sorted(CASES))
async def test_it_does_what_it_is_for(
    store: HomeAssistant, freezer: FrozenDateTimeFactory, name: str
) -> None:
    hass, case = store, CASES[name]
    happened: list[str] = []

    async def switched(call: ServiceCall) -> None:
        assert call.data["entity_id"] in (SWITCH, [SWITCH])
        happened.append(call.service)

    def said(event: Event) -> None:
        happened.append(event.data["text"])

    for service in ("turn_on", "turn_off"):
        hass.services.async_register("switch", service, switched)
    hass.bus.async_listen("said", said)
    for entity_id, state in case.before.items():
        hass.states.async_set(entity_id, state, ATTRIBUTES.get((name, entity_id)))

    def say(text: str) -> list[dict[str, Any]]:
        return [{"event": "said", "event_data": {"text": text}}]

    inputs = dict(case.inputs)
    if name == "remote":
        inputs |= {one: say(one) for one in ("once", "twice", "long")}
    elif case.says:
        inputs["actions"] = say(case.says)
    use = {"path": f"mi_bms/{name}.yaml", "input": inputs}
    await load(hass, {"id": "one", "alias": "one", "use_blueprint": use})
    for number, step in enumerate(case.steps):
        happened.clear()
        if step.entity_id:
            more = ATTRIBUTES.get((name, step.entity_id), step.more)
            hass.states.async_set(step.entity_id, step.state, more)
        await settle(hass, case)
        freezer.tick(step.wait)
        async_fire_time_changed(hass)
        await settle(hass, case)
        assert happened == ([step.then] if step.then else []), f"step {number}"


async def settle(hass: HomeAssistant, case: Case) -> None:
    """Let all happen that needs no time."""
    if not case.waits:
        await hass.async_block_till_done(wait_background_tasks=True)
    for _ in range(100):
        await asyncio.sleep(0)


async def load(hass: HomeAssistant, automation: dict[str, Any]) -> None:
    """Have Home Assistant load an automation as from its file."""
    path = Path(hass.config.config_dir, "configuration.yaml")
    await hass.async_add_executor_job(
        path.write_text, "automation: !include automations.yaml\n"
    )
    text = json.dumps([automation])
    await hass.async_add_executor_job(
        Path(hass.config.config_dir, "automations.yaml").write_text, text
    )
    await hass.services.async_call("automation", "reload", blocking=True)
    await hass.async_block_till_done()
    (state,) = hass.states.async_all("automation")
    assert state.state == "on", state.attributes


async def test_what_is_there_stays(store: HomeAssistant) -> None:
    folder = Path(store.config.config_dir, "blueprints/automation/mi_bms")

    def change() -> str:
        own = folder.joinpath("leak.yaml").read_text().replace("Water", "My water")
        folder.joinpath("leak.yaml").write_text(own)
        folder.joinpath("full.yaml").unlink()
        return own

    own = await store.async_add_executor_job(change)
    # As after a restart.
    async_get_blueprints(store)._blueprints = {}
    done = await async_add(store)
    assert done is not None
    assert (done.added, done.changed) == (["mi_bms/full.yaml"], ["mi_bms/leak.yaml"])
    assert len(done.kept) == 10 and not done.updated
    kept = folder.joinpath("leak.yaml")
    assert await store.async_add_executor_job(kept.read_text) == own


async def test_each_may_be_imported_by_its_link(store: HomeAssistant) -> None:
    for name in NAMES:
        found = await async_get_blueprints(store).async_get_blueprint(f"mi_bms/{name}")
        assert found.validate() is None
        link = found.metadata["source_url"]
        assert link.endswith(f"/blueprints/automation/{name}")
        assert link.startswith("https://github.com/mi-bms/mi-bms/blob/main/")


async def test_a_newer_version_is_brought_at_the_next_start(
    home: Home, tmp_path: Path
) -> None:
    hass = home.hass
    hass.config.config_dir = str(tmp_path)
    assert await async_setup_component(hass, "automation", {})
    await home.clock.settle()
    folder = tmp_path / "blueprints" / "automation" / "mi_bms"

    def old() -> None:
        for name in ("leak.yaml", "full.yaml"):
            path = ours / name
            path.write_text(
                path.read_text().replace("description: Tells", "description: Told")
            )

    ours = tmp_path / "ours"
    await hass.async_add_executor_job(shutil.copytree, FOLDER, ours)
    await hass.async_add_executor_job(old)
    with pytest.MonkeyPatch.context() as earlier:
        earlier.setattr("custom_components.mi_bms.face.blueprints.FOLDER", ours)
        assert await home.clock.wait(async_add(hass))

    def used() -> None:
        path = folder / "full.yaml"
        path.write_text(path.read_text().replace("Told", "Hurray"))
        (folder / "remote.yaml").unlink()

    await hass.async_add_executor_job(used)
    await home.add(KINDS["ATC1441"](address="A4:C1:38:00:0F:01"))
    await home.clock.run(1)
    texts = {
        one.name: one.read_text()
        for one in await hass.async_add_executor_job(
            lambda: sorted(folder.glob("*.yaml"))
        )
    }
    assert "Tells when a sensor finds" in texts["leak.yaml"]
    assert "Hurray" in texts["full.yaml"]
    assert "remote.yaml" not in texts and len(texts) == 11
    cached = await async_get_blueprints(hass).async_get_blueprint("mi_bms/leak.yaml")
    assert cached.metadata["description"].startswith("Tells")
    assert await home.clock.wait(async_add(hass)) == Done(
        added=["mi_bms/remote.yaml"],
        changed=["mi_bms/full.yaml"],
        kept=[
            f"mi_bms/{one}" for one in NAMES if one not in {"full.yaml", "remote.yaml"}
        ],
    )


async def test_they_speak_the_language_of_the_house(
    hass: HomeAssistant, tmp_path: Path
) -> None:
    hass.config.config_dir = str(tmp_path)
    hass.config.language = "de"
    assert await async_setup_component(hass, "automation", {})
    await hass.async_block_till_done()
    assert await async_add(hass)
    german = json.loads((WORDS / "de.json").read_text())["leak"]
    made = await async_get_blueprints(hass).async_get_blueprint("mi_bms/leak.yaml")
    assert made.metadata["name"] == german["name"]
    for name, told in german["input"].items():
        assert made.metadata["input"][name]["name"] == told["name"]
    # Another language later: what nobody changed follows.
    hass.config.language = "en"
    done = await async_add(hass)
    assert done and len(done.updated) == 12
    made = await async_get_blueprints(hass).async_get_blueprint("mi_bms/leak.yaml")
    assert made.metadata["name"] != german["name"]


async def test_an_administrator_asks_for_them(home: Home, tmp_path: Path) -> None:
    hass = home.hass
    await home.add(KINDS["ATC1441"](address="A4:C1:38:00:0F:01"))

    async def ask() -> Any:
        return await hass.services.async_call(
            DOMAIN, "add_blueprints", blocking=True, return_response=True
        )

    with pytest.raises(ServiceValidationError) as caught:
        await ask()
    assert caught.value.translation_key == "no_automations"
    hass.config.config_dir = str(tmp_path)
    assert await async_setup_component(hass, "automation", {})
    # Home Assistant fills the folder with its own behind the set-up.
    await hass.async_block_till_done()
    assert len((await ask())["added"]) == 12
    assert len((await ask())["kept"]) == 12
    theirs = tmp_path / "blueprints" / "automation" / "homeassistant"
    assert theirs.is_dir(), "Home Assistant's own are there, too"
