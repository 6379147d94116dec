"""What strangers pasted, through the flow: of two keys what is heard decides, now or later."""

import json
from pathlib import Path
from typing import Any

from ..home import Home
from .test_import import choices, ticked
from .test_ring import ADDRESS, KEY, OTHER, entries, paste, take, thermometer

CASES: dict[str, dict[str, Any]] = {
    case["id"]: case
    for case in json.loads(
        (Path(__file__).parents[2] / "fixtures" / "keys" / "strangers.json").read_text()
    )
}


def text_of(name: str) -> str:
    return "\n".join(CASES[name]["text"])


async def test_of_two_keys_the_one_that_opens_what_was_heard_is_taken(
    home: Home,
) -> None:
    (heard,) = CASES["two-servers"]["heard"]
    payload = bytes.fromhex("95fe" + heard["service_data"])
    home.air.hear(heard["address"], bytes((len(payload) + 1, 0x16)) + payload)
    await home.clock.settle()
    form = await paste(home, text_of("two-servers"))
    (right,) = CASES["two-servers"]["right"]["keys"]
    assert ticked(form) == [right["address"]]
    assert "key fits" in choices(form)[right["address"]]
    assert "not understood" not in form["description_placeholders"]["rest"]
    await take(home, form, right["address"])
    assert entries(home)[right["address"]].data["key"] == right["key"]


async def test_nothing_heard_leaves_both_keys_until_the_first_packet(
    home: Home, hass_storage: dict[str, Any]
) -> None:
    form = await paste(home, f"{ADDRESS} {OTHER}\n{ADDRESS} {KEY}")
    await take(home, form, ADDRESS)
    assert entries(home)[ADDRESS].data["key"] == OTHER
    await home.clock.run(5)
    assert hass_storage["mi_bms.keys"]["data"]["spare"] == {ADDRESS: [KEY]}
    device = thermometer()
    home.air.add(device)
    await home.listen(device, 8)
    assert entries(home)[ADDRESS].data["key"] == KEY
    assert home.value(device, "temperature") not in {"unknown", "unavailable"}
    assert home.flows() == []
    await home.clock.run(5)
    # The other one is kept: the sensor may be paired on that server again.
    assert hass_storage["mi_bms.keys"]["data"]["spare"] == {}
    assert hass_storage["mi_bms.keys"]["data"]["loose"] == [OTHER]


async def test_the_first_key_may_be_the_right_one(home: Home) -> None:
    form = await paste(home, f"{ADDRESS} {KEY}\n{ADDRESS} {OTHER}")
    await take(home, form, ADDRESS)
    device = thermometer()
    home.air.add(device)
    await home.listen(device, 8)
    assert entries(home)[ADDRESS].data["key"] == KEY
    assert home.hass.data["mi_bms.keys"].ring.spares == {}


async def test_the_key_that_was_not_taken_is_found_when_it_comes_to_use(
    home: Home,
) -> None:
    device: Any = thermometer()
    home.air.add(device)
    await home.listen(device, 3)
    form = await paste(home, f"{ADDRESS} {OTHER}\n{ADDRESS} {KEY}")
    assert "key fits" in choices(form)[ADDRESS]
    await take(home, form, ADDRESS)
    assert entries(home)[ADDRESS].data["key"] == KEY
    await home.listen(device, 3)
    device.bind(OTHER)
    await home.listen(device, 9, every=600)
    (flow,) = home.flows(ADDRESS)
    assert flow["step_id"] == "known_key"


async def test_what_needs_no_key_is_taken_though_it_is_silent(home: Home) -> None:
    form = await paste(home, text_of("mi32cfg-keyless-silent"))
    devices = CASES["mi32cfg-keyless-silent"]["right"]["devices"]
    assert set(choices(form)) == {one["address"] for one in devices}
    await take(home, form, *choices(form))
    for one in devices:
        entry = entries(home)[one["address"]]
        assert entry.data["product"] == int(one["product_id"], 16)
        assert "key" not in entry.data
        assert entry.title == one.get("name", entry.title)


async def test_an_account_without_a_key_is_told(home: Home) -> None:
    form = await paste(home, text_of("all-f"))
    assert form["errors"] == {"base": "nothing_found"}
    assert "pair it again" in form["description_placeholders"]["why"]
