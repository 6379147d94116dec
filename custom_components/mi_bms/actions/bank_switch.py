"""Switch a bank by the action: all its batteries or none, and the one that kept it from that is named."""

from typing import Final

from homeassistant.core import Context, HomeAssistant, ServiceResponse
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.translation import async_get_translations

from ..banks.coordinator import BankCoordinator
from ..banks.switching import MemberFailed
from ..batteries.commanding import async_failure, async_refusal
from ..batteries.coordinator import BatteryCoordinator
from ..const import DOMAIN
from ..entries import entry_of, running
from ..proto.bank.wiring import parts_of
from ..proto.bms.control import Effect
from ..proto.control.command import Command
from ..proto.control.refusal import SwitchRefused
from ..texts import cached_words
from .errors import refusal

_TEXTS: Final = "exceptions"


async def async_switch_bank(
    bank: BankCoordinator, command: Command, context: Context
) -> ServiceResponse:
    """Switch all batteries and return what they then said; raise what kept one of them from it."""
    try:
        results = await bank.switching.act(command, context)
    except MemberFailed as failed:
        raise await _async_told(bank, failed, command) from failed
    returns = bank.switching.returns_at(command.target)
    held = any(one.effect is Effect.HELD for one in results.values())
    return {
        "outcome": (Effect.HELD if held else Effect.CONFIRMED).value,
        "state": bank.switching.command(command.target),
        "returns_at": returns.isoformat() if returns else None,
        "batteries": {
            bank.names[member]: one.effect.value for member, one in results.items()
        },
    }


async def _async_told(
    bank: BankCoordinator, failed: MemberFailed, command: Command
) -> HomeAssistantError:
    """Return as a sentence which battery failed and why, and how the others stand."""
    hass = bank.hass
    coordinator = running(
        entry_of(hass, parts_of(failed.member)[0]), BatteryCoordinator
    )
    if coordinator is None:
        return refusal("bank_not_running", name=bank.names[failed.member])
    if isinstance(failed.cause, SwitchRefused):
        error: HomeAssistantError = await async_refusal(coordinator, failed.cause)
    else:
        error = await async_failure(coordinator, command.target, failed.cause)
    others = failed.stuck or failed.put_back
    if not others:
        return error
    reason = await _async_sentence(hass, error)
    batteries = cached_words(hass).listed(bank.called(others))
    say = _stuck if failed.stuck else _put_back
    return say(reason, batteries)


def _put_back(reason: str, batteries: str) -> HomeAssistantError:
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key="bank_put_back",
        translation_placeholders={"reason": reason, "batteries": batteries},
    )


def _stuck(reason: str, batteries: str) -> HomeAssistantError:
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key="bank_stuck",
        translation_placeholders={"reason": reason, "batteries": batteries},
    )


async def _async_sentence(hass: HomeAssistant, error: HomeAssistantError) -> str:
    """Return an error in the language of the house."""
    texts = await async_get_translations(hass, hass.config.language, _TEXTS, [DOMAIN])
    text = texts[f"component.{DOMAIN}.{_TEXTS}.{error.translation_key}.message"]
    return text.format(**(error.translation_placeholders or {}))
