"""Allow a battery to be switched, and switch it, as a person does."""

from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import Context
from homeassistant.helpers import device_registry as dr
from tests.world.peripheral import Peripheral

from ..home import Home, Result

USUAL = {
    "allow_switching": True,
    "experimental": False,
    "powers_home": False,
    "arm_minutes": 10,
    "factory_password": False,
}


def fields(form: Result) -> set[str]:
    """Return the fields of a form."""
    return {str(one) for one in form["data_schema"].schema}


async def answer(home: Home, form: Result, data: dict[str, Any]) -> Result:
    """Send a form of the options."""
    flows = home.hass.config_entries.options
    done: Result = await home.clock.wait(flows.async_configure(form["flow_id"], data))
    await home.clock.settle()
    return done


async def allow(home: Home, entry: ConfigEntry[Any], **more: Any) -> Result:
    """Fill in the form that allows switching, and the one that asks again."""
    form = await home.options(entry, "switching")
    data = {key: one for key, one in (USUAL | more).items() if key in fields(form)}
    done = await answer(home, form, data)
    if done.get("step_id") == "experimental":
        done = await answer(home, done, {"understood": True})
    return done


async def turn(home: Home, device: Peripheral, name: str, state: str) -> None:
    """Turn a switch of a battery on or off."""
    target = {ATTR_ENTITY_ID: home.entity_id(device, name)}
    call = home.hass.services.async_call(
        "switch", f"turn_{state}", target, blocking=True
    )
    await home.clock.wait(call)
    await home.clock.settle()


async def arm(home: Home, device: Peripheral) -> None:
    """Allow commands for some minutes."""
    await turn(home, device, "allow_commands", "on")


def device_id(home: Home, device: Peripheral) -> str:
    """Return the id of a battery's device."""
    return next(
        one.id
        for one in dr.async_get(home.hass).devices
        if ("mi_bms", device.address) in one.identifiers
    )


async def command(
    home: Home,
    device: Peripheral,
    what: str,
    state: str,
    context: Context | None = None,
    **more: Any,
) -> Any:
    """Call the action and return its answer."""
    data = {"device_id": device_id(home, device), "what": what, "state": state, **more}
    call = home.hass.services.async_call(
        "mi_bms",
        "switch",
        data,
        blocking=True,
        return_response=True,
        context=context,
    )
    done = await home.clock.wait(call)
    await home.clock.settle()
    return done
