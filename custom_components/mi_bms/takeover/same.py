"""Whether a device that another integration reads is one of ours, where no address says so."""

import re
from typing import Final, NamedTuple

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr

from ..batteries.coordinator import BatteryCoordinator
from ..bluetooth.adverts import last_advert
from ..entries import entry_of, name_of, running
from ..proto.bms.profile import Profile
from ..proto.model.sample import BmsSample
from ..proto.takeover.likeness import Showing, likeness, shown_by_ours, shown_by_theirs
from .old_rows import old_rows
from .ours import ours_of_battery, ours_of_entry
from .things import Thing, rows_of_part

_END: Final = re.compile(r"(?<![0-9A-Fa-f])[0-9A-Fa-f]{6}$")
_SHORTEST: Final = 4  # characters of a name or a serial number that tell anything
# Of a serial number of JK's that fills its field; Batmon reads on into what stands behind it.
_FULL: Final = 11


class Known(NamedTuple):
    """What is known of a device of ours, or of one that might become one."""

    address: str
    names: frozenset[str]
    serial: str | None = None  # that a battery says it has
    shows: Showing | None = None  # of a battery, what it said last


@callback
def async_known(
    hass: HomeAssistant,
    address: str,
    profile: Profile | None = None,
    sample: BmsSample | None = None,
) -> Known:
    """Gather what is known; ``profile`` and ``sample`` are of a battery that was just read."""
    entry, names = entry_of(hass, address), set[str | None]()
    if entry:
        names |= {entry.title, name_of(hass, entry)}
    shows = None
    if profile and sample:
        rows = ours_of_battery(hass, address, profile, sample)
        shows = shown_by_ours([*rows.values()])
    elif entry and (coordinator := running(entry, BatteryCoordinator)):
        profile = coordinator.profile
        shows = shown_by_ours([*ours_of_entry(hass, entry).values()])
    if heard := last_advert(hass, address):
        names.add(heard.name)
    if profile:
        names.add(profile.info.name)
    plain = frozenset(_plain(name) for name in names if name)
    serial = profile.info.serial_number if profile else None
    told = serial and len(serial) >= _SHORTEST
    return Known(address, plain, serial if told else None, shows)


@callback
def sure(hass: HomeAssistant, thing: Thing, known: Known) -> bool | None:
    """Return whether it is surely the same; False where that is only likely, None where it is not."""
    if thing.address:
        return True if thing.address == known.address else None
    device = dr.async_get(hass).async_get(thing.device_id)
    if device is None:
        return None
    said = {identifier for _, identifier, *_ in device.identifiers}
    if known.serial and any(_is_serial(one, known.serial) for one in said):
        return True
    if end := _END.search(thing.part):
        ours = known.address.replace(":", "")
        return False if ours.endswith(end[0].upper()) else None
    names = {
        _plain(one) for one in (thing.part, device.name, device.name_by_user) if one
    }
    same = not names.isdisjoint(known.names) or _is_like(hass, thing, known)
    return False if same else None


def _is_serial(told: str, serial: str) -> bool:
    return told == serial or (len(serial) == _FULL and told.startswith(serial))


def _is_like(hass: HomeAssistant, thing: Thing, known: Known) -> bool:
    """Return whether both say the same of a battery at the same time."""
    if known.shows is None:
        return False
    where = thing.entry.entry_id, thing.device_id, thing.part
    olds = old_rows(hass, [*rows_of_part(hass, thing.peer, *where)], {})
    return likeness(shown_by_theirs(olds, thing.peer), known.shows)


def _plain(name: str) -> str:
    """Return the letters and digits of a name; what is too short to tell anything is its own."""
    plain = "".join(filter(str.isalnum, name.casefold()))
    return plain if len(plain) >= _SHORTEST else name
