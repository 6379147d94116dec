"""The entry of one bank: how it is set up and forgotten, and what diagnostics tell of it."""

from typing import Any, Final

from probatio import All, In, Invalid, Length, Optional, Range, Required

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..meters import report
from ..proto.bank.wiring import Wiring, doubled, parts_of
from ..runtime import SHARED
from ..stored import at_least, member, sound, table, word
from ..texts import async_tell, async_words, masked_addresses
from .coordinator import BankCoordinator
from .entities import async_remove_needless
from .members import CONF_LENGTH, CONF_MEMBERS, CONF_NAMES, CONF_WIRING
from .repairs import async_watch_members

MOST: Final = 64  # members


def _counted_once(members: list[str]) -> list[str]:
    """Take members of which none is there twice: all would be counted twice."""
    if doubled(members):
        raise Invalid("twice")
    return members


_WIRED: Final = In(set(Wiring))
_MORE: Final[dict[Any, Any]] = {
    Optional(CONF_LENGTH): All(int, Range(min=1, max=MOST)),
    Optional(CONF_NAMES): {member: word},
}
# As it has to be, and what of it can be gone on from.
DATA: Final = at_least(
    {
        Required(CONF_MEMBERS): All([member], Length(min=1, max=MOST), _counted_once),
        Required(CONF_WIRING): _WIRED,
        **_MORE,
    }
)
_SHAPE: Final = table({Optional(CONF_WIRING): _WIRED, **_MORE})


def stored_as(entry: ConfigEntry[Any] | None) -> dict[str, Any]:
    """Return how a bank is wired and its members are called, as far as that can be read."""
    found, _ = sound(_SHAPE, dict(entry.data) if entry else {})
    return dict(found)


async def async_prepare(
    hass: HomeAssistant, entry: ConfigEntry[BankCoordinator]
) -> None:
    """Make the coordinator of a bank, and keep how its members are called now."""
    coordinator = BankCoordinator(hass, entry, await async_words(hass))
    entry.runtime_data = coordinator
    if entry.data.get(CONF_NAMES) != coordinator.names:
        hass.config_entries.async_update_entry(
            entry, data={**entry.data, CONF_NAMES: coordinator.names}
        )


@callback
def async_start(hass: HomeAssistant, entry: ConfigEntry[BankCoordinator]) -> None:
    """Begin to follow the members."""
    coordinator = entry.runtime_data
    entry.async_on_unload(coordinator.async_watch())
    entry.async_on_unload(async_watch_members(hass, entry, coordinator))
    entry.async_on_unload(coordinator.window.async_start())
    entry.async_on_unload(coordinator.async_add_listener(coordinator.window.async_look))
    coordinator.async_list_members()
    async_remove_needless(hass, entry)


async def async_stop(entry: ConfigEntry[BankCoordinator]) -> None:
    """End the charge window, and have the meters write what they show, as long as they can."""
    await entry.runtime_data.window.async_close()
    entry.runtime_data.closing = True
    entry.runtime_data.async_update_listeners()


async def async_remove(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Forget a bank that was removed."""
    if shared := hass.data.get(SHARED):
        shared.forget(str(entry.unique_id))


async def async_report(
    hass: HomeAssistant, entry: ConfigEntry[BankCoordinator]
) -> dict[str, Any]:
    """Return what is known of a bank; its members go by their places, names may be those of persons."""
    coordinator = entry.runtime_data
    view, places = coordinator.data, [*coordinator.members]

    def numbers(members: Any) -> list[int]:
        return [places.index(one) + 1 for one in members]

    posts = hass.data[SHARED].board.posts
    sentences = {
        str(places.index(one) + 1): masked_addresses(await async_tell(hass, why))
        for one in view.left_out
        if (post := posts.get(parts_of(one)[0])) and (why := post.diagnose())
    }
    return {
        "members": len(places),
        "wiring": entry.data[CONF_WIRING],
        "read": numbers(view.read),
        "left_out": {
            str(places.index(one) + 1): str(why) for one, why in view.left_out.items()
        },
        "in_words": sentences,
        "lacking": {
            str(places.index(one) + 1): [str(name) for name in fields]
            for one, fields in view.lacking.items()
        },
        "blocked": numbers(view.blocked),
        "charge_estimated": numbers(view.estimated),
        "without_capacity": numbers(view.without_capacity),
        "troubles": [str(one) for one in view.troubles],
        "alarms": {str(one): numbers(who) for one, who in view.alarms.items()},
        "meters": report(coordinator.metering.meter, coordinator.today()),
        "values": view.sample.to_json()["values"],
    }
