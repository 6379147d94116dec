"""What the logbook says of a battery that is switched, over the websocket, as the page asks for it."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from homeassistant.components.recorder import get_instance
from homeassistant.core import Context
from homeassistant.exceptions import ServiceValidationError
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util

from ..database import written_database
from ..home import Home
from ..people import person
from .allowing import allow, arm, command, device_id
from .test_batteries import added, still

__all__ = ["written_database"]  # a fixture


async def told(home: Home, socket: Any, device: Any) -> list[dict[str, Any]]:
    """Return the lines of a battery's logbook that are ours."""
    await home.clock.wait(async_wait_recording_done(home.hass))
    await home.hass.async_add_executor_job(get_instance(home.hass).block_till_done)
    await socket.send_json_auto_id(
        {
            "type": "logbook/get_events",
            "start_time": "2000-01-01T00:00:00+00:00",
            "end_time": dt_util.utcnow().isoformat(),
            "device_ids": [device_id(home, device)],
        }
    )
    answer = await home.clock.wait(socket.receive_json())
    assert answer["success"], answer
    return [one for one in answer["result"] if one.get("domain") == "mi_bms"]


async def test_the_logbook_says_who_did_what_and_what_came_of_it(
    home: Home, hass_ws_client: WebSocketGenerator
) -> None:
    hass = home.hass
    assert await async_setup_component(hass, "logbook", {})
    device = still()
    entry = await added(home, device)
    await allow(home, entry)
    await arm(home, device)
    user, token = await person(hass, "administrator")
    socket = await hass_ws_client(hass, token)
    by = Context(user_id=user.id)
    await command(home, device, "charge", "off", context=by, minutes=30)
    await home.clock.run(6)
    with pytest.raises(ServiceValidationError):
        await command(home, device, "heater", "on")
    await home.clock.run(1)
    lines = await told(home, socket, device)
    assert {one["name"] for one in lines} == {entry.title}
    assert [one["message"] for one in lines] == [
        "takes commands for 10 min",
        "is told to stop charging for 30 min",
        "says that it stopped charging",
        (
            "was not switched (heating): its type does not know this command, or it is"
            " experimental"
        ),
    ]
    assert [one.get("context_user_id") for one in lines] == [
        None,
        user.id,
        user.id,
        None,
    ]
