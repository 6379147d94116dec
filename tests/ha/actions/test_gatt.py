"""Actions that connect: explore, read, write, notify, talk."""

from collections.abc import Mapping
import json
from typing import Any

import pytest

from custom_components.mi_bms.const import DOMAIN
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.setup import async_setup_component
from tests.world.devices import KINDS

from ..box import ADDRESS, Box
from ..home import Home

type Json = dict[str, Any]

BASE = "-0000-1000-8000-00805f9b34fb"
PACK = "A4:C1:38:00:0B:D1"


@pytest.fixture
async def box(home: Home) -> Box:
    """Return a box that is heard, in a house with our integration."""
    assert await async_setup_component(home.hass, DOMAIN, {})
    device = Box()
    home.air.add(device)
    home.shout(device)
    await home.clock.settle()
    return device


async def act(home: Home, action: str, **data: Any) -> Json:
    answer = await home.clock.wait(
        home.hass.services.async_call(
            DOMAIN, action, data, blocking=True, return_response=True
        ),
        300,
    )
    assert isinstance(answer, dict)
    # What an action answers has to pass through the websocket.
    plain: Json = json.loads(json.dumps(answer))
    return plain


async def refused(
    home: Home,
    action: str,
    error: type[HomeAssistantError] = HomeAssistantError,
    **data: Any,
) -> tuple[str | None, Mapping[str, str]]:
    with pytest.raises(error) as caught:
        await act(home, action, **data)
    err = caught.value
    assert err.translation_domain == DOMAIN
    fill = err.translation_placeholders or {}
    assert f"(Code {fill['code']})" in str(err)
    return err.translation_key, fill


def steps(*rows: Json) -> Json:
    return {"address": ADDRESS, "steps": list(rows)}


async def test_explore(home: Home, box: Box) -> None:
    answer = await act(home, "explore", address=ADDRESS.lower())
    assert (answer["code"], answer["address"]) == (0, ADDRESS)
    battery, own = answer["services"]
    assert (battery["uuid"], battery["name"]) == (f"0000180f{BASE}", "Battery Service")
    level, maker = battery["characteristics"]
    assert level["name"] == "Battery Level"
    assert level["properties"] == ["notify", "read"]
    assert level["value"] == {"data": "64", "text": "d"}
    assert [one["value"] for one in level["descriptors"]] == [
        {"data": "0000", "text": None},
        {"data": "4c6576656c", "text": "Level"},
    ]
    assert (maker["value"], maker["refused"]) == (None, True)
    values = {one["uuid"][4:8]: one["value"] for one in own["characteristics"]}
    assert values["fff4"] == {"data": "426f78203100", "text": "Box 1"}
    assert values["fff1"] is None
    assert (box.connects, box.gone) == (1, 1)


async def test_explore_without_values(home: Home, box: Box) -> None:
    answer = await act(home, "explore", address=ADDRESS, values=False)
    level = answer["services"][0]["characteristics"][0]
    assert (level["value"], level["refused"]) == (None, False)


async def test_read_write_notify(home: Home, box: Box) -> None:
    read = await act(home, "read", address=ADDRESS, characteristic="2A19")
    assert (read["code"], read["data"]) == (0, "64")
    wrote = await act(
        home, "write", address=ADDRESS, characteristic="fff1", data="01 a0"
    )
    assert (wrote["code"], wrote["do"]) == (0, "write")
    said = await act(
        home,
        "notify",
        address=ADDRESS,
        service="fff0",
        characteristic="fff2",
        write_to="fff3",
        data="0x07",
        count=2,
    )
    assert [one["data"] for one in said["messages"]] == ["3107", "3207"]
    assert box.written == [("fff1", b"\x01\xa0", True), ("fff3", b"\x07", False)]
    assert (box.connects, box.gone) == (3, 3)


async def test_a_list_of_steps_needs_one_connection(home: Home, box: Box) -> None:
    answer = await act(
        home,
        "talk",
        **steps(
            {"do": "read", "characteristic": "fff4", "data": "ignored here"},
            {"do": "write", "characteristic": "fff3", "data": "01", "response": False},
            {
                "do": "notify",
                "characteristic": "fff2",
                "data": "02",
                "write_to": "fff1",
                "seconds": 2,
            },
        ),
    )
    assert [one["do"] for one in answer["steps"]] == ["read", "write", "notify"]
    assert answer["steps"][0]["text"] == "Box 1"
    assert len(answer["steps"][2]["messages"]) == 2
    assert (box.connects, box.gone) == (1, 1)


@pytest.mark.parametrize(
    ("step", "key", "code"),
    [
        ({"do": "read", "characteristic": "2a00"}, "air_no_characteristic", "3"),
        (
            {"do": "read", "characteristic": "2a19", "service": "1800"},
            "air_no_service",
            "2",
        ),
        ({"do": "read", "characteristic": "fff1"}, "air_not_readable", "4"),
        ({"do": "read", "characteristic": "2a29"}, "air_not_read", "4"),
        ({"do": "notify", "characteristic": "fff1"}, "air_cannot_notify", "5"),
        (
            {"do": "write", "characteristic": "fff2", "data": "01"},
            "air_not_writable",
            "6",
        ),
        (
            {"do": "write", "characteristic": "fff3", "data": "00" * 300},
            "air_too_many_bytes",
            "7",
        ),
        (
            {"do": "notify", "characteristic": "fff2", "seconds": 3},
            "air_silent",
            "8",
        ),
    ],
)
async def test_what_cannot_be_done(
    home: Home, box: Box, step: Json, key: str, code: str
) -> None:
    failed, fill = await refused(home, "talk", **steps(step))
    assert failed == key
    assert (fill["code"], fill["step"]) == (code, "1")
    assert (box.connects, box.gone) == (1, 1)
    # The next one is not kept out.
    assert (await act(home, "read", address=ADDRESS, characteristic="2a19"))[
        "code"
    ] == 0


async def test_nothing_is_half_written(home: Home, box: Box) -> None:
    failed, fill = await refused(
        home,
        "talk",
        **steps(
            {"do": "write", "characteristic": "fff1", "data": "01"},
            {"do": "write", "characteristic": "fff9", "data": "02"},
        ),
    )
    assert (failed, fill["step"]) == ("air_no_characteristic", "2")
    assert box.written == []


async def test_a_refused_write(home: Home, box: Box) -> None:
    box.deaf = True
    failed, fill = await refused(
        home, "write", address=ADDRESS, characteristic="fff1", data="01"
    )
    assert (failed, fill["code"]) == ("air_not_written", "7")


async def test_a_device_that_leaves(home: Home, box: Box) -> None:
    box.leaves = True
    failed, fill = await refused(
        home,
        "notify",
        address=ADDRESS,
        characteristic="fff2",
        write_to="fff3",
        data="01",
    )
    assert (failed, fill["code"]) == ("air_left_writing", "1")
    assert (box.connects, box.gone) == (1, 1)
    # A confirmed write tells no more of what was taken.
    failed, fill = await refused(
        home, "write", address=ADDRESS, characteristic="fff1", data="01"
    )
    assert (failed, fill["code"], fill["step"]) == ("air_left_writing", "1", "1")


@pytest.mark.parametrize(
    ("action", "data", "key", "code"),
    [
        ("explore", {"address": "nonsense"}, "air_bad_address", "1"),
        ("read", {"address": ADDRESS, "characteristic": "x"}, "air_bad_uuid", "3"),
        (
            "read",
            {"address": ADDRESS, "characteristic": "2a19", "service": "y"},
            "air_bad_uuid",
            "2",
        ),
        (
            "write",
            {"address": ADDRESS, "characteristic": "fff1", "data": "0"},
            "air_bad_data",
            "7",
        ),
        (
            "write",
            {"address": ADDRESS, "characteristic": "fff1", "data": "00" * 9999},
            "air_too_many_entered",
            "7",
        ),
        (
            "talk",
            steps({"do": "write", "characteristic": "fff1"}),
            "air_nothing_to_write",
            "7",
        ),
        (
            "talk",
            steps(*[{"do": "notify", "characteristic": "fff2", "seconds": 61}] * 5),
            "air_too_much_waiting",
            "8",
        ),
    ],
)
async def test_mistakes_connect_nobody(
    home: Home, box: Box, action: str, data: Json, key: str, code: str
) -> None:
    failed, fill = await refused(home, action, ServiceValidationError, **data)
    assert (failed, fill["code"]) == (key, code)
    assert box.connects == 0


async def test_an_address_that_is_not_heard(home: Home, box: Box) -> None:
    failed, fill = await refused(home, "explore", address="C4:00:00:00:00:01")
    assert (failed, fill["code"]) == ("air_not_heard", "1")


async def test_a_device_that_refuses_connections(home: Home, box: Box) -> None:
    home.air.refuse.add(ADDRESS)
    failed, fill = await refused(home, "explore", address=ADDRESS)
    assert (failed, fill["code"]) == ("air_no_connection", "1")


async def test_no_connection_is_free(home: Home, box: Box) -> None:
    home.air.slots = 0
    failed, fill = await refused(home, "explore", address=ADDRESS)
    assert (failed, fill["code"]) in {
        ("air_no_slot", "1"),
        ("air_no_connection", "1"),
    }


async def test_a_time_limit(home: Home, box: Box) -> None:
    home.air.faults[ADDRESS].latency = 50
    failed, fill = await refused(home, "explore", address=ADDRESS)
    assert (failed, fill["code"]) == ("air_too_long", "1")
    assert (box.connects, box.gone) == (1, 1)


async def test_one_conversation_at_a_time(home: Home, box: Box) -> None:
    first = home.hass.async_create_task(
        home.hass.services.async_call(
            DOMAIN,
            "notify",
            {
                "address": ADDRESS,
                "characteristic": "fff2",
                "data": "01",
                "write_to": "fff1",
                "seconds": 5,
            },
            blocking=True,
            return_response=True,
        )
    )
    await home.clock.until(lambda: box.connects)
    failed, fill = await refused(
        home, "explore", ServiceValidationError, address=ADDRESS
    )
    assert (failed, fill["code"]) == ("air_busy", "1")
    done = await home.clock.wait(first)
    assert done["code"] == 0


async def test_our_own_devices_are_protected(home: Home) -> None:
    device = KINDS["JBD"](address=PACK, name="JBD-mine")
    await home.add(device, {})
    await home.clock.until(lambda: home.entity_id(device, "voltage"))
    line = "0000ff02" + BASE
    before = await act(home, "explore", address=PACK, values=False)
    assert [one["uuid"][4:8] for one in before["services"]] == ["1800", "ff00"]
    failed, fill = await refused(
        home,
        "write",
        ServiceValidationError,
        address=PACK,
        characteristic=line,
        data="00",
    )
    assert (failed, fill["code"], fill["name"]) == (
        "air_own_device",
        "6",
        "Battery JBD-mine 0BD1",
    )
    answer = await act(
        home, "write", address=PACK, characteristic=line, data="00", allow_own=True
    )
    assert answer["code"] == 0
    # Afterwards it is read as before.
    reads = home.read_at(device)
    await home.clock.until(lambda: home.read_at(device) != reads, 300)
