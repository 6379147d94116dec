"""Which sensor or battery an advert comes from, and which devices of ours are heard.

One advert is recognised where it arrives; all that are heard are recognised beside the event loop.
"""

from collections.abc import Callable, Collection, Container, Iterable, Iterator
from heapq import nsmallest
from typing import Final, NamedTuple

from homeassistant.core import HomeAssistant

from ..proto.air.adverts import address_type
from ..proto.bms.index import INDEX
from ..proto.bms.matching import BatteryAdvert, recognise
from ..proto.mibeacon.decoder import Sighting, identify
from ..proto.model.names import Words, bracketed, clean_name, kinded, titled
from .adverts import HeardAdvert, last_advert, last_adverts

_FLEETING: Final = frozenset({"resolvable", "non_resolvable", "reserved"})
MIBEACON_FORMAT: Final = "mibeacon"
SHOWN: Final = 200  # devices that a form offers


def advert_of(info: HeardAdvert) -> BatteryAdvert:
    """Take from an advert what tells battery families apart; the name is as it was sent."""
    return BatteryAdvert(
        address=info.address,
        name=info.name if info.name != info.address else None,
        service_uuids=tuple(info.service_uuids),
        manufacturer_data=info.manufacturer_data,
        service_data=info.service_data,
    )


def sighting_of(info: HeardAdvert) -> Sighting | None:
    """Return which sensor an advert comes from, if from any of ours."""
    return identify(info.service_data, info.manufacturer_data, info.name, info.address)


def is_fleeting(info: HeardAdvert) -> bool:
    """Return whether an address changes all the time, so that it names no device."""
    return address_type(info.address, info.device.details).kind in _FLEETING


class Heard(NamedTuple):
    """A device that is heard: ``sighting`` is None for a battery, ``families`` empty for a sensor."""

    info: HeardAdvert
    sighting: Sighting | None
    families: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """Return its address."""
        return self.info.address

    @property
    def rssi(self) -> int:
        """Return how well it was heard last, in dBm."""
        return self.info.rssi

    @property
    def encrypted(self) -> bool | None:
        """Return whether it encrypts, None if it does not tell."""
        return self.sighting.encrypted if self.sighting else None

    @property
    def model(self) -> str:
        """Return its model, or what a battery calls itself."""
        if self.sighting:
            return self.sighting.model or self.sighting.title
        return self._own_name or INDEX[self.families[0]].title

    @property
    def _own_name(self) -> str:
        return clean_name(advert_of(self.info).name or "")

    def plain(self, words: Words) -> str:
        """Return what it is, as people say."""
        if self.sighting:
            return words("product", self.sighting.kind)
        name = self._own_name or INDEX[self.families[0]].called
        return kinded(words("product", "battery"), name)

    def known_as(self, words: Words) -> str:
        """Return its model or type, as people know it."""
        if self.sighting:
            return self.sighting.known_as(words)
        return INDEX[self.families[0]].title if self._own_name else ""

    def title(self, words: Words, taken: Collection[str] = ()) -> str:
        """Return the name that it gets unless somebody has a better one."""
        return titled(self.plain(words), self.address, taken)

    def label(self, words: Words, name: str) -> str:
        """Return name, model, address and signal, for lists."""
        shown = bracketed(name, self.known_as(words))
        return f"{shown} · {self.address} · {self.rssi} dBm"


def look_at(info: HeardAdvert) -> Heard | None:
    """Recognise a device by one advert; None if it is none of ours."""
    if sighting := sighting_of(info):
        return Heard(info, sighting)
    candidates = recognise(advert_of(info))
    if not candidates:
        return None
    best = candidates[0]
    # Where none is sure, each may be right: the first answer decides.
    names = tuple(
        one.family_id for one in candidates if not best.sure or one.score == best.score
    )
    return Heard(info, None, names)


def find(hass: HomeAssistant, address: str) -> Heard | None:
    """Return a device that is heard, None if it is not heard or none of ours."""
    info = last_advert(hass, address)
    return look_at(info) if info else None


async def async_ours[T](
    hass: HomeAssistant,
    choose: Callable[[Iterator[Heard]], T],
    *,
    connectable: bool = False,
) -> T:
    """Return what ``choose`` makes of all devices of ours that are heard, beside the event loop.

    What changes its address all the time is none that anybody could add.
    """
    # A crowd sends as many addresses as it likes, and recognising each takes its time.
    infos = last_adverts(hass, connectable=connectable)
    return await hass.async_add_executor_job(lambda: choose(_recognised(infos)))


def _recognised(infos: Iterable[HeardAdvert]) -> Iterator[Heard]:
    for info in infos:
        if not is_fleeting(info) and (heard := look_at(info)):
            yield heard


async def async_nearest(
    hass: HomeAssistant,
    known: Container[str | None] = (),
    suits: Callable[[Heard], bool] = lambda _: True,
) -> list[Heard]:
    """Return the nearest devices that suit and are not known, as many as fit into a form."""
    return await async_ours(
        hass,
        lambda ours: nsmallest(
            SHOWN,
            (one for one in ours if one.address not in known and suits(one)),
            key=nearness,
        ),
    )


def nearness(heard: Heard) -> tuple[int, str]:
    """Return what sorts devices, the nearest first."""
    return -heard.rssi, heard.address
