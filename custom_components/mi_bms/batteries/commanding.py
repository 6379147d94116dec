"""A command by whoever gives it: carried out, or refused in a sentence with the reason and what to do."""

from typing import Final

from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.translation import async_get_translations

from ..const import DOMAIN
from ..entries import name_of
from ..proto.bms.control import Effect, Result, Target
from ..proto.control.command import Command, Issuer
from ..proto.control.refusal import SwitchRefusal, SwitchRefused
from ..texts import async_tell, async_words
from .coordinator import BatteryCoordinator

TARGETS: Final = "switching_target"  # the words for what can be switched
# What a sentence names in words that are translated, too.
_ALARM: Final = "alarm"
_OTHER: Final = "other"
_NO: Final = "switching_no"  # the words of batteries that refuse


def issuer_of(context: Context) -> Issuer:
    """Return who gives a command."""
    return Issuer.USER if context.user_id else Issuer.AUTOMATION


async def async_command(
    coordinator: BatteryCoordinator,
    target: Target,
    *,
    on: bool,
    context: Context | None,
    minutes: float | None = None,
    force: bool = False,
) -> Result:
    """Switch a target and return what came of it; raise the sentence for what was refused, or did not work.

    What is released and held by a protection is no error: it is as it was wanted.
    """
    context = context or Context()
    command = Command(
        target=target, on=on, minutes=minutes, force=force, by=issuer_of(context)
    )
    try:
        result = await coordinator.switching.act(command, context)
    except SwitchRefused as refused:
        raise await async_refusal(coordinator, refused) from refused
    if result.effect in (Effect.FAILED, Effect.UNKNOWN):
        raise await async_failure(coordinator, target, result)
    return result


async def async_refusal(
    coordinator: BatteryCoordinator, refused: SwitchRefused
) -> ServiceValidationError:
    """Return a refusal as a sentence: which battery, why, and what to do."""
    hass, fill = coordinator.hass, {**refused.fill}
    if refused.refusal is SwitchRefusal.UNREACHABLE:
        fill["reason"] = await async_tell(hass, coordinator.diagnose())
    if _ALARM in fill:
        fill[_ALARM] = await _async_alarm(hass, fill[_ALARM])
    if _OTHER in fill:
        fill[_OTHER] = (await async_words(hass))(TARGETS, fill[_OTHER])
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key=f"switch_{refused.refusal}",
        translation_placeholders={"name": name_of(hass, coordinator.entry), **fill},
    )


async def async_failure(
    coordinator: BatteryCoordinator, target: Target, result: Result
) -> HomeAssistantError:
    """Return as a sentence that a command did not work, or that nobody knows whether it did."""
    hass, words = coordinator.hass, await async_words(coordinator.hass)
    how = "rejected" if result.refusal else result.effect
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key=f"switch_{how}",
        translation_placeholders={
            "name": name_of(hass, coordinator.entry),
            "what": words(TARGETS, target),
            "reason": words(_NO, result.refusal or ""),
        },
    )


async def _async_alarm(hass: HomeAssistant, alarm: str) -> str:
    """Return an alarm as its sensor calls it."""
    language = hass.config.language
    texts = await async_get_translations(hass, language, "entity", [DOMAIN])
    key = f"component.{DOMAIN}.entity.sensor.alarm.state.{alarm}"
    return texts.get(key, alarm)
