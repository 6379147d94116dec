"""The action that switches a battery: what its switches do, with a time and with force."""

from typing import Final

from probatio import All, Coerce, In, Optional, Required, Schema

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.helpers import config_validation as cv

from ..banks.coordinator import BankCoordinator
from ..batteries.commanding import async_command, issuer_of
from ..batteries.coordinator import BatteryCoordinator
from ..entries import runtime_of_id
from ..options import within
from ..proto.bms.control import Target
from ..proto.control.command import Command
from .bank_switch import async_switch_bank
from .errors import refusal

ATTR_WHAT: Final = "what"
ATTR_STATE: Final = "state"
ATTR_MINUTES: Final = "minutes"
ATTR_FORCE: Final = "force"
MOST_MINUTES: Final = 7 * 24 * 60

SWITCH: Final = Schema(
    {
        Required(ATTR_DEVICE_ID): cv.string,
        Required(ATTR_WHAT): All(In([*Target]), Coerce(Target)),
        Required(ATTR_STATE): cv.boolean,
        Optional(ATTR_MINUTES): within(1, MOST_MINUTES),
        Optional(ATTR_FORCE, default=False): cv.boolean,
    }
)


async def async_switch(call: ServiceCall) -> ServiceResponse:
    """Switch a battery or a bank, and return what it then said of itself; raise what was refused or failed."""
    data = call.data
    bank = runtime_of_id(call.hass, data[ATTR_DEVICE_ID], BankCoordinator)
    if bank is not None:
        command = Command(
            target=data[ATTR_WHAT],
            on=data[ATTR_STATE],
            minutes=data.get(ATTR_MINUTES),
            force=data[ATTR_FORCE],
            by=issuer_of(call.context),
        )
        return await async_switch_bank(bank, command, call.context)
    coordinator = runtime_of_id(call.hass, data[ATTR_DEVICE_ID], BatteryCoordinator)
    # A pack is a device, too, but what is switched is the whole battery.
    if coordinator is None or coordinator.device_id != data[ATTR_DEVICE_ID]:
        raise refusal("not_a_battery")
    target: Target = data[ATTR_WHAT]
    result = await async_command(
        coordinator,
        target,
        on=data[ATTR_STATE],
        context=call.context,
        minutes=data.get(ATTR_MINUTES),
        force=data[ATTR_FORCE],
    )
    switching = coordinator.switching
    returns = switching.returns_at(target)
    return {
        "outcome": result.effect.value,
        "state": switching.command(target),
        "conducts": switching.conducts(target),
        "held_by": [alarm.value for alarm in result.held_by],
        "returns_at": returns[0].isoformat() if returns else None,
    }
