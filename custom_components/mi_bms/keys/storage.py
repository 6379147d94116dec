"""The private file of keys: what it holds comes out, keys go in, and the user is told what is wrong with it."""

from typing import Any, Final

from probatio import Optional, Schema

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from ..const import DOMAIN
from ..stored import address, flag, key, table, unix, word
from ..stored_files import CheckedStore, async_put_aside, async_read

STORE_VERSION: Final = 1
WRITE_TIME: Final = (
    10.0  # s until a file that is still being written counts as not written
)
STOPPED: Final = "adding_stopped"
DAMAGED: Final = "keys_damaged"
UNREADABLE: Final = "keys_unreadable"
NOT_STORED: Final = "keys_not_stored"
NEWER: Final = "keys_newer"


def _by_address(check: Any) -> Schema:
    return Schema({address: check})


# Rows that nobody here knows are counted as damage: the file is put aside before they are lost.
_SCHEMA: Final = Schema(
    {
        Optional("keys", default=dict): _by_address(key),
        Optional("spare", default=dict): _by_address([key]),
        Optional("loose", default=list): [key],
        Optional("identities", default=dict): _by_address(
            table(
                {
                    Optional("device_id"): word,
                    Optional("token"): word,
                    Optional("keyed_at"): unix,
                }
            )
        ),
        Optional("extras", default=dict): _by_address(str),
        # The decoder judges them.
        Optional("proofs", default=dict): _by_address(dict),
        Optional("auto_add", default=False): flag,
        Optional("ignored", default=list): [address],
    }
)


def store_of(hass: HomeAssistant) -> CheckedStore:
    """Return the store of the keys, which only the owner of the file may read."""
    return CheckedStore(
        hass, STORE_VERSION, f"{DOMAIN}.keys", private=True, atomic_writes=True
    )


async def async_kept(
    hass: HomeAssistant, store: CheckedStore
) -> tuple[dict[str, Any], int | None]:
    """Return what the file holds and how much of it was damaged, None if a newer version wrote it.

    A damaged file is put aside before it is replaced.
    """
    found, wrong = await async_read(store, _SCHEMA)
    if wrong is None:
        tell(hass, NEWER, file=store.key)
    elif wrong:
        may_replace = await async_put_aside(hass, store)
        known = may_replace or found is not None
        tell(hass, DAMAGED if known else UNREADABLE, file=store.key)
    kept: dict[str, Any] = _SCHEMA({}) if found is None else found
    return kept, wrong


async def async_store(store: CheckedStore, data: dict[str, Any]) -> bool:
    """Write the file now; return whether that was possible, and tell the user if it was not."""
    stored = await store.async_write(data, WRITE_TIME)
    if stored:
        tell_over(store.hass, NOT_STORED)
    else:
        tell(store.hass, NOT_STORED, file=store.key)
    return stored


def tell(hass: HomeAssistant, trouble: str, **more: str) -> None:
    """Tell the user of a trouble with the keys."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        trouble,
        is_fixable=False,
        # These are found again at each start; the rest is told once.
        is_persistent=trouble not in {NEWER, UNREADABLE, NOT_STORED},
        severity=ir.IssueSeverity.WARNING,
        translation_key=trouble,
        translation_placeholders=more,
    )


def tell_over(hass: HomeAssistant, *troubles: str) -> None:
    """Take back what the user was told of troubles."""
    for trouble in troubles:
        ir.async_delete_issue(hass, DOMAIN, trouble)
