"""What switches a battery: its entities and its action, from allowing to the sentence of each refusal."""

from collections.abc import Callable
from typing import Any

import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.mi_bms.const import CONF_CONTROL_PASSWORD
from homeassistant.components.diagnostics import REDACTED
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.util import dt as dt_util
from tests.world.devices import KINDS

from ..home import Home
from ..test_diagnostics import diagnosed
from .allowing import allow, arm, command, turn
from .test_batteries import ADDRESS, added, still

RIGHT, WRONG = "ab12cd34ef56", "wr0ngpw"
SWITCHES = ("allow_commands", "charging_allowed", "discharging_allowed")


def there(home: Home, device: Any) -> set[str]:
    """Return which entities for switching there are."""
    wanted = {*SWITCHES, "balancer_allowed", "heater_allowed", "clear_alarm"}
    return {one for one in wanted if home.entity_id(device, one)}


async def ready(home: Home, device: Any, **more: Any) -> Any:
    """Add a battery, allow it to be switched, and allow commands."""
    entry = await added(home, device)
    await allow(home, entry, **more)
    await arm(home, device)
    return entry


async def refused(home: Home, device: Any, name: str, state: str) -> str:
    """Turn a switch that is refused and return the sentence."""
    before = home.value(device, name)
    with pytest.raises(ServiceValidationError) as told:
        await turn(home, device, name, state)
    assert home.value(device, name) == before
    return str(told.value)


async def test_there_is_nothing_until_it_is_allowed(home: Home) -> None:
    device = still()
    entry = await added(home, device)
    assert not there(home, device)
    await allow(home, entry)
    assert there(home, device) == {*SWITCHES}
    assert home.value(device, "allow_commands") == "off"
    assert home.value(device, "charging_allowed") == "on"
    await allow(home, entry, experimental=True)
    assert there(home, device) == {*SWITCHES, "clear_alarm"}
    await allow(home, entry, allow_switching=False)
    assert not there(home, device)
    await home.clock.wait(home.hass.config_entries.async_reload(entry.entry_id))
    assert not there(home, device)


async def test_what_comes_back_is_called_as_before(home: Home) -> None:
    device = still()
    entry = await added(home, device)
    await allow(home, entry)
    registry = er.async_get(home.hass)
    entity_id = home.entity_id(device, "charging_allowed")
    assert entity_id
    registry.async_update_entity(
        entity_id, new_entity_id="switch.charger_of_the_boat", name="Charger"
    )
    await home.clock.settle()
    await allow(home, entry, allow_switching=False)
    assert registry.async_get("switch.charger_of_the_boat") is None
    await allow(home, entry)
    again = registry.async_get("switch.charger_of_the_boat")
    assert again
    assert again.name == "Charger"
    assert home.value(device, "charging_allowed") == "on"


async def test_options_that_were_changed_while_it_was_off_count(home: Home) -> None:
    device = still()
    entry = await added(home, device)
    await allow(home, entry)
    entries = home.hass.config_entries
    await home.clock.wait(entries.async_unload(entry.entry_id))
    entries.async_update_entry(entry, options={})
    await home.clock.wait(entries.async_setup(entry.entry_id))
    assert not there(home, device)


async def test_commands_are_allowed_for_minutes(home: Home) -> None:
    device = still()
    entry = await ready(home, device, arm_minutes=2)
    state = home.state(device, "allow_commands")
    assert state.state == "on"
    left = (state.attributes["until"] - dt_util.utcnow()).total_seconds()
    assert 100 < left <= 120
    await home.clock.run(125)
    assert home.value(device, "allow_commands") == "off"
    assert home.state(device, "allow_commands").attributes["until"] is None
    await arm(home, device)
    await home.clock.wait(home.hass.config_entries.async_reload(entry.entry_id))
    await home.clock.run(3)
    assert home.value(device, "allow_commands") == "off"
    await arm(home, device)
    await turn(home, device, "allow_commands", "off")
    assert "“Allow commands”" in await refused(home, device, "charging_allowed", "off")


async def test_a_switch_acts_and_shows_what_the_battery_says(home: Home) -> None:
    device = still()
    await ready(home, device)
    await turn(home, device, "charging_allowed", "off")
    assert device.pack.locked == {"charge"}
    state = home.state(device, "charging_allowed")
    assert state.state == "off"
    assert state.attributes["conducts"] is False
    assert state.attributes["held_by"] == []
    assert state.attributes["returns_at"] is None
    await home.clock.run(6)
    await turn(home, device, "charging_allowed", "on")
    assert not device.pack.locked
    assert home.value(device, "charging_allowed") == "on"


async def test_discharging_comes_back_by_itself(home: Home) -> None:
    device = still()
    await ready(home, device)
    await turn(home, device, "discharging_allowed", "off")
    assert device.pack.locked == {"discharge"}
    until = home.state(device, "discharging_allowed").attributes["returns_at"]
    assert 3500 < (until - dt_util.utcnow()).total_seconds() <= 3600
    await home.listen(device, 58, every=60)
    assert home.value(device, "discharging_allowed") == "off"
    await home.listen(device, 4, every=60)
    assert not device.pack.locked
    assert home.value(device, "discharging_allowed") == "on"
    assert home.state(device, "discharging_allowed").attributes["returns_at"] is None


async def test_the_device_page_tells_when_it_is_switched_back(home: Home) -> None:
    device = still()
    entry = await ready(home, device)
    assert home.value(device, "switched_back") == "unknown"
    begun = dt_util.utcnow()
    await command(home, device, "charge", "off", minutes=30)
    await home.clock.run(6)
    await command(home, device, "discharge", "off", minutes=5)
    told = home.state(device, "switched_back")
    at = dt_util.parse_datetime(told.state)
    assert at
    assert 300 <= (at - begun).total_seconds() <= 315
    shown = home.state(device, "discharging_allowed")
    await home.listen(device, 6, 20)
    # Readings later it is the same time, and nobody is told of it again.
    assert home.state(device, "switched_back") is told
    assert home.state(device, "discharging_allowed") is shown
    await home.listen(device, 12, 20)
    assert not device.pack.locked & {"discharge"}
    later = dt_util.parse_datetime(home.value(device, "switched_back"))
    assert later
    assert later > at
    await allow(home, entry, allow_switching=False)
    assert home.entity_id(device, "switched_back") is None


async def test_what_a_protection_holds_is_no_error(home: Home) -> None:
    device = still()
    device.pack.switch("discharge", allowed=False)
    await ready(home, device)
    assert home.value(device, "discharging_allowed") == "off"
    device.pack.protections = {"discharge_overtemperature"}
    told = await command(home, device, "discharge", "on")
    assert told["outcome"] == "held"
    assert told["held_by"] == ["discharge_overtemperature"]
    state = home.state(device, "discharging_allowed")
    assert state.state == "on"
    assert state.attributes["conducts"] is False
    assert state.attributes["held_by"] == ["discharge_overtemperature"]


async def test_what_did_not_work_is_told_and_the_switch_shows_the_truth(
    home: Home,
) -> None:
    device = still()
    await ready(home, device)
    device.obedience.manner.idle = True
    with pytest.raises(
        HomeAssistantError, match="did not do it: it says that charging is as it was"
    ):
        await turn(home, device, "charging_allowed", "off")
    assert home.value(device, "charging_allowed") == "on"


async def test_a_battery_that_refuses_is_quoted(home: Home) -> None:
    device = still()
    await ready(home, device)
    device.obedience.manner.refuse = 0x81
    with pytest.raises(
        HomeAssistantError, match="0004 refused the command: it does not allow it"
    ):
        await turn(home, device, "charging_allowed", "off")
    assert home.value(device, "charging_allowed") == "on"


async def test_nobody_knows_what_came_of_it(home: Home) -> None:
    device = still()
    await ready(home, device)
    carry_out = device.obedience.carry_out

    def and_falls_silent(*order: Any) -> list[bytes]:
        carry_out(*order)
        device.answer = lambda _command: []
        return []

    device.obedience.carry_out = and_falls_silent
    with pytest.raises(HomeAssistantError, match="what came of it could not be read"):
        await turn(home, device, "charging_allowed", "off")


def no_load(device: Any) -> None:
    device.pack.current = 0.0


def big_load(device: Any) -> None:
    device.pack.current = -25.0


def cannot_charge(device: Any) -> None:
    device.pack.protections = {"cell_overvoltage"}


def is_cold(device: Any) -> None:
    device.pack.temperature = -4.0


def is_empty(device: Any) -> None:
    device.pack.protections = {"cell_undervoltage"}


REFUSALS: tuple[tuple[Callable[[Any], None], dict[str, Any], str, str, str], ...] = (
    (big_load, {}, "discharging_allowed", "off", "25.0 A flow out of Battery JBD-mine"),
    (cannot_charge, {}, "charging_allowed", "on", "(Cell over-voltage)"),
    (is_cold, {}, "charging_allowed", "on", "charging below 0 °C damages it"),
    (is_empty, {}, "discharging_allowed", "on", "discharged too far (Cell under"),
    (
        no_load,
        {"powers_home": True},
        "discharging_allowed",
        "off",
        "0004 powers Home Assistant",
    ),
)


@pytest.mark.parametrize(("is_so", "options", "name", "state", "sentence"), REFUSALS)
async def test_what_the_battery_says_can_speak_against_it(
    home: Home,
    is_so: Callable[[Any], None],
    options: dict[str, Any],
    name: str,
    state: str,
    sentence: str,
) -> None:
    device = still()
    no_load(device)
    is_so(device)
    await ready(home, device, **options)
    assert sentence in await refused(home, device, name, state)
    assert not device.obedience.ledger


async def test_force_is_for_a_load(home: Home) -> None:
    device = still()
    await ready(home, device, powers_home=True)
    big_load(device)
    with pytest.raises(ServiceValidationError, match="for 30 minutes at most"):
        await command(home, device, "discharge", "off", force=True, minutes=31)
    told = await command(home, device, "discharge", "off", force=True, minutes=30)
    assert told["outcome"] == "confirmed"
    assert told["state"] is False
    assert told["conducts"] is False
    assert told["returns_at"]
    assert device.pack.locked == {"discharge"}


async def test_one_after_the_other(home: Home) -> None:
    device = still()
    await ready(home, device)
    await command(home, device, "charge", "off")
    with pytest.raises(ServiceValidationError, match="Wait five seconds"):
        await command(home, device, "charge", "on")


async def test_a_battery_that_is_left_alone_is_not_switched(home: Home) -> None:
    device = still()
    await ready(home, device)
    target = {"entity_id": home.entity_id(device, "release")}
    call = home.hass.services.async_call("button", "press", target, blocking=True)
    await home.clock.wait(call)
    with pytest.raises(ServiceValidationError, match="is left alone right now"):
        await command(home, device, "charge", "off")


async def test_a_battery_out_of_reach_is_not_switched(home: Home) -> None:
    device = still()
    await ready(home, device)
    home.air.refuse.add(ADDRESS)
    begun = home.clock.time
    with pytest.raises(ServiceValidationError, match="could not be read just before"):
        await command(home, device, "charge", "off")
    assert home.clock.time - begun <= 20
    assert not device.obedience.ledger


async def test_what_cannot_be_known_is_not_written(home: Home) -> None:
    """One word for both: is the other locked, or held by its protection?"""
    device = still(orders="e1")
    device.pack.switch("charge", allowed=False)
    device.pack.protections = {"discharge_overtemperature"}
    await ready(home, device)
    with pytest.raises(
        ServiceValidationError, match="whether discharging was switched"
    ):
        await command(home, device, "charge", "on")
    assert not device.obedience.ledger


async def test_what_a_type_does_not_know_is_refused(home: Home) -> None:
    device = still()
    entry = await added(home, device)
    with pytest.raises(ServiceValidationError, match="An administrator can allow it"):
        await command(home, device, "charge", "off")
    await allow(home, entry)
    await arm(home, device)
    with pytest.raises(ServiceValidationError, match="This cannot be switched in"):
        await command(home, device, "heater", "on")


async def test_alarms_are_cleared_by_a_button(home: Home) -> None:
    device = still()
    device.pack.protections = {"discharge_overcurrent"}
    await ready(home, device, experimental=True)
    target = {"entity_id": home.entity_id(device, "clear_alarm")}
    call = home.hass.services.async_call("button", "press", target, blocking=True)
    await home.clock.wait(call)
    assert [one["wishes"] for one in device.obedience.ledger] == [{"alarm": True}]


async def test_a_sensor_is_no_battery(home: Home) -> None:
    sensor = KINDS["LYWSDCGQ"](address="58:2D:34:00:00:01")
    await home.add(sensor)
    with pytest.raises(ServiceValidationError, match="no battery of this integration"):
        await command(home, sensor, "charge", "off")


def ant(**more: Any) -> Any:
    device: Any = KINDS["ANT"](
        address="A5:C2:37:00:00:0A", name="ANT-BLE16", order_password=RIGHT, **more
    )
    device.pack.step = lambda _seconds: None
    device.mtu = 100  # its password is longer than the smallest notification
    return device


async def ready_ant(home: Home, device: Any, **more: Any) -> Any:
    """Add a battery of a type that looks like another one, and allow commands."""
    entry = await home.add(device, {"family": "ant"})
    await home.clock.run(2)
    await allow(home, entry, **more)
    await arm(home, device)
    return entry


async def test_a_wrong_password_is_told_until_another_is_given(
    home: Home, hass_client: ClientSessionGenerator
) -> None:
    device = ant()
    entry = await ready_ant(home, device, control_password=WRONG)
    for _ in range(3):
        with pytest.raises(ServiceValidationError, match="password"):
            await command(home, device, "charge", "off")
        await home.clock.run(6)
    issues = ir.async_get(home.hass).issues
    key = ("mi_bms", f"control_password_wrong_{entry.entry_id}")
    assert issues[key].translation_placeholders == {"name": entry.title}
    report, text = await diagnosed(home, hass_client, entry)
    assert WRONG not in text
    assert "wrong_password" in text
    assert report["entry"][CONF_CONTROL_PASSWORD] == REDACTED
    await allow(home, entry, control_password=RIGHT)
    assert key not in issues
    await command(home, device, "charge", "off")
    assert device.pack.locked == {"charge"}
