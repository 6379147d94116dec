"""Who may move, what others have on the same device, and texts that mean harm: as a stranger tries them."""

import json
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    WebSocketGenerator,
)

from homeassistant.components import automation
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import Event, EventStateChangedData
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    issue_registry as ir,
)
from homeassistant.setup import async_setup_component
from tests.ha.home import Home
from tests.ha.people import person

from .moving import (
    ADDRESS,
    OTHER,
    Old,
    Peers,
    back,
    content,
    device,
    differ,
    image,
    listed,
    move,
    offer,
    ours,
    preview,
    row,
    rows,
    settled,
    tick,
)
from .moving_there import HUMIDITY, TEMPERATURE, peers

__all__ = ["peers"]  # a fixture

FLOWS = "/api/config/config_entries/flow"
HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "![x](http://evil.example/a.png) [y](javascript:alert(1))",
    "{name} {peer} {0} %s {{ states('sensor.x') }}",
    "**bold** `code` # title\n- four\n\n---",
    "\U0001f480" * 60,
    "ä" * 255,
    "x\u202egnp.exe\u200b",
    "a\n```\n<img src=x onerror=alert(1)>\n```",
)


def climate(address: str = ADDRESS) -> Any:
    return device(address, temperature=20.5, humidity=51.0)


async def there(peers: Peers, address: str = ADDRESS, title: str = "There") -> Any:
    return await peers.bthome(
        address,
        [
            Old("temperature", 20.5, "°C", "temperature"),
            Old("humidity", 51.0, "%", "humidity"),
        ],
        title,
    )


# --- who may


@pytest.mark.parametrize("kind", ["guest", "user", "nobody"])
async def test_only_administrators_can_answer_a_move(
    home: Home,
    peers: Peers,
    hass_client_no_auth: ClientSessionGenerator,
    socket_enabled: None,
    kind: str,
) -> None:
    assert await async_setup_component(home.hass, "config", {})
    await there(peers)
    form = await preview(home, await offer(home, climate()))
    before = image(home.hass)
    client = await home.clock.wait(hass_client_no_auth())
    headers = {}
    if kind != "nobody":
        headers = {"Authorization": f"Bearer {(await person(home.hass, kind))[1]}"}
    url = f"{FLOWS}/{form['flow_id']}"
    for ask in (
        client.post(url, json={}, headers=headers),
        client.get(url, headers=headers),
        client.post(
            FLOWS,
            json={"handler": "mi_bms", "show_advanced_options": True},
            headers=headers,
        ),
    ):
        answer = await home.clock.wait(ask)
        assert answer.status == 401, answer
    assert not differ(before, image(home.hass))
    assert home.flows(ADDRESS)


@pytest.mark.parametrize("kind", ["guest", "user"])
async def test_no_command_of_the_websocket_tells_others_of_a_move(
    home: Home,
    peers: Peers,
    hass_ws_client: WebSocketGenerator,
    socket_enabled: None,
    kind: str,
) -> None:
    assert await async_setup_component(home.hass, "config", {})
    await there(peers)
    await move(home, climate())
    _user, token = await person(home.hass, kind)
    client = await home.clock.wait(hass_ws_client(home.hass, token))
    names = [one for one in home.hass.data["websocket_api"] if "mi_bms" in one]
    names += ["config_entries/flow/progress", "repairs/list_issues"]
    told = ""
    for name in names:
        await client.send_json_auto_id({"type": name})
        answer = await home.clock.wait(client.receive_json())
        if answer.get("success"):
            told += json.dumps(answer)
    assert "There" not in told
    assert "bthome" not in told.lower() or "takeover" not in told.lower()


# --- who else has something there


async def test_a_device_of_a_third_integration_and_its_entities_stay(
    home: Home, peers: Peers
) -> None:
    await there(peers)
    third = MockConfigEntry(domain="third", title="Third")
    third.add_to_hass(home.hass)
    connection = {("bluetooth", ADDRESS)}
    tracked = dr.async_get(home.hass).async_get_or_create(
        config_entry_id=third.entry_id, connections=connection, name="Tracked"
    )
    tracker = er.async_get(home.hass).async_get_or_create(
        "device_tracker", "third", ADDRESS, config_entry=third, device_id=tracked.id
    )
    before = image(home.hass)
    kept = {one: before[one] for one in (tracked.id, tracker.id)}
    await move(home, climate())
    assert not differ(kept, image(home.hass))
    await settled(home)
    await content(home)
    await home.clock.run(60)
    assert not differ(kept, image(home.hass))


async def test_a_helper_on_the_device_stays_there_through_all(
    home: Home, peers: Peers
) -> None:
    await there(peers)
    helper = MockConfigEntry(domain="derivative", title="Rise")
    helper.add_to_hass(home.hass)
    placed = row(home.hass, TEMPERATURE).device_id
    one = er.async_get(home.hass).async_get_or_create(
        "sensor", "derivative", "rise", config_entry=helper, device_id=placed
    )
    before = {one.id: image(home.hass)[one.id]}
    await move(home, climate())
    assert not differ(before, image(home.hass))
    assert row(home.hass, TEMPERATURE).device_id == placed
    await settled(home)
    await back(home)
    await home.clock.run(60)
    assert not differ(before, image(home.hass))
    await move(home, climate())
    await settled(home)
    await content(home)
    await home.clock.run(60)
    assert not differ(before, image(home.hass))
    assert row(home.hass, TEMPERATURE).device_id == placed


async def test_content_removes_that_entry_and_ignores_that_address_only(
    home: Home, peers: Peers
) -> None:
    entry = await there(peers)
    other = await there(peers, OTHER, "Elsewhere")
    unlike = await peers.bthome(
        "54:48:E6:00:01:0A", [Old("temperature", 1, "°C")], "Third", "qingping"
    )
    kept = {one: image(home.hass)[one] for one in rows(home.hass, other)}
    kept |= {one: image(home.hass)[one] for one in rows(home.hass, unlike)}
    await move(home, climate())
    await settled(home)
    await content(home)
    await home.clock.run(60)
    assert home.hass.config_entries.async_get_entry(entry.entry_id) is None
    left = {
        (one.domain, one.unique_id, one.source)
        for one in home.hass.config_entries.async_entries()
        if one.domain in {"bthome", "qingping"}
    }
    assert left == {
        ("bthome", ADDRESS, "ignore"),
        ("bthome", OTHER, "user"),
        ("qingping", "54:48:E6:00:01:0A", "user"),
    }
    assert not differ(kept, image(home.hass))
    assert {other.state, unlike.state} == {ConfigEntryState.LOADED}


# --- what uses the entities


async def test_what_names_the_entities_goes_on_and_is_never_long_without_value(
    home: Home, peers: Peers
) -> None:
    entry = await there(peers)
    rule = {
        "id": "warm",
        "alias": "Warm",
        "triggers": {"trigger": "state", "entity_id": TEMPERATURE, "to": "30.0"},
        "actions": {"event": "it_is_warm"},
    }
    assert await home.clock.wait(
        async_setup_component(home.hass, "automation", {"automation": [rule]})
    )
    fired: list[Event[Any]] = []
    home.hass.bus.async_listen("it_is_warm", fired.append)
    holes: list[tuple[str, float]] = []

    def seen(event: Event[EventStateChangedData]) -> None:
        if event.data["entity_id"] in {TEMPERATURE, HUMIDITY}:
            new = event.data["new_state"]
            holes.append((new.state if new else "gone", home.clock.time))

    home.hass.bus.async_listen("state_changed", seen)
    beacon = climate()
    await move(home, beacon)
    beacon.quantities.put("temperature", 30.0)
    await home.listen(beacon, 3)
    assert len(fired) == 1
    await settled(home)
    beacon.quantities.put("temperature", 20.5)
    await home.listen(beacon, 3)
    await back(home)
    await peers.say(entry, "temperature", 30.0)
    assert len(fired) == 2
    assert automation.automations_with_entity(home.hass, TEMPERATURE)
    empty = None
    for state, at in holes:
        if state in {"gone", "unavailable", "unknown"}:
            empty = at if empty is None else empty
        elif empty is not None:
            assert at - empty < 2
            empty = None
    assert empty is None


async def test_no_repair_is_left_after_a_move_and_after_the_way_back(
    home: Home, peers: Peers
) -> None:
    await there(peers)
    await move(home, climate())
    await settled(home)
    assert not ir.async_get(home.hass).issues
    await back(home)
    await home.clock.run(60)
    assert not ir.async_get(home.hass).issues


# --- texts that mean harm


def plain(text: str) -> None:
    """Fail for what would be more than words in a form; what stands in a block of code is only shown."""
    pieces = text.split("```")
    assert len(pieces) % 2 == 1, text
    words = "".join(pieces[::2])
    for bad in ("<img", "](http", "](javascript", "`code`", "**bold**", "\n# ", "{{"):
        assert bad not in words
    assert "\u202e" not in words
    assert len(text) < 6000


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_texts_stay_as_they_are_and_do_no_harm_in_forms(
    home: Home, peers: Peers, text: str
) -> None:
    entry = await there(peers, title=text)
    (found,) = {one.device_id for one in rows(home.hass, entry).values()}
    area = ar.async_get(home.hass).async_create(text).id
    assert found
    dr.async_get(home.hass).async_update_device(found, area_id=area)
    registry = er.async_get(home.hass)
    for one in list(rows(home.hass, entry).values()):
        registry.async_update_entity(one.entity_id, name=text, aliases=[text])
    rule = {
        "id": text,
        "alias": text,
        "triggers": {"trigger": "device", "device_id": found, "domain": "bthome",
                     "type": "button", "subtype": text},
        "actions": {"event": "x"},
    }  # fmt: skip
    await home.clock.wait(
        async_setup_component(home.hass, "automation", {"automation": [rule]})
    )
    before = image(home.hass)
    beacon = climate()
    first = await offer(home, beacon)
    shown = await preview(home, first)
    house = await tick(home, await listed(home))
    for form in (first, shown, house):
        for value in (form["description_placeholders"] or {}).values():
            plain(str(value))
    home.hass.config_entries.flow.async_abort(house["flow_id"])
    done = await home.answer(shown, {})
    for value in done["description_placeholders"].values():
        plain(value)
    await settled(home)
    for one in rows(home.hass, ours(home.hass)).values():
        if one.id in before:
            assert one.name == text
    for issue in ir.async_get(home.hass).issues.values():
        for value in (issue.translation_placeholders or {}).values():
            if issue.domain == "mi_bms":
                plain(value)
    back_form = await home.choose(await home.reconfigure(ours(home.hass)), "give_back")
    for value in back_form["description_placeholders"].values():
        plain(value)
    await home.answer(back_form, {})
    await home.clock.run(60)
    assert not differ(before, image(home.hass))
