"""A battery that a form reads takes its turn at the receivers, as all others do."""

from custom_components.mi_bms.runtime import TURN_WITHIN
from tests.world.devices import KINDS
from tests.world.peripheral import Peripheral

from ..clock import now
from ..home import Home
from ..keys.test_ring import entries
from .test_nearby import fill, finish
from .test_user import manual

HELD = "C8:47:80:00:00:01"
NEW = ("A5:C2:37:00:0E:01", "A5:C2:37:00:0E:02", "A5:C2:37:00:0E:03")


async def crowded(home: Home, slots: int) -> Peripheral:
    """Make a house whose only receiver has few slots, one of them taken by a battery whose link is kept."""
    home.air.slots, home.air.tells_slots = slots, True
    device = KINDS["JIKONG"](address=HELD, name="JK-mine")
    await home.add(device)
    await home.clock.run(5)
    assert list(home.air.links) == [HELD]
    return device


def newcomer(number: int = 0) -> Peripheral:
    return KINDS["JBD"](address=NEW[number], name=f"JBD-new{number}")


async def test_a_link_that_is_kept_makes_room_for_a_battery_that_is_added(
    home: Home,
) -> None:
    device = await crowded(home, 1)
    read = home.read_at(device)
    await home.add(newcomer())
    await home.listen(device, 60)
    assert home.read_at(device) != read


async def test_all_are_added_where_there_is_one_slot(home: Home) -> None:
    await crowded(home, 1)
    for number in range(len(NEW)):
        home.air.add(newcomer(number))
        home.shout(home.air.devices[NEW[number]])
    await home.clock.settle()
    form = await home.choose(await home.start(), "nearby")
    done = await finish(home, form, fill(form))
    assert done["reason"] == "nearby_added", done
    assert set(entries(home)) == {HELD, *NEW}


async def test_who_waits_in_vain_is_told_why(home: Home) -> None:
    await home.add(newcomer())
    home.air.slots, home.air.tells_slots = 0, True
    form = await home.answer(await home.discover(newcomer(1)), {})
    assert form["errors"] == {"base": "cannot_connect"}
    reason = form["description_placeholders"]["reason"]
    assert "All connections of the receivers near the battery are in use." in reason


async def test_whom_nobody_hears_is_not_waited_for(home: Home) -> None:
    await home.add(newcomer())
    form = await home.choose(await manual(home, NEW[1]), "family")
    begun = now()
    form = await home.answer(form, {"family": "jbd"})
    assert form["errors"] == {"base": "cannot_connect"}
    assert now() - begun < TURN_WITHIN / 2
