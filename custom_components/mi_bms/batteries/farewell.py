"""A battery that is removed while something of it is switched for a time: it is put back right away.

Where that cannot be done a person is told, and it is kept for the case that the battery is added again.
"""

import asyncio
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_PASSWORD
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from ..bluetooth.connection import BleakLink, async_use
from ..const import CONF_FAMILY, CONF_SWITCHING, DOMAIN
from ..entries import name_of
from ..proto.bms import registry
from ..proto.bms.control import OtherUnknown
from ..proto.bms.plausible import Gate
from ..proto.control import guard
from ..proto.control.command import Command, Issuer
from ..proto.control.password import Tries
from ..proto.control.refusal import SwitchRefusal, SwitchRefused
from ..proto.control.returns import Returns
from ..proto.gatt.session import Device, Session
from ..proto.model.errors import MiBmsError
from ..runtime import SHARED, async_forget_device
from .options import BatterySettings
from .password import Saying, password_of

KEY: Final = "return_left"
WITHIN: Final = 20.0  # s that somebody waits who removes a battery
_BUDGET: Final = 7.0  # s for one command


def issue_id(address: str) -> str:
    """Return the id of the issue of a battery."""
    return f"{KEY}_{address}"


@callback
def async_welcome(hass: HomeAssistant, address: str) -> None:
    """Tell nobody any more that a battery is left as it was: it is here again."""
    ir.async_delete_issue(hass, DOMAIN, issue_id(address))


async def async_farewell(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Forget a battery that was removed, after what was switched for a time is put back.

    What could not be put back is all that stays of what is kept of it.
    """
    address = str(entry.unique_id)
    left = await _async_left(hass, entry, address)
    async_forget_device(hass, entry)
    if not left:
        return
    hass.data[SHARED].kept[address] = {CONF_SWITCHING: {"returns": left}}
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id(address),
        is_fixable=False,
        is_persistent=True,
        severity=ir.IssueSeverity.ERROR,
        translation_key=KEY,
        translation_placeholders={"name": name_of(hass, entry)},
    )


async def _async_left(
    hass: HomeAssistant, entry: ConfigEntry[Any], address: str
) -> list[dict[str, Any]]:
    """Put back what can be, and return what is left as it is kept."""
    if (shared := hass.data.get(SHARED)) is None:
        return []
    kept = shared.kept.get(address, {}).get(CONF_SWITCHING, {})
    wall, returns = dt_util.utcnow().timestamp(), Returns()
    returns.restore(kept.get("returns", ()), shared.polls.now(), wall)
    if returns.pending:
        try:
            async with asyncio.timeout(WITHIN), shared.polls.async_visit(address):
                tries = Tries.from_json(kept.get("tries", {}))
                await _async_put_back(hass, entry, address, returns, tries)
        except MiBmsError, OtherUnknown, SwitchRefused, TimeoutError:
            # A person is told what is left.
            pass
    return returns.to_json(shared.polls.now(), wall)


async def _async_put_back(
    hass: HomeAssistant,
    entry: ConfigEntry[Any],
    address: str,
    returns: Returns,
    tries: Tries,
) -> None:
    settings = BatterySettings.of(entry.options)
    family = await hass.async_add_import_executor_job(
        registry.load, entry.data.get(CONF_FAMILY, "")
    )
    session = Session(family, correction=settings.correction)
    device = Device(name="", address=address)
    secret = entry.data.get(CONF_PASSWORD)
    given = password_of(entry, family, settings.switching)
    if family.control and family.control.unlock and not (given and tries.may(given)):
        raise SwitchRefused(SwitchRefusal.WRONG_PASSWORD)
    word = Saying(given=given, tries=tries).word if given else None

    async def put_back(link: BleakLink) -> None:
        now = hass.data[SHARED].polls.now()
        for one in returns.pending:
            command = Command(target=one.target, on=one.on, by=Issuer.RETURN)
            sample = Gate().take(await session.read(link, device, secret), now)
            guard.judge(command, sample, powers_home=False)
            result = await session.switch(
                link,
                device,
                one.target,
                one.on,
                sample,
                secret,
                budget=_BUDGET,
                word=word,
            )
            returns.put_back(one.target, result.effect)

    await async_use(hass, device.address, put_back)
