"""What is heard of one device: who sends it, what kind of address it has, whether a filter wants it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from .structures import Payload, parse, rebuild

# As proxies number them, and as a local adapter names them.
_KINDS: Final[Mapping[object, str]] = {
    0: "public",
    1: "random",
    2: "public_resolved",
    3: "random_resolved",
    "public": "public",
    "random": "random",
}
# By the two top bits of a random address.
_RANDOM: Final = ("non_resolvable", "resolvable", "reserved", "static")


class AddressType(NamedTuple):
    """Name the type of an address, and the kind of a random one; None = not known."""

    type: str | None
    kind: str | None = None


def address_type(address: str, details: object) -> AddressType:
    """Return of what type an address is, from what the scanner tells of the device.

    The bits mean something in random addresses only: a public one may have any.
    """
    told = _told(details)
    word = _KINDS.get(told) if isinstance(told, int | str) else None
    if word != "random":
        return AddressType(word)
    try:
        return AddressType(word, _RANDOM[int(address[:2], 16) >> 6])
    except ValueError:
        return AddressType(word)


def _told(details: object) -> object:
    """Return the word for the type; each kind of scanner has its own place for it."""
    if not isinstance(details, dict):
        return None
    properties = details.get("props")
    local = properties.get("AddressType") if isinstance(properties, dict) else None
    return details.get("address_type", local)


@dataclass(frozen=True, slots=True, kw_only=True)
class AirAdvert:
    """What a scanner gives of an advert: UUIDs in full lower case, ``rssi`` and ``tx_power`` in dBm.

    ``raw`` is None where the scanner does not give the bytes; ``name`` is None where none was sent.
    """

    address: str
    rssi: int
    name: str | None = None
    services: tuple[str, ...] = ()
    service_data: Mapping[str, bytes] = field(default_factory=dict)
    manufacturer_data: Mapping[int, bytes] = field(default_factory=dict)
    tx_power: int | None = None
    raw: bytes | None = None

    @property
    def payload(self) -> Payload:
        """Take the bytes apart; without them, put together what is known."""
        if self.raw is not None:
            return parse(self.raw)
        return rebuild(
            name=self.name,
            services=self.services,
            service_data=self.service_data,
            manufacturer_data=self.manufacturer_data,
            tx_power=self.tx_power,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Describe which adverts are wanted; None = any.

    ``name`` is a part of the name in whatever case, ``service`` a full UUID that is listed or has
    data, ``rssi`` the weakest signal in dBm, ``company`` the id of a maker that has data.
    """

    address: str | None = None
    name: str | None = None
    service: str | None = None
    rssi: int | None = None
    company: int | None = None

    def fits(self, advert: AirAdvert) -> bool:
        """Return whether an advert is wanted."""
        return (
            self.address in {None, advert.address}
            and (self.rssi is None or advert.rssi >= self.rssi)
            and (self.company is None or self.company in advert.manufacturer_data)
            and (
                self.service is None
                or self.service in advert.services
                or self.service in advert.service_data
            )
            and (
                self.name is None
                or self.name.casefold() in (advert.name or "").casefold()
            )
        )
