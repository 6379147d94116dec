"""A device that got no card at first is offered later: when it is recognised, or when nobody is at it any more."""

import pytest

from custom_components.mi_bms.flow import cards
from tests.world.devices import KINDS

from ..home import Home
from ..keys.test_ring import ADDRESS, CLEAR, entries, thermometer
from .test_crowd import KNOWN, addresses, told

# The head of a frame, cut off before it says which product sends it.
TORN = bytes.fromhex("051695fe5050")
FLEETING = "5A:C1:38:00:14:41"


async def test_a_later_advert_makes_the_card(home: Home) -> None:
    for _ in range(20):
        home.air.hear(CLEAR, TORN)
        await home.clock.run(1)
    assert home.flows() == []
    home.air.hear(CLEAR, told(CLEAR, KNOWN, 1))
    await home.clock.settle()
    (card,) = home.flows(CLEAR)
    done = await home.answer(card, {})
    assert done["type"] == "create_entry"
    await home.clock.settle()


async def test_so_it_is_after_its_card_is_gone(home: Home) -> None:
    """Each time it is not recognised the next advert that is makes one flow, not one for each advert."""
    home.air.hear(CLEAR, TORN)
    await home.clock.settle()
    for number in range(3):
        home.air.hear(CLEAR, told(CLEAR, KNOWN, number))
        await home.clock.settle()
        assert len(home.flows(CLEAR)) == 1


async def test_an_address_that_changes_all_the_time_is_not_waited_for(
    home: Home,
) -> None:
    home.air.hear(FLEETING, TORN, address_type=1)
    await home.clock.settle()
    home.air.hear(FLEETING, told(FLEETING, KNOWN, 1), address_type=1)
    await home.clock.settle()
    assert home.flows() == []
    assert home.hass.data.get(cards._WATCHED, {}) == {}


async def test_a_crowd_that_is_not_recognised_is_not_remembered_for_ever(
    home: Home,
) -> None:
    crowd = addresses(cards.WATCHED + 40, first=0x80)
    for address in crowd:
        home.air.hear(address, TORN)
        await home.clock.settle()
    assert list(home.hass.data[cards._WATCHED]) == crowd[40:]
    home.air.hear(crowd[-1], told(crowd[-1], KNOWN, 1))
    await home.clock.settle()
    assert [one["context"]["unique_id"] for one in home.flows()] == crowd[-1:]
    assert crowd[-1] not in home.hass.data[cards._WATCHED]


@pytest.mark.parametrize("address", [ADDRESS, CLEAR])
async def test_a_device_whose_form_was_closed_is_offered(
    home: Home, address: str
) -> None:
    """It was heard for the first time while somebody was adding it by hand."""
    form = await home.choose(await home.start(), "manual")
    form = await home.answer(form, {"address": address})
    device = thermometer() if address == ADDRESS else KINDS["ATC1441"](address=address)
    home.air.add(device)
    await home.listen(device, 2)
    assert [one["flow_id"] for one in home.flows(address)] == [form["flow_id"]]
    home.hass.config_entries.flow.async_abort(form["flow_id"])
    await home.clock.settle()
    (card,) = home.flows(address)
    assert card["context"]["source"] == "bluetooth"


async def test_a_device_that_was_added_is_not_offered(home: Home) -> None:
    form = await home.choose(await home.start(), "manual")
    form = await home.answer(form, {"address": CLEAR})
    device = KINDS["ATC1441"](address=CLEAR)
    home.air.add(device)
    await home.listen(device, 2)
    form = await home.choose(form, "key_ways")
    done = await home.choose(form, "keyless")
    assert done["type"] == "create_entry"
    await home.clock.settle()
    assert home.flows() == []
    assert set(entries(home)) == {CLEAR}
