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
from .things import Thing

_END: Final = re.compile(r"(?<![0-9A-Fa-f])[0-9A-Fa-f]{6}$")
_SHORTEST: Final = 4  # characters of a name or a serial number that tell anything


class Known(NamedTuple):
    """What is known of a device of ours, or of one that might become one."""

    address: str
    names: frozenset[str]
    profile: Profile | None = None
    sample: BmsSample | None = None

    @property
    def serial(self) -> str | None:
        """Return the serial number that a battery says it has."""
        said = self.profile.info.serial_number if self.profile else None
        return said if said and len(said) >= _SHORTEST else None


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
    if coordinator := running(entry, BatteryCoordinator):
        profile = profile or coordinator.profile
        sample = sample or coordinator.data
    if heard := last_advert(hass, address):
        names.add(heard.name)
    if profile:
        names.add(profile.info.name)
    plain = frozenset(_plain(name) for name in names if name)
    return Known(address, plain, profile, sample)


@callback
def sure(hass: HomeAssistant, thing: Thing, known: Known) -> bool | None:
    """Return whether it is surely the same; False where that is only likely, None where it is not."""
    if thing.address:
        return True if thing.address == known.address else None
    device = dr.async_get(hass).async_get(thing.device_id)
    if device is None:
        return None
    said = {identifier for _, identifier, *_ in device.identifiers}
    if known.serial and known.serial in said:
        return True
    if end := _END.search(thing.part):
        ours = known.address.replace(":", "")
        return False if ours.endswith(end[0].upper()) else None
    names = {
        _plain(one) for one in (thing.part, device.name, device.name_by_user) if one
    }
    return False if any(one in known.names for one in names) else None


def _plain(name: str) -> str:
    """Return the letters and digits of a name; what is too short to tell anything is its own."""
    plain = "".join(filter(str.isalnum, name.casefold()))
    return plain if len(plain) >= _SHORTEST else name
