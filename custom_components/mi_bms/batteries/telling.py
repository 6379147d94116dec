"""What was done to a battery as a sentence without its subject: the logbook puts the name of the battery before it."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_cached_translations

from ..const import DOMAIN
from ..proto.bms.control import Target
from ..proto.control.command import Issuer
from ..texts import Words, cached_words
from .audit import Happening
from .commanding import TARGETS

_LOG: Final = "switching_log"
_REASON: Final = "switching_reason"
_BY: Final = (Issuer.WINDOW, Issuer.RETURN)  # nobody whom the logbook could name


def in_words(hass: HomeAssistant, data: Mapping[str, Any]) -> str:
    """Return what an event of switching says, in the language of the house.

    It is asked from a helper thread of the recorder, where nothing can be waited for.
    """
    words, happening = cached_words(hass), str(data.get("happening"))
    target = str(data.get("target", ""))
    fill = {
        "what": words(TARGETS, target),
        "minutes": f"{data.get('minutes', 0):g}",
        "reason": words(_REASON, str(data.get("refusal", ""))),
        "alarms": _alarms(hass, words, data.get("held_by") or ()),
    }
    said = words(_LOG, _sentence(happening, target, data), **fill)
    if happening == Happening.COMMAND and (by := data.get("by")) in _BY:
        said = words(_LOG, f"by_{by}", said=said)
    return said


def _sentence(happening: str, target: str, data: Mapping[str, Any]) -> str:
    """Return the key of the sentence."""
    if happening == Happening.COMMAND:
        if target == Target.ALARM:
            return "command_alarm"
        timed = "_for" if "minutes" in data else ""
        return f"command_{data.get('state')}{timed}"
    if happening == Happening.OUTCOME:
        outcome = data.get("outcome")
        if outcome != "confirmed":
            return f"outcome_{outcome}"
        return f"confirmed_{'alarm' if target == Target.ALARM else data.get('state')}"
    return happening


def _alarms(hass: HomeAssistant, words: Words, alarms: Any) -> str:
    language: str = hass.config.language
    texts = async_get_cached_translations(hass, language, "entity", DOMAIN)
    before = f"component.{DOMAIN}.entity.sensor.alarm.state"
    return words.listed(texts.get(f"{before}.{alarm}", alarm) for alarm in alarms)
