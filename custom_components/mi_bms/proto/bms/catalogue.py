"""How a battery family is listed: title, brands, the looks of its adverts, its password.

Each file of ``families`` holds the listing of its battery; ``index``, made of all of them by
``script/generate``, is what recognition reads, so that no decoder is imported for it. All criteria of
a ``Match`` row must hold. Names are shell patterns, case-sensitive, compared after blanks, line ends
and NUL at the end were cut. Sources: the readers of these protocols that each family's file names.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from .uuids import expand


class Secret(StrEnum):
    """Describe what kind of password a family takes."""

    NONE = "none"
    TEXT = "text"
    PIN = "pin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Password:
    """Describe a password: kind, the factory's value, the longest one, and whether there must be one.

    ``refusal`` is the ATT error of a battery that wants it before anything else.
    """

    kind: Secret = Secret.NONE
    default: str | None = None
    longest: int = 0
    required: bool = False
    refusal: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Describe one look of an advert; every criterion that is given must hold.

    ``mfr`` are manufacturer ids and ``mfr_data`` the first bytes of that data; ``ouis`` are beginnings
    of the address. ``own_address``: manufacturer id and data spell the device's address. ``sure`` is
    false when other devices look the same, so a first answer has to confirm the family; ``second``: it
    is less often this one. ``brands`` are those whose batteries look so, where that is known of a single
    row. ``discover`` replaces ``name`` in Home Assistant's matchers, which want
    three literal characters first; brackets there are spelled out.
    """

    name: str | None = None
    service: str | None = None
    mfr: tuple[int, ...] = ()
    mfr_data: bytes = b""
    service_data: str | None = None
    no_service_data: bool = False
    ouis: tuple[str, ...] = ()
    own_address: bool = False
    sure: bool = True
    second: bool = False
    discover: str | None = None
    brands: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Expand the UUIDs."""
        for name in ("service", "service_data"):
            if value := getattr(self, name):
                object.__setattr__(self, name, expand(value))


_CALLED: Final = 18  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What is known of a family without its decoder: names, how its adverts look, and its password.

    ``order``: families that fit an advert equally well, and all families when nothing is known, are
    asked in this order, then by id; whoever sets it says why.

    ``manual``: adverts of this family say nothing, the user has to choose it. ``either_unit``: it
    speaks °C or °F as it is set and does not say which, so the user has to (``contract.CELSIUS``).
    ``shared_module``: the module that advertises is in charge controllers, too.
    """

    title: str
    brands: tuple[str, ...] = ()
    match: tuple[Match, ...] = ()
    password: Password = field(default_factory=Password)
    manual: bool = False
    either_unit: bool = False
    shared_module: bool = False
    order: int = 50

    @property
    def called(self) -> str:
        """Return the title in few words, for a battery that has no other name."""
        first, *others = self.title.replace("\\", "").removesuffix(" battery").split()
        for word in others:
            if len(longer := f"{first} {word}") > _CALLED:
                break
            first = longer
        return first


def names(
    *patterns: str,
    service: str | None = None,
    mfr: tuple[int, ...] = (),
    sure: bool = True,
    brands: tuple[str, ...] = (),
) -> tuple[Match, ...]:
    """Return a row for each of several names with the same other criteria."""
    return tuple(
        Match(name=name, service=service, mfr=mfr, sure=sure, brands=brands)
        for name in patterns
    )


# Devices that look like batteries and are none, or that cannot be connected over Bluetooth LE.
IGNORED: Final = ("BMS-SMART_*", "BT-ROCC2440*")
