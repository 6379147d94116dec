"""A helper inside a measured Home Assistant: how late its event loop is, and what of ours happened."""

import asyncio
import time
from typing import Any

from homeassistant.core import (
    Event,
    HomeAssistant,
    ServiceCall,
    SupportsResponse,
    callback,
)
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.typing import ConfigType

DOMAIN = "bench_probe"
HAPPENED = "mi_bms_event"
EVERY = 0.02  # s between two looks at the loop


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Begin to look; the action ``read`` gives what was seen since it was last called."""
    late: list[float] = []
    happened: list[list[Any]] = []
    states = [0]

    async def look() -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + EVERY
            await asyncio.sleep(EVERY)
            late.append(loop.time() - due)

    @callback
    def note(event: Event[dict[str, Any]]) -> None:
        device = dr.async_get(hass).async_get(event.data["device_id"])
        connections = device.connections if device else ()
        address = next((one for _, one in connections), "")
        happened.append(
            [time.time(), address, event.data["source"], event.data["type"]]
        )

    @callback
    def count(_event: Event[Any]) -> None:
        states[0] += 1

    async def read(_call: ServiceCall) -> dict[str, Any]:
        answer = {
            "late": list(late),
            "happened": list(happened),
            "states": states[0],
        }
        late.clear()
        happened.clear()
        states[0] = 0
        return answer

    hass.bus.async_listen(HAPPENED, note)
    hass.bus.async_listen("state_changed", count)
    hass.services.async_register(
        DOMAIN, "read", read, supports_response=SupportsResponse.ONLY
    )
    hass.async_create_background_task(look(), f"{DOMAIN} look")
    return True
