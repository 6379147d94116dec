"""Entries that are removed while the form of their options is open."""

from typing import Any

import pytest

from tests.world.devices import KINDS

from ..home import Home

SENSOR = KINDS["ATC1441"](address="A4:C1:38:00:14:41")
BATTERY = KINDS["JBD"](address="A5:C2:37:00:00:04", name="JBD-mine")
READ = {"interval": 30, "sharing": {}, "steps": {}, "meters": {}, "corrections": {}}


@pytest.mark.parametrize(
    ("device", "answer"),
    [(SENSOR, {}), (BATTERY, READ)],
    ids=["form of a sensor", "form of a battery"],
)
async def test_options_of_what_was_removed_say_so(
    home: Home, device: Any, answer: dict[str, Any]
) -> None:
    entry = await home.add(device)
    options = home.hass.config_entries.options
    form = await home.options(entry)
    await home.clock.wait(home.hass.config_entries.async_remove(entry.entry_id))
    done = await home.clock.wait(options.async_configure(form["flow_id"], answer))
    assert (done["type"], done["reason"]) == ("abort", "entry_removed")
    assert options.async_progress() == []
