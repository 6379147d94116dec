"""Read the private file of keys, fill a ring from it, and tell the user what is wrong with it."""

from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.storage import Store

from ..const import DOMAIN
from ..proto.keys.ring import KeyRing
from ..proto.mibeacon.crypto import parse_key
from ..stored import KEYS as KEYS_SCHEMA, async_put_aside, async_read

STORE_VERSION: Final = 1
STOPPED: Final = "adding_stopped"
DAMAGED: Final = "keys_damaged"
NEWER: Final = "keys_newer"


def store_of(hass: HomeAssistant) -> Store[dict[str, Any]]:
    """Return the store of the keys, which only the owner of the file may read."""
    return Store(
        hass, STORE_VERSION, f"{DOMAIN}.keys", private=True, atomic_writes=True
    )


async def async_kept(
    hass: HomeAssistant, store: Store[dict[str, Any]]
) -> tuple[dict[str, Any], bool]:
    """Return what the file holds and whether it had damage; such a file is put aside before it is replaced."""
    found, wrong = await async_read(store, KEYS_SCHEMA)
    if wrong is None:
        tell(hass, NEWER, file=store.key)
    elif wrong:
        await async_put_aside(hass, store)
        tell(hass, DAMAGED, file=store.key)
    kept: dict[str, Any] = KEYS_SCHEMA({}) if found is None else found
    return kept, bool(wrong)


def fill(ring: KeyRing, kept: dict[str, Any]) -> None:
    """Add the keys that the file holds to a ring."""
    for address, key in kept["keys"].items():
        ring.add(address, parse_key(key))
    for address, spare in kept["spare"].items():
        ring.add_spare(address, map(parse_key, spare))
    for key in kept["loose"]:
        ring.add(None, parse_key(key))


def texts_of(ring: KeyRing) -> dict[str, Any]:
    """Return the keys of a ring for the file."""
    return {
        "keys": {one: key.hex() for one, key in ring.owned.items()},
        "spare": {
            one: [key.hex() for key in keys] for one, keys in ring.spares.items()
        },
        "loose": [key.hex() for key in ring.loose],
    }


def tell(hass: HomeAssistant, trouble: str, **more: str) -> None:
    """Tell the user of a trouble with the keys."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        trouble,
        is_fixable=False,
        # What is newer is found again at each start; the rest is told once.
        is_persistent=trouble != NEWER,
        severity=ir.IssueSeverity.WARNING,
        translation_key=trouble,
        translation_placeholders=more,
    )


def tell_over(hass: HomeAssistant, *troubles: str) -> None:
    """Take back what the user was told of troubles."""
    for trouble in troubles:
        ir.async_delete_issue(hass, DOMAIN, trouble)
