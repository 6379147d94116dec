"""A card that is opened: what it is about, and all that are heard at once."""

import pytest

from tests.world.devices import KINDS
from tests.world.peripheral import Peripheral

from ..home import Home
from ..keys.test_ring import ADDRESS, CLEAR, KEY, entries, paste, take
from .test_nearby import BATTERY, fill, finish, near


@pytest.mark.parametrize("address", [CLEAR, BATTERY, ADDRESS])
async def test_every_card_offers_all_that_are_heard(home: Home, address: str) -> None:
    await near(home)
    (card,) = home.flows(address)
    menu = await home.answer(card)
    assert menu["type"] == "menu"
    assert menu["menu_options"][-1] == "nearby"
    assert menu["description_placeholders"]["count"] == "4"
    form = await home.choose(menu, "nearby")
    done = await finish(home, form, fill(form, without_key=True))
    # The card is gone, whatever becomes of the menu: that is a flow of its own.
    assert done["reason"] == "nearby_added"
    kind, left = done["next_flow"]
    assert kind == "config_flow"
    assert not home.flows(address)
    (done,) = [one for one in home.flows() if one["flow_id"] == left]
    done = await home.answer(done)
    assert done["step_id"] == "nearby_done"
    assert done["menu_options"] == ["keys", "nearby_end"]
    assert done["description_placeholders"]["missing"] == "1"
    assert done["description_placeholders"]["told"].startswith("Devices added: 3.")
    assert set(entries(home)) == {ADDRESS, CLEAR, BATTERY}
    done = await home.choose(done, "nearby_end")
    assert done["type"] == "abort"
    await home.clock.run(5)
    gone = {str(one["context"].get("unique_id")) for one in home.flows()}
    assert gone.isdisjoint(entries(home))


async def test_a_known_key_is_offered_with_all(home: Home) -> None:
    await take(home, await paste(home, f"{KEY}\nA4:C1:38:99:99:99 {'22' * 16}"))
    await near(home)
    (card,) = home.flows(ADDRESS)
    menu = await home.answer(card)
    assert menu["menu_options"] == ["add_one", "nearby"]
    assert "It says now: " in menu["description_placeholders"]["about"]
    done = await home.choose(menu, "add_one")
    assert done["type"] == "create_entry"
    assert done["data"]["key"] == KEY


@pytest.mark.parametrize(
    ("device", "says"),
    [
        (
            KINDS["ATC1441"](address=CLEAR),
            "It measures: Temperature, Humidity. It says now: 2",
        ),
        (
            KINDS["JBD"](address=BATTERY, name="JBD-mine"),
            "A battery that looks like this type: JBD smart BMS.",
        ),
    ],
)
async def test_a_card_says_what_the_device_is(
    home: Home, device: Peripheral, says: str
) -> None:
    """Nobody else is heard: there is nothing to choose."""
    form = await home.discover(device)
    assert form["type"] == "form"
    assert says in form["description_placeholders"]["about"]


async def test_one_of_a_card_with_several_types_is_asked_for_its_type(
    home: Home,
) -> None:
    home.air.add(KINDS["ATC1441"](address=CLEAR))
    home.shout(home.air.devices[CLEAR])
    device = KINDS["JBD"](address=BATTERY, name="JBD-mine")
    menu = await home.discover(device)
    assert menu["step_id"] == "found"
    # Opened again, it is the same.
    assert (await home.answer(menu))["step_id"] == "found"
    home.air.refuse.add(BATTERY)
    form = await home.choose(menu, "add_one")
    assert form["step_id"] == "battery"
    assert form["errors"] == {"base": "cannot_connect"}
    home.air.refuse.clear()
    done = await home.answer(form, {})
    assert done["type"] == "create_entry"
    await home.clock.run(5)
