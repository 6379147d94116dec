"""Adding everything that is heard in one go."""

from typing import Any

from homeassistant.core import HomeAssistant
from tests.world.devices import KINDS

from ..home import Home, Result
from ..keys.test_ring import ADDRESS, CLEAR, KEY, entries, paste, take, thermometer

BATTERY = "A5:C2:37:00:00:04"
LOCKED = "A5:C2:37:00:00:05"
GONE = "A5:C2:37:00:00:06"


def fill(form: Result, **more: Any) -> dict[str, Any]:
    """Take a form as it is proposed."""
    data: dict[str, Any] = {}
    for field, kind in form["data_schema"].schema.items():
        if str(field) == "names":
            data["names"] = {str(one): one.default() for one in kind.schema.schema}
        else:
            data[str(field)] = field.default()
    return data | more


async def near(home: Home) -> Result:
    """Let everything be heard and open the list."""
    devices = [
        thermometer(),
        KINDS["ATC1441"](address=CLEAR),
        KINDS["JBD"](address=BATTERY, name="JBD-mine"),
        KINDS["JBD"](address=GONE, name="JBD-gone"),
    ]
    for device in devices:
        home.air.add(device)
    home.air.refuse.add(GONE)
    await home.listen(devices[0], 2)
    home.shout(*devices)
    await home.clock.settle()
    return await home.choose(await home.start(), "nearby")


async def finish(home: Home, form: Result, data: dict[str, Any]) -> Result:
    """Send the form and wait for its end."""
    flow = await home.answer(form, data)
    if flow["type"] != "progress":
        return flow

    def ended() -> bool:
        return all(one["step_id"] != "nearby_run" for one in home.flows())

    await home.clock.until(ended, 300)
    return await home.answer(flow)


async def test_everything_is_ticked_and_named(home: Home) -> None:
    form = await near(home)
    data = fill(form)
    assert set(data["take"]) == {ADDRESS, CLEAR, BATTERY, GONE}
    assert data["names"][f"LYWSD03MMC {ADDRESS}"] == "LYWSD03MMC 055B"
    assert data["auto_add"] is False
    assert data["ignored"] == []


async def test_all_are_added_in_one_go(home: Home) -> None:
    form = await near(home)
    data = fill(form)
    data["names"][f"LYWSD03MMC {ADDRESS}"] = "  Attic "
    data["names"][f"JBD-mine {BATTERY}"] = ""
    done = await finish(home, form, data)
    assert done["type"] == "abort"
    assert done["reason"] == "nearby_partly"
    assert done["description_placeholders"]["added"] == "3"
    failed = done["description_placeholders"]["failed"]
    assert failed.startswith("- JBD-gone 0006: could not be reached.")
    made = entries(home)
    assert set(made) == {ADDRESS, CLEAR, BATTERY}
    assert made[ADDRESS].title == "Attic"
    assert made[BATTERY].title == "JBD-mine 0004"
    assert made[BATTERY].data["family"] == "jbd"
    assert "key" not in made[ADDRESS].data
    await home.clock.run(5)


async def test_known_keys_are_used(home: Home) -> None:
    preview = await paste(home, f"{KEY}\nA4:C1:38:99:99:99 {'22' * 16}")
    await take(home, preview)
    form = await near(home)
    await finish(home, form, fill(form, take=[ADDRESS]))
    assert entries(home)[ADDRESS].data["key"] == KEY
    assert set(entries(home)) == {ADDRESS}


async def test_nothing_ticked_only_keeps_the_switch(
    home: Home, hass: HomeAssistant
) -> None:
    form = await near(home)
    done = await finish(
        home, form, fill(form, take=[], ignored=["a4c138001441", "nonsense"])
    )
    assert done["reason"] == "nearby_added"
    assert done["description_placeholders"] == {"added": "0"}
    assert entries(home) == {}
    form = await home.choose(await home.start(), "nearby")
    assert fill(form)["ignored"] == [CLEAR]
    assert CLEAR not in fill(form)["take"]


async def test_a_form_that_is_closed_stops_adding(home: Home) -> None:
    form = await near(home)
    flow = await home.answer(form, fill(form, take=[BATTERY]))
    assert flow["type"] == "progress"
    home.hass.config_entries.flow.async_abort(flow["flow_id"])
    await home.clock.run(10)
    assert home.air.links == {}
    assert entries(home) == {}
