"""Switching is allowed in a form of its own: off at first, what can go wrong said, asked twice for what is not proven."""

from collections.abc import Mapping
import json
from typing import Any

import pytest
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    WebSocketGenerator,
)

from custom_components.mi_bms.const import CONF_CONTROL_PASSWORD
from homeassistant.config_entries import ConfigEntry
from homeassistant.setup import async_setup_component
from tests.world.devices import KINDS

from ..batteries.allowing import USUAL, allow, answer, fields
from ..home import Home
from ..people import GROUPS, person

WORD = "s3cret"
ADDRESS = "A5:C2:37:00:00:04"
BASIC = {"allow_switching", "powers_home", "arm_minutes"}


async def added(home: Home, kind: str = "JBD", **more: Any) -> ConfigEntry[Any]:
    more = {"name": f"{kind}-mine"} | more
    device = KINDS[kind](address=ADDRESS, **more)
    entry = await home.add(device, {"family": "ant"} if kind == "ANT" else None)
    await home.clock.run(3)
    return entry


async def test_the_form_says_what_can_go_wrong_and_what_is_known(home: Home) -> None:
    entry = await added(home)
    form = await home.options(entry, "switching")
    assert form["step_id"] == "switching"
    assert fields(form) == BASIC | {"experimental"}
    told: Mapping[str, str] = form["description_placeholders"]
    assert told["name"] == entry.title
    assert told["offer"] == (
        "Known well for this type: charging, discharging. "
        "Experimental: clearing alarms."
    )
    assert form["data_schema"]({})["allow_switching"] is False


async def test_what_is_stored_is_shown_again(home: Home) -> None:
    entry = await added(home)
    done = await allow(home, entry, powers_home=True, arm_minutes=5)
    assert done["type"] == "create_entry"
    assert entry.options["arm_minutes"] == 5
    form = await home.options(entry, "switching")
    shown = form["data_schema"]({})
    assert shown["allow_switching"]
    assert shown["powers_home"]
    assert shown["arm_minutes"] == 5


@pytest.mark.parametrize("minutes", [0, 61])
async def test_the_minutes_have_bounds(home: Home, minutes: int) -> None:
    entry = await added(home)
    form = await allow(home, entry, arm_minutes=minutes)
    assert form["errors"] == {"arm_minutes": "arm_bounds"}
    named = form["description_placeholders"]
    assert (named["arm_low"], named["arm_high"]) == ("1", "60")
    assert "allow_switching" not in entry.options


async def test_the_forms_leave_each_other_alone(home: Home) -> None:
    entry = await added(home)
    await home.set_options(await home.options(entry), {"interval": 40})
    await allow(home, entry)
    assert entry.options["interval"] == 40
    await home.set_options(await home.options(entry), {"interval": 50})
    assert entry.options["allow_switching"] is True
    assert entry.options["arm_minutes"] == 10


async def test_what_is_not_proven_is_asked_for_twice(home: Home) -> None:
    entry = await added(home)
    form = await home.options(entry, "switching")
    data = {key: one for key, one in USUAL.items() if key in fields(form)}
    asked = await answer(home, form, data | {"experimental": True})
    assert asked["step_id"] == "experimental"
    assert not entry.options
    asked = await answer(home, asked, {"understood": False})
    assert asked["errors"] == {"understood": "not_understood"}
    assert not entry.options
    done = await answer(home, asked, {"understood": True})
    assert done["type"] == "create_entry"
    assert entry.options["experimental"] is True
    # Once is enough, as long as it stays on.
    form = await home.options(entry, "switching")
    done = await answer(home, form, data | {"experimental": True, "arm_minutes": 20})
    assert done["type"] == "create_entry"
    form = await home.options(entry, "switching")
    await answer(home, form, data | {"experimental": False})
    form = await home.options(entry, "switching")
    asked = await answer(home, form, data | {"experimental": True})
    assert asked["step_id"] == "experimental"


async def test_experimental_alone_allows_nothing(home: Home) -> None:
    entry = await added(home)
    form = await home.options(entry, "switching")
    data = {key: one for key, one in USUAL.items() if key in fields(form)}
    done = await answer(
        home, form, data | {"allow_switching": False, "experimental": True}
    )
    assert done["type"] == "create_entry"
    form = await home.options(entry, "switching")
    asked = await answer(home, form, data | {"experimental": True})
    assert asked["step_id"] == "experimental"


async def test_a_password_is_taken_and_never_shown(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    entry = await added(home, "ANT", name="ANT-BLE16")
    form = await home.options(entry, "switching")
    assert [str(one) for one in form["data_schema"].schema] == [
        "allow_switching",
        "powers_home",
        "control_password",
        "factory_password",
        "arm_minutes",
    ]
    none = await allow(home, entry)
    assert none["errors"] == {CONF_CONTROL_PASSWORD: "password_needed"}
    assert not entry.options
    never = await allow(home, entry, allow_switching=False)
    assert never["type"] == "create_entry"
    both = await allow(home, entry, control_password=WORD, factory_password=True)
    assert both["errors"] == {"base": "password_twice"}
    await allow(home, entry, control_password=WORD)
    assert entry.data[CONF_CONTROL_PASSWORD] == WORD
    assert WORD not in json.dumps(dict(entry.options))
    form = await home.options(entry, "switching")
    assert WORD not in str(
        [(one.default, one.description) for one in form["data_schema"].schema]
    )
    # Left empty it stays, and the factory's own takes its place.
    await allow(home, entry, arm_minutes=20)
    assert entry.data[CONF_CONTROL_PASSWORD] == WORD
    await allow(home, entry, factory_password=True)
    assert "control_password" not in entry.data
    assert WORD not in caplog.text


async def test_a_type_that_is_only_read_has_no_such_form(home: Home) -> None:
    entry = await added(home, "RECORDED", name=None, vector="lithionics:no_modules")
    assert (await home.options(entry, "switching"))["step_id"] == "init"


async def test_a_battery_that_is_switched_off_here_can_be_set_as_well(
    home: Home,
) -> None:
    entry = await added(home)
    await home.clock.wait(home.hass.config_entries.async_unload(entry.entry_id))
    done = await allow(home, entry)
    assert done["type"] == "create_entry"
    assert entry.options["allow_switching"] is True


async def test_only_administrators_allow_it(
    home: Home,
    hass_client: ClientSessionGenerator,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """A form that an administrator has open is not answered by others, either."""
    assert await async_setup_component(home.hass, "config", {})
    entry = await added(home)
    path = "/api/config/config_entries/options/flow"
    form = await home.options(entry, "switching")
    for kind in GROUPS.keys() - {"administrator"}:
        _, token = await person(home.hass, kind)
        browser = await hass_client(token)
        asked = await browser.post(path, json={"handler": entry.entry_id})
        assert asked.status == 401
        given = await browser.post(f"{path}/{form['flow_id']}", json=USUAL)
        assert given.status == 401
        socket = await hass_ws_client(home.hass, token)
        await socket.send_json_auto_id(
            {"type": "config_entries/update", "entry_id": entry.entry_id, "title": "x"}
        )
        assert not (await socket.receive_json())["success"]
    assert not entry.options
    device = home.air.devices[ADDRESS]
    assert home.entity_id(device, "allow_commands") is None
    await answer(
        home, form, {key: one for key, one in USUAL.items() if key in fields(form)}
    )
    assert entry.options["allow_switching"] is True
