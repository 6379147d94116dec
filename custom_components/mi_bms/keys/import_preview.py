"""What taking a heap of keys would change: what is set up and heard now goes in, rows come out.

The heap is judged beside the event loop, by ``proto.keys.preview``.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache

from homeassistant.core import HomeAssistant, callback

from ..bluetooth.adverts import last_advert
from ..bluetooth.discovery import Heard, look_at
from ..const import DOMAIN, KIND_SENSOR
from ..entries import Wish, entries_of, entry_of, key_of, name_of, taken_names
from ..proto.keys.contract import Import, KeyLine, RefusedLine
from ..proto.keys.preview import Around, Preview, PreviewRow, look
from .ring import Keys


@callback
def _around(hass: HomeAssistant, keys: Keys, found: Import) -> Around:
    lines: list[KeyLine | RefusedLine] = [*found.found, *found.refused]
    swapped = (line.swapped[0] for line in found.found if line.swapped)
    frames = keys.everybodys_frames()
    addresses = {
        one for one in (*(one.address for one in lines), *swapped, *frames) if one
    }
    infos = {one: info for one in addresses if (info := last_advert(hass, one))}

    @cache
    def heard(address: str) -> Heard | None:
        info = infos.get(address)
        return look_at(info) if info else None

    return Around(
        heard,
        frames,
        {
            entry.unique_id: key_of(entry)
            for entry in hass.config_entries.async_entries(DOMAIN, include_ignore=False)
            if entry.unique_id
        },
        {str(entry.unique_id) for entry in entries_of(hass, KIND_SENSOR)},
        {
            str(entry.unique_id): name_of(hass, entry)
            for entry in hass.config_entries.async_entries(DOMAIN, include_ignore=False)
        },
        taken_names(hass, {one for one in addresses if not entry_of(hass, one)}),
    )


async def async_look(hass: HomeAssistant, keys: Keys, found: Import) -> Preview:
    """Compare a heap of keys with what is set up and with what is heard."""
    around = _around(hass, keys, found)
    return await hass.async_add_executor_job(look, around, found)


async def async_collect(
    hass: HomeAssistant, keys: Keys, lines: Iterable[KeyLine]
) -> Preview:
    """Compare keys that came from another place than a text."""
    found = Import(found=tuple(lines), refused=(), loose=(), lines=0, aside=())
    preview = await async_look(hass, keys, found)
    rows = {address: replace(row, line=None) for address, row in preview.rows.items()}
    return replace(preview, rows=rows)


def wish_of(row: PreviewRow) -> Wish:
    """Return what is to be added or changed for a row that was ticked."""
    return Wish(
        address=row.address,
        name=row.name,
        key=row.key,
        product=row.product,
        extra=row.extra,
    )
