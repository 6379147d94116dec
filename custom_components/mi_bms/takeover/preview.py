"""What would become of a device of another integration: the plan, and the same in words. Nothing is changed."""

from collections.abc import Iterable, Mapping
from typing import Final

from homeassistant.components.sensor.const import UNIT_CONVERTERS
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.translation import async_get_translations

from ..const import DOMAIN
from ..proto.mibeacon.devices import EVENT_TYPES
from ..proto.model.fields import spot_of
from ..proto.model.names import clean_name
from ..proto.takeover.judge import judge
from ..proto.takeover.model import MovePlan, OldRow, OurRow
from ..texts import async_words
from .find import Found, rows_of
from .old_rows import async_old_rows
from .our_rows import Key, event_row
from .ours import any_of_sensor, invented_of
from .preview_text import PreviewText
from .uses import Uses

# They decode the same adverts: what they have a value of now, we shall have, too.
_SAME_ADVERTS: Final = frozenset({"xiaomi_ble", "bthome", "qingping"})
_PLATFORMS: Final = ("sensor", "binary_sensor", "event")


async def async_plan(
    hass: HomeAssistant, found: Found, ours: Mapping[Key, OurRow]
) -> MovePlan:
    """Return what would become of each entity; ``ours`` are those that the device has with us."""
    olds = await async_old_rows(hass, rows_of(hass, found))
    if found.peer.domain in _SAME_ADVERTS:
        ours = {**_heard_there(hass, found, olds), **ours}
    rulings = judge(olds, found.peer, found.address, ours, _convertible)
    taken = {(one.ours.domain, one.ours.key) for one in rulings if one.ours}
    return MovePlan(
        address=found.address,
        peer=found.peer.domain,
        recipe=found.peer.recipe,
        peer_entry=found.entry_id,
        device_id=found.device_id,
        rulings=rulings,
        added=tuple(
            row
            for key, row in ours.items()
            if key not in taken and row.entity_id is None
        ),
    )


async def async_preview_text(hass: HomeAssistant, plan: MovePlan, uses: Uses) -> str:
    """Return a plan as Markdown in the language of the house."""
    language: str = hass.config.language
    names = await async_get_translations(hass, language, "entity", [DOMAIN])
    common = await async_get_translations(
        hass, language, "entity_component", _PLATFORMS
    )
    device = dr.async_get(hass).async_get(plan.device_id)
    name = clean_name((device and (device.name_by_user or device.name)) or "")
    words = await async_words(hass)
    return PreviewText(words, {**common, **names}, name or plan.address).told(
        plan, uses
    )


def _heard_there(
    hass: HomeAssistant, found: Found, olds: Iterable[OldRow]
) -> dict[Key, OurRow]:
    """Return ours for what the other integration hears now, or has heard happen."""
    heard = [one for one in olds if one.value is not None or one.domain == "event"]
    any_of_ours = any_of_sensor(hass)
    for old in heard:
        named = found.peer.named(old.unique_id)
        if named and named.key.partition("_")[0] in EVENT_TYPES:
            key = named.key.lower()
            row = event_row(f"event_{key}", key)
            any_of_ours[row.domain, row.key] = row
    rulings = judge(heard, found.peer, found.address, any_of_ours, _convertible)
    invented = invented_of(hass, found.address)
    return {
        (one.ours.domain, one.ours.key): one.ours
        for one in rulings
        if one.ours and spot_of(one.ours.key)[0] not in invented
    }


def _convertible(kind: str | None, theirs: str | None, ours: str | None) -> bool:
    """Return whether Home Assistant converts between two units of entities of a kind."""
    converter = UNIT_CONVERTERS.get(kind)
    return converter is not None and {theirs, ours} <= converter.VALID_UNITS
