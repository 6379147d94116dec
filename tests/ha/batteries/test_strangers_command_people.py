"""Guests, other devices and nonsense: who must not command, and what is no command."""

import contextlib
import math
from typing import Any

from probatio import Invalid
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.mi_bms.const import DOMAIN
from homeassistant.core import Context
from homeassistant.exceptions import (
    HomeAssistantError,
    ServiceValidationError,
    Unauthorized,
)
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from tests.world.devices import KINDS

from ..home import Home
from ..people import limit, person
from .command_boards import Jbd
from .command_boards_more import Daly
from .command_house import STOPPED, Owner, owned


async def test_a_guest_neither_arms_nor_commands(home: Home) -> None:
    owner = await owned(home, Daly())
    guest, _ = await person(home.hass, "guest")
    context = Context(user_id=guest.id)
    with pytest.raises(Unauthorized):
        await owner.order("charge", "off", context=context)
    for key in ("charging_allowed", "allow_commands"):
        with pytest.raises(Unauthorized):
            await owner.turn(key, on=False, context=context)
    assert owner.shown("allow_commands") == "on"
    assert not owner.board.orders


async def test_who_may_not_control_the_battery_does_not_command_it(home: Home) -> None:
    owner = await owned(home, Daly())
    user, _ = await person(home.hass, "user")
    context = Context(user_id=user.id)
    limit(home.hass, user, {"entity_ids": {"light.kitchen": True}})
    with pytest.raises(Unauthorized):
        await owner.order("charge", "off", context=context)
    limit(home.hass, user, {"all": {"read": True}})
    with pytest.raises(Unauthorized):
        await owner.order("charge", "off", context=context)
    # The sensor of it alone is not the battery.
    sensor = home.entity_id(owner.board, "voltage")
    limit(home.hass, user, {"entity_ids": {str(sensor): {"read": True}}})
    with pytest.raises(Unauthorized):
        await owner.order("charge", "off", context=context)
    assert not owner.board.orders


async def test_a_user_who_may_is_not_asked_for_more(home: Home) -> None:
    owner = await owned(home, Daly())
    user, _ = await person(home.hass, "user")
    told = await owner.order("charge", "off", context=Context(user_id=user.id))
    assert told["outcome"] == "confirmed"


async def test_somebody_who_does_not_exist_commands_nothing(home: Home) -> None:
    owner = await owned(home, Daly())
    with pytest.raises(HomeAssistantError):
        await owner.order("charge", "off", context=Context(user_id="nobody"))
    assert not owner.board.orders


@pytest.mark.parametrize("kind", ["guest", "user"])
async def test_the_option_is_for_administrators(
    home: Home, hass_ws_client: WebSocketGenerator, hass_client_no_auth: Any, kind: str
) -> None:
    await async_setup_component(home.hass, "config", {})
    entry = await home.add(Daly())
    _, token = await person(home.hass, kind)
    client = await hass_client_no_auth()
    got = await home.clock.wait(
        client.post(
            "/api/config/config_entries/options/flow",
            json={"handler": entry.entry_id},
            headers={"Authorization": f"Bearer {token}"},
        )
    )
    assert got.status in {401, 403}
    assert not entry.options


async def test_the_websocket_is_no_side_door_for_a_guest(
    home: Home, hass_ws_client: WebSocketGenerator
) -> None:
    owner = await owned(home, Daly())
    _, token = await person(home.hass, "guest")
    socket = await home.clock.wait(hass_ws_client(home.hass, token))
    data = {"device_id": owner.device, "what": "charge", "state": "off"}
    calls: list[dict[str, Any]] = [
        {"domain": DOMAIN, "service": "switch", "service_data": data},
        {
            "domain": "switch",
            "service": "turn_off",
            "target": {"device_id": owner.device},
        },
        {
            "domain": "homeassistant",
            "service": "toggle",
            "service_data": {"entity_id": owner.entity("charging_allowed")},
        },
    ]
    for call in calls:
        answer = await home.clock.wait(
            _asked(socket, {"type": "call_service", "return_response": False, **call})
        )
        assert answer["success"] is False, call
    assert not owner.board.orders


async def _asked(socket: Any, message: dict[str, Any]) -> dict[str, Any]:
    await socket.send_json_auto_id(message)
    answer: dict[str, Any] = await socket.receive_json()
    return answer


# --- other devices and nonsense --------------------------------------------------------------


async def test_a_device_of_another_integration_is_no_battery(home: Home) -> None:
    owner = await owned(home, Daly())
    other = MockConfigEntry(domain="bms_ble", unique_id=owner.board.address)
    other.add_to_hass(home.hass)
    foreign = dr.async_get(home.hass).async_get_or_create(
        config_entry_id=other.entry_id,
        identifiers={("bms_ble", "x")},
        connections={(dr.CONNECTION_BLUETOOTH, "AA:AA:AA:AA:AA:AA")},
    )
    told = await owner.refused("charge", "off", device_id=foreign.id)
    assert told == "not_a_battery"
    assert not owner.board.orders


async def test_a_thermometer_is_no_battery(home: Home) -> None:
    owner = await owned(home, Daly())
    thermometer = KINDS["LYWSD03MMC"](address="A4:C1:38:00:77:41", key="11" * 16)
    entry = await home.add(thermometer)
    await home.listen(thermometer, 3)
    sensor = Owner(home, thermometer, entry)
    told = await owner.refused("charge", "off", device_id=sensor.device)
    assert told in {"not_a_battery", "not_a_sensor"}
    assert not owner.board.orders


async def test_a_battery_whose_entry_is_unloaded_is_no_battery(home: Home) -> None:
    owner = await owned(home, Daly())
    wanted = owner.entry.entry_id
    await home.clock.wait(home.hass.config_entries.async_unload(wanted))
    assert await owner.refused("charge", "off") == "not_a_battery"
    assert not owner.board.orders


NONSENSE: list[dict[str, Any]] = [
    *({"minutes": one} for one in (0, -1, 0.4, 10081, 1e300, math.nan, math.inf)),
    *({"minutes": one} for one in ("soon", "nan", "", [5], {"minutes": 5})),
    *({"state": one} for one in ("maybe", "", None, ["on"], {"state": "on"})),
    *({"what": one} for one in ("engine", "", None, 5, ["charge", "discharge"])),
    *({"what": one} for one in ("CHARGE", "charge ", "charge\0", "réservé")),
    *({"force": one} for one in ("perhaps", [], None)),
    *({"device_id": one} for one in ("", "nothing", [], None, 5, {}, "../../x")),
    {"password": "x"},
    {"entity_id": "switch.x"},
]


async def test_nonsense_is_an_error_with_words_and_never_a_write(home: Home) -> None:
    owner = await owned(home, Daly())
    for one in NONSENSE:
        given = {"what": "charge", "state": "off"} | one
        # Home Assistant's own words for data that is none, or a sentence of ours.
        with pytest.raises((Invalid, ServiceValidationError)) as caught:
            await owner.order(**given)
        assert "Traceback" not in str(caught.value)
    assert not owner.board.orders


async def test_one_battery_twice_is_never_two_orders(home: Home) -> None:
    owner = await owned(home, Daly())
    with contextlib.suppress(Invalid, ServiceValidationError):
        await owner.order("charge", "off", device_id=[owner.device, owner.device])
    assert len(owner.board.orders) <= 1


@pytest.mark.parametrize("what", ["heater", "balancer", "alarm"])
async def test_what_the_type_does_not_know_is_refused(home: Home, what: str) -> None:
    owner = await owned(home, Jbd())
    assert await owner.refused(what, "off") == "switch_not_offered"
    assert not owner.board.orders


async def test_an_experimental_one_needs_its_own_yes(home: Home) -> None:
    board = Daly()
    owner = await owned(home, board)
    assert await owner.refused("balancer", "off") == "switch_not_offered"
    form = await home.options(owner.entry, "switching")
    asked = await home.set_options(
        form, {"allow_switching": True, "experimental": True}
    )
    assert asked["step_id"] == "experimental"
    again = await home.set_options(asked, {"understood": False})
    assert again["errors"]
    assert not owner.entry.options.get("experimental")
    assert await owner.refused("balancer", "off") == "switch_not_offered"
    assert not board.orders


async def test_a_load_that_flows_is_not_cut_without_force(home: Home) -> None:
    owner = await owned(home, Daly())
    owner.board.amps = -20.1
    assert await owner.refused("discharge", "off") == "switch_load_flows"
    assert not owner.board.orders
    await owner.clock.run(STOPPED)
    told = await owner.order("discharge", "off", force=True)
    assert told["outcome"] == "confirmed" and told["returns_at"]


async def test_charging_below_freezing_is_refused_also_with_force(home: Home) -> None:
    board = Daly()
    board.locked, board.celsius = {"charge"}, -1
    owner = await owned(home, board)
    assert await owner.refused("charge", "on") == "switch_too_cold"
    await owner.clock.run(STOPPED)
    assert await owner.refused("charge", "on", force=True) == "switch_too_cold"
    assert not owner.board.orders
