"""Take the scheduler out of a Home Assistant, so that batteries are read as peers do it.

For ``tests.bench.share`` only: each battery looks after itself, on a timer of its own, and connects
whenever it wants; ``held``: it never lets its link go. All else is the integration as it is.
"""

import asyncio
import time
from typing import Any

from custom_components.mi_bms.bluetooth.scheduler import Member, Polls
from custom_components.mi_bms.proto.scheduler.battery import Battery
from custom_components.mi_bms.proto.scheduler.decision import Order
from homeassistant.core import HomeAssistant

DOMAIN = "peer_way"


async def async_setup(_hass: HomeAssistant, config: dict[str, Any]) -> bool:
    """Replace the decisions; batteries are added later."""
    held = config[DOMAIN]["way"] == "held"
    schedule = Polls.add

    def add(self: Polls, battery: Battery, member: Member) -> None:
        schedule(self, battery, member)
        address, interval = battery.address, battery.interval
        member.start(_poll(address, member, interval, held=held), f"timer {address}")

    Polls.add = add  # type: ignore[method-assign]
    Polls.kick = lambda self: None  # type: ignore[method-assign]
    return True


async def _poll(address: str, member: Member, interval: float, *, held: bool) -> None:
    order = Order(address=address, scanner=None, open=False, gentle=False)
    while True:
        begun = time.monotonic()
        await member.async_read(order)
        if not held:
            await member.async_release()
        await asyncio.sleep(max(0.01, begun + interval - time.monotonic()))
