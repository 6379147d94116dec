"""Bring about what a person meets once in years: a move that is refused, breaks off, or is minutes old.

Home Assistant loads this folder beside our integration; the tests call its actions.
"""

from collections import defaultdict
from collections.abc import Callable
from functools import wraps
from typing import Any

from custom_components.mi_bms.proto.takeover.journal import OrderState
from custom_components.mi_bms.takeover import move
from custom_components.mi_bms.takeover.check import Refused
from custom_components.mi_bms.takeover.journal import async_journal
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, ServiceCall

DOMAIN = "mischief"
# What the texts of refusals name.
FILL = {"name": "Remote 1A07", "entity": "sensor.remote_1a07_battery"}

refusals: dict[str, list[str]] = defaultdict(list)
breaking: set[str] = set()


def _refusing(check: Callable[..., None]) -> Callable[..., None]:
    @wraps(check)
    def checked(hass: HomeAssistant, plan: Any, **more: Any) -> None:
        check(hass, plan, **more)
        if refusals[plan.address]:
            raise Refused(refusals[plan.address].pop(0), FILL)

    return checked


def _breaking(carry_out: Callable[..., None]) -> Callable[..., None]:
    @wraps(carry_out)
    def carried_out(hass: HomeAssistant, order: Any, *more: Any) -> None:
        carry_out(hass, order, *more)
        if order.plan.address in breaking:
            breaking.remove(order.plan.address)
            raise RuntimeError("broken")

    return carried_out


async def async_setup_entry(hass: HomeAssistant, _entry: ConfigEntry) -> bool:
    """Offer the mischief as actions."""
    move.check_plan = _refusing(move.check_plan)  # type: ignore[attr-defined]
    move.async_move = _breaking(move.async_move)  # type: ignore[attr-defined]

    async def refuse(call: ServiceCall) -> None:
        """Refuse to move a device, for one reason after the other."""
        refusals[call.data["address"]] = [*call.data["words"]]

    async def break_off(call: ServiceCall) -> None:
        """Let the next move of a device break when it is nearly done."""
        breaking.add(call.data["address"])

    async def settle(call: ServiceCall) -> None:
        """Let a move be as surely on the disk as after some minutes."""
        journal = await async_journal(hass)
        order = journal.orders[call.data["address"]]
        await journal.async_become(order, OrderState.SETTLED)

    async def unsettle(call: ServiceCall) -> None:
        """Let a move be as new as it is on a machine that is not slow."""
        journal = await async_journal(hass)
        order = journal.orders[call.data["address"]]
        await journal.async_become(order, OrderState.MOVED)

    for action in (refuse, break_off, settle, unsettle):
        hass.services.async_register(DOMAIN, action.__name__, action)
    return True
