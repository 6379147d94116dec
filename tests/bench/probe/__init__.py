"""A helper inside a measured Home Assistant: how late its event loop is, and what of ours happened."""

import asyncio
from collections import Counter
import gc
import time
from time import thread_time
from typing import Any, Literal

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
OURS = "custom_components.mi_bms"
WHOLE = 2  # the generation with which Python looks through all objects that there are


class Collector:
    """Note what the collector of garbage takes when it looks through all of Home Assistant's objects.

    Most of those are not ours, and when it does so depends on all that was made since the start: a
    pause for it says nothing of what happened in the measured time.
    """

    def __init__(self) -> None:
        self.taken = 0.0  # s of the processor
        self._since = 0.0

    def note(self, phase: Literal["start", "stop"], info: dict[str, int]) -> None:
        """Measure a collection of everything."""
        if info["generation"] < WHOLE:
            return
        if phase == "start":
            self._since = thread_time()
        else:
            self.taken += thread_time() - self._since

    def find(self) -> dict[str, Any]:
        """Collect everything now; tell how much there was, and what of it was ours."""
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        gc.set_debug(0)
        ours: Counter[str] = Counter()
        for one in gc.garbage:
            # A function stands for itself, all else for its class.
            of = one if hasattr(type(one), "__code__") else type(one)
            if str(of.__module__).startswith(OURS):
                ours[of.__qualname__] += 1
        found = {"all": len(gc.garbage), "ours": dict(ours)}
        gc.garbage.clear()
        gc.collect()
        return found


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Begin to look; the action ``read`` gives what was seen since it was last called."""
    # How late, and the processor's and the collector's time in between.
    looks: list[tuple[float, float, float]] = []
    happened: list[list[Any]] = []
    states = [0]
    collector = Collector()
    gc.callbacks.append(collector.note)

    async def look() -> None:
        loop = asyncio.get_running_loop()
        while True:
            due, used, before = loop.time() + EVERY, thread_time(), collector.taken
            await asyncio.sleep(EVERY)
            late, busy = loop.time() - due, thread_time() - used
            looks.append((late, busy, collector.taken - before))

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
            "looks": list(looks),
            "happened": list(happened),
            "states": states[0],
        }
        looks.clear()
        happened.clear()
        states[0] = 0
        return answer

    async def collect(_call: ServiceCall) -> dict[str, Any]:
        found = collector.find()
        # What was late for it shall not count to what is measured next.
        await asyncio.sleep(2 * EVERY)
        return found

    hass.bus.async_listen(HAPPENED, note)
    hass.bus.async_listen("state_changed", count)
    for name, action in (("read", read), ("collect", collect)):
        hass.services.async_register(
            DOMAIN, name, action, supports_response=SupportsResponse.ONLY
        )
    hass.async_create_background_task(look(), f"{DOMAIN} look")
    return True
