"""A contact is a door, a window or a garage door, and Home Assistant's own triggers know it as that."""

import pytest
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from tests.world.devices import KINDS
from tests.world.devices.beacon import Beacon

from ..home import Home
from .conftest import Automate

ADDRESS = "E4:AA:EC:00:09:8B"
KINDS_OF_CONTACT = ("door", "window", "garage_door")


def contact() -> Beacon:
    """Make a contact that only the test moves."""
    steps = [
        {"hex": "01", "tells": {"event:contact": "closed"}},
        {"hex": "00", "tells": {"event:contact": "opened"}},
    ]
    return KINDS["MCCGQ02HL"](
        address=ADDRESS,
        key="98" * 16,
        objects=[{"id": 0x1019, "kind": "script", "every": 9e9, "steps": steps}],
    )


async def move(home: Home, device: Beacon, *, opened: bool) -> None:
    device.press("contact", "opened" if opened else "closed")
    await home.listen(device, 3, every=0.1)


async def added(home: Home, kind: str | None = None) -> Beacon:
    """Add a contact that is closed; with a kind, say what it is on."""
    device = contact()
    entry = await home.add(device)
    await move(home, device, opened=False)
    if kind:
        await home.set_options(await home.options(entry), {"contact": kind})
        await home.clock.run(1)
        await move(home, device, opened=False)
    return device


@pytest.mark.parametrize("kind", [None, *KINDS_OF_CONTACT])
async def test_the_triggers_of_home_assistant_fire(
    home: Home, automate: Automate, kind: str | None
) -> None:
    device = await added(home, kind)
    domain = (
        kind or "door"
    )  # a door and window sensor is on a door unless somebody says so
    target = {"entity_id": home.entity_id(device, "opening")}
    calls = await automate(
        {"trigger": f"{domain}.opened", "target": target},
        {"condition": f"{domain}.is_open", "target": target},
    )
    await move(home, device, opened=True)
    assert len(calls) == 1
    await move(home, device, opened=True)
    await move(home, device, opened=False)
    assert len(calls) == 1
    await move(home, device, opened=True)
    assert len(calls) == 2


async def test_the_automation_editor_offers_what_the_user_says(
    home: Home, hass_ws_client: WebSocketGenerator
) -> None:
    for domain in KINDS_OF_CONTACT:
        assert await async_setup_component(home.hass, domain, {})
    device = await added(home)
    (entry,) = home.hass.config_entries.async_entries("mi_bms")
    client = await hass_ws_client(home.hass)
    for kind in ("by_name", "window", "garage_door", "opening", "door"):
        await home.set_options(await home.options(entry), {"contact": kind})
        await home.clock.run(1)
        target = {"entity_id": [home.entity_id(device, "opening")]}
        wanted = "door" if kind == "by_name" else kind
        for what, words in (
            ("triggers", ("opened", "closed")),
            ("conditions", ("is_open", "is_closed")),
        ):
            await client.send_json_auto_id(
                {"type": f"get_{what}_for_target", "target": target}
            )
            answer = await home.clock.wait(client.receive_json())
            offered = {
                one
                for one in answer["result"]
                if one.partition(".")[0] in KINDS_OF_CONTACT
            }
            expected = (
                set() if kind == "opening" else {f"{wanted}.{one}" for one in words}
            )
            assert offered == expected


async def test_a_contact_is_called_by_what_it_is_on(home: Home) -> None:
    device = await added(home, "window")
    entity_id = home.entity_id(device, "opening")
    assert entity_id
    row = er.async_get(home.hass).async_get(entity_id)
    assert row
    assert (row.original_name, row.original_device_class) == ("Window", "window")
    # The value was not lost with the change.
    assert home.value(device, "opening") == "off"


async def test_a_contact_of_another_maker_is_an_opening_unless_somebody_says_so(
    home: Home,
) -> None:
    """A format that tells openings, from a product that nobody has a name for."""
    opening = {"id": 0x11, "kind": "u8", "field": "opening", "start": 1, "frame": "all"}
    device = KINDS["BTHOME_OBJECTS"](address="54:48:E6:00:00:11", objects=[opening])
    await home.add(device)
    await home.listen(device, 3)
    entity_id = home.entity_id(device, "opening")
    assert entity_id
    row = er.async_get(home.hass).async_get(entity_id)
    assert row
    assert row.original_device_class == "opening"
