"""Who may do what: each action over the websocket, as guest, as user, as administrator, and without any."""

import asyncio
from collections.abc import Mapping
import json
from typing import Any

import pytest
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    WebSocketGenerator,
)

from custom_components.mi_bms.actions.table import ACTIONS, Who
from custom_components.mi_bms.const import DOMAIN
from homeassistant.core import Context, SupportsResponse
from homeassistant.exceptions import ServiceValidationError, Unauthorized, UnknownUser
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from tests.world.devices import KINDS

from ..box import ADDRESS as BOX, Box
from ..home import Home
from ..people import GROUPS, limit, person
from ..secrets import Secrets

KEY = "5b0500112233445566778899aabbcc01"
SENSOR = "A4:C1:38:7E:05:5B"
PACK = "A5:C2:37:7E:19:D4"
PIN = "pw7593"

UUIDS = {"address": BOX, "characteristic": "2a19"}
DATA: Mapping[str, Mapping[str, Any]] = {
    "read_sensor": {"device_id": SENSOR},
    "set_clock": {"device_id": SENSOR},
    "read_history": {"device_id": SENSOR},
    "record": {"device_id": SENSOR, "minutes": 0.1},
    "export_keys": {"confirm": True},
    "explore": {"address": BOX},
    "read": UUIDS,
    "write": {"address": BOX, "characteristic": "fff1", "data": "01"},
    "notify": {"address": BOX, "characteristic": "fff2", "seconds": 0.1},
    "talk": {"address": BOX, "steps": [{"do": "read", "characteristic": "2a19"}]},
    "listen": {"minutes": 0.1},
    "set_reading": {"device_id": SENSOR, "temperature": 20},
    "switch": {"device_id": PACK, "what": "charge", "state": "off"},
}
MORE: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ("record", {**DATA["record"], "disguise": False}),
    ("record", {**DATA["record"], "disguise": False, "confirm": True}),
    ("export_keys", {}),
    ("refresh", {"device_id": PACK}),
    ("release", {"device_id": [PACK]}),
)
CALLS = tuple((one.name, DATA.get(one.name, {})) for one in ACTIONS) + MORE
ROWS = {one.name: one for one in ACTIONS}


@pytest.fixture
async def house(home: Home) -> Home:
    """Return a house with a sensor that has a key, a battery that has a password, and a strange box."""
    sensor = KINDS["LYWSD03MMC"](address=SENSOR, key=KEY)
    await home.add(sensor)
    battery = KINDS["JBD"](address=PACK, name="Boat", password=PIN, handshake="short")
    form = await home.answer(await home.discover(battery), {})
    assert (await home.answer(form, {"password": PIN}))["type"] == "create_entry"
    box = Box()
    home.air.add(box)
    home.shout(box)
    await home.listen(sensor, 2)
    await home.clock.run(5)
    return home


def filled(home: Home, data: Mapping[str, Any]) -> dict[str, Any]:
    """Put ids of devices in the place of their addresses."""
    ids = {
        identifier: device.id
        for device in dr.async_get(home.hass).devices
        for domain, identifier in device.identifiers
        if domain == DOMAIN
    }
    named = data.get("device_id")
    if named is None:
        return dict(data)
    one = isinstance(named, str)
    return {**data, "device_id": ids[named] if one else [ids[each] for each in named]}


async def call(home: Home, socket: Any, name: str, data: Mapping[str, Any]) -> Any:
    """Call an action over the websocket and give the answer."""
    wants = ROWS[name].response is not SupportsResponse.NONE

    async def asked() -> Any:
        await socket.send_json_auto_id(
            {
                "type": "call_service",
                "domain": DOMAIN,
                "service": name,
                "service_data": filled(home, data),
                "return_response": wants,
            }
        )
        return await socket.receive_json()

    return await home.clock.wait(asked(), 300)


def refused(answer: Any) -> bool:
    """Tell a refusal; Home Assistant gives those of actions no code of their own."""
    return not answer["success"] and answer["error"]["message"] == "Unauthorized"


def tells_keys(name: str, data: Mapping[str, Any]) -> bool:
    return ROWS[name].tells_keys({"disguise": True, **data})


async def test_a_guest_may_call_nothing(
    house: Home, hass_ws_client: WebSocketGenerator, capsys: pytest.CaptureFixture[str]
) -> None:
    _, token = await person(house.hass, "guest")
    socket = await hass_ws_client(house.hass, token)
    secrets = Secrets()
    secrets.add(KEY, PIN, SENSOR, PACK, BOX)
    count = 0
    for name, data in CALLS:
        answer = await call(house, socket, name, data)
        count += refused(answer)
        secrets.look(name, answer)
    with capsys.disabled():
        print(f"\nactions as guest refused {count} of {len(CALLS)}")  # noqa: T201
    assert count == len(CALLS)
    secrets.tell(capsys, "guest")


async def test_a_user_may_do_what_the_table_says(
    house: Home, hass_ws_client: WebSocketGenerator, capsys: pytest.CaptureFixture[str]
) -> None:
    _, token = await person(house.hass, "user")
    socket = await hass_ws_client(house.hass, token)
    secrets = Secrets()
    secrets.add(KEY, PIN)
    for name, data in CALLS:
        answer = await call(house, socket, name, data)
        assert refused(answer) is (ROWS[name].who is not Who.USERS), (name, answer)
        secrets.look(name, answer)
    secrets.tell(capsys, "user")


async def test_an_administrator_may_do_all_but_confirms_what_tells_keys(
    house: Home, hass_ws_client: WebSocketGenerator, capsys: pytest.CaptureFixture[str]
) -> None:
    _, token = await person(house.hass, "administrator")
    socket = await hass_ws_client(house.hass, token)
    secrets = Secrets()
    secrets.add(KEY, PIN)
    for name, data in CALLS:
        answer = await call(house, socket, name, data)
        assert not refused(answer), name
        if not tells_keys(name, data):
            secrets.look(name, answer)
        elif not data.get("confirm"):
            assert answer["error"]["translation_key"] == "export_not_confirmed"
        elif name == "export_keys":
            assert KEY in json.dumps(answer)
    secrets.tell(capsys, "administrator")


async def test_an_automation_may_do_all_that_tells_no_key(house: Home) -> None:
    for name, data in CALLS:
        work = house.hass.services.async_call(
            DOMAIN,
            name,
            filled(house, data),
            blocking=True,
            return_response=ROWS[name].response is not SupportsResponse.NONE,
        )
        if tells_keys(name, data):
            with pytest.raises(Unauthorized):
                await work
            continue
        (result,) = await house.clock.wait(
            asyncio.gather(work, return_exceptions=True), 300
        )
        assert not isinstance(result, Unauthorized), name


async def test_a_user_who_is_gone_may_call_nothing(house: Home) -> None:
    with pytest.raises(UnknownUser):
        await house.hass.services.async_call(
            DOMAIN, "refresh", {}, blocking=True, context=Context(user_id="gone")
        )


async def test_a_user_controls_only_what_his_policy_says(house: Home) -> None:
    """All entities of the device that is meant; without one all batteries are."""
    user, _ = await person(house.hass, "user")
    pack = filled(house, {"device_id": [PACK]})["device_id"][0]
    sensor = filled(house, {"device_id": SENSOR})["device_id"]

    async def refresh(**data: Any) -> None:
        await house.clock.wait(
            house.hass.services.async_call(
                DOMAIN,
                "refresh",
                data,
                blocking=True,
                context=Context(user_id=user.id),
            )
        )

    limit(house.hass, user, {"device_ids": {pack: {"read": True, "control": True}}})
    await refresh(device_id=[pack])
    for data in ({}, {"device_id": [sensor]}, {"device_id": [pack, sensor]}):
        with pytest.raises(Unauthorized):
            await refresh(**data)
    with pytest.raises(Unauthorized):
        await refresh(device_id=["nothing"])
    limit(house.hass, user, {"domains": {"sensor": {"control": True}}})
    with pytest.raises(Unauthorized):
        await refresh(device_id=[pack])
    limit(house.hass, user, {"all": {"read": True, "control": True}})
    await refresh()
    with pytest.raises(ServiceValidationError):
        await refresh(device_id=["nothing"])


async def test_other_doors_are_shut_for_guests_and_users(
    house: Home,
    hass_client: ClientSessionGenerator,
    hass_ws_client: WebSocketGenerator,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Flows, diagnostics, repairs and the events of adverts; what is open holds no secret."""
    hass = house.hass
    for component in ("config", "diagnostics", "persistent_notification", "repairs"):
        assert await async_setup_component(hass, component, {})
    secrets = Secrets()
    secrets.add(KEY, PIN)
    entries = hass.config_entries.async_entries(DOMAIN)
    for kind in GROUPS:
        if kind == "administrator":
            continue
        _, token = await person(hass, kind)
        browser = await hass_client(token)
        for entry in entries:
            where = f"/api/diagnostics/config_entry/{entry.entry_id}"
            assert (await browser.get(where)).status == 401
            options = "/api/config/config_entries/options/flow"
            asked = await browser.post(options, json={"handler": entry.entry_id})
            assert asked.status == 401
        flow = "/api/config/config_entries/flow"
        asked = await browser.post(flow, json={"handler": DOMAIN})
        assert asked.status == 401
        asked = await browser.post("/api/repairs/issues/fix", json={})
        assert asked.status == 401
        assert (await browser.get("/api/mi_bms/export/ticket")).status == 401
        socket = await hass_ws_client(hass, token)
        for request in (
            {"type": "subscribe_events", "event_type": "mi_bms_advert"},
            {"type": "config_entries/flow/progress"},
            {"type": "bluetooth/subscribe_advertisements"},
        ):
            await socket.send_json_auto_id(request)
            assert refused(await socket.receive_json()), request
        for request in (
            {"type": "config_entries/get"},
            {"type": "config/device_registry/list"},
            {"type": "config/entity_registry/list"},
            {"type": "get_states"},
            {"type": "repairs/list_issues"},
            {"type": "persistent_notification/get"},
        ):
            await socket.send_json_auto_id(request)
            answer = await socket.receive_json()
            assert answer["success"], request
            secrets.look(request["type"], answer)
    secrets.tell(capsys, "other doors")
