"""Tell of the sensors that wait for their first key: one repair for all, which goes with the last.

A sensor that never had a key has no authentication that could have expired: it is asked for
calmly, once, however many they are.
"""

from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN
from ..entries import name_of
from ..texts import cached_words

KEYS_MISSING: Final = "keys_missing"
ONE_MISSING: Final = "key_missing"
_NAMED: Final = 10  # sensors in the text
_WAITING: HassKey[dict[str, ConfigEntry[Any]]] = HassKey(f"{DOMAIN}.waiting")


@callback
def async_waiting(hass: HomeAssistant) -> list[ConfigEntry[Any]]:
    """Return the entries of the sensors that wait for their key, by name."""
    found = hass.data.get(_WAITING, {}).values()
    return sorted(found, key=lambda entry: name_of(hass, entry).casefold())


@callback
def async_wait(hass: HomeAssistant, entry: ConfigEntry[Any], *, waits: bool) -> None:
    """Note whether a sensor waits for its key, and have the repair say how many do."""
    waiting = hass.data.setdefault(_WAITING, {})
    if waits is (entry.entry_id in waiting):
        return
    if waits:
        waiting[entry.entry_id] = entry
    else:
        del waiting[entry.entry_id]
    if not waiting:
        ir.async_delete_issue(hass, DOMAIN, KEYS_MISSING)
        return
    names = [name_of(hass, one) for one in async_waiting(hass)]
    more = ["…"] if len(names) > _NAMED else []
    ir.async_create_issue(
        hass,
        DOMAIN,
        KEYS_MISSING,
        is_fixable=True,
        severity=ir.IssueSeverity.WARNING,
        translation_key=ONE_MISSING if len(names) == 1 else KEYS_MISSING,
        translation_placeholders={
            "count": str(len(names)),
            "names": cached_words(hass).listed([*names[:_NAMED], *more]),
        },
    )
