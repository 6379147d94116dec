"""One battery in the Energy dashboard's preferences: made, found, judged, renamed and taken out.

Preferences are plain data in the form that Home Assistant stores; lists are never changed in place.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

type Source = Mapping[str, Any]

SOURCES: Final = "energy_sources"
POWER_CONFIG: Final = "power_config"
_BATTERY: Final = "battery"
_FROM: Final = "stat_energy_from"
_TO: Final = "stat_energy_to"
_RATE: Final = "stat_rate"
_INVERTED: Final = "stat_rate_inverted"
_SOC: Final = "stat_soc"
# Keys whose text is the id of a statistic or an entity; a name may look like one.
_IDS: Final = ("stat_", "entity_", "included_in_stat")


class Mistake(StrEnum):
    """What is wrong with a battery that somebody entered by hand."""

    SWAPPED = "swapped"
    SIGN = "sign"
    LEVEL = "level"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a battery has for the dashboard: entity ids, the name it gets there, and kWh.

    ``power`` is positive while charging, as everywhere here.
    """

    charged: str
    discharged: str
    power: str | None = None
    level: str | None = None
    capacity: float | None = None
    name: str = ""

    def source(self, known: Collection[str]) -> Source:
        """Return what is written, without the fields that this Home Assistant does not know."""
        # The dashboard wants plus for discharging; where it cannot turn a sign, power stays out.
        power = {_INVERTED: self.power} if self.power else None
        whole = {
            "type": _BATTERY,
            # What comes out of the battery flows from it into the house.
            _FROM: self.discharged,
            _TO: self.charged,
            POWER_CONFIG: power,
            _SOC: self.level,
            "capacity": self.capacity or None,
            "name": self.name or None,
        }
        # None is refused where a field may be left out.
        return {
            key: one for key, one in whole.items() if one is not None and key in known
        }

    def mistakes(self, source: Source) -> list[Mistake]:
        """Return what is wrong with this battery as it stands in the dashboard."""
        config = power_config(source) or {_RATE: source.get(_RATE)}
        turned = source.get(_FROM) == self.charged or source.get(_TO) == self.discharged
        level = source.get(_SOC)
        found = {
            Mistake.SWAPPED: turned,
            Mistake.SIGN: bool(self.power) and config.get(_RATE) == self.power,
            Mistake.LEVEL: bool(level)
            and level in (self.power, self.charged, self.discharged),
        }
        return [one for one, wrong in found.items() if wrong]


def naming(sources: Iterable[Source], meters: Collection[str]) -> list[Source]:
    """Return the batteries that are counted by one of these meters."""
    return [one for one in sources if _is_counted_by(one, meters)]


def _is_battery(source: object) -> bool:
    """Return whether it is a battery; somebody may have damaged the file by hand."""
    return isinstance(source, Mapping) and source.get("type") == _BATTERY


def _is_counted_by(source: Source, meters: Collection[str]) -> bool:
    ids = (source.get(_FROM), source.get(_TO)) if _is_battery(source) else ()
    return any(_names(one, meters) for one in ids)


def _names(value: object, ids: Collection[str]) -> bool:
    return isinstance(value, str) and value in ids


def power_config(source: object) -> Mapping[str, Any]:
    """Return of which sensors the power of a source is made, nothing where that cannot be read."""
    found = source.get(POWER_CONFIG) if isinstance(source, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def without(sources: Iterable[Source], gone: set[str]) -> list[Source]:
    """Return the sources without the batteries whose meters are gone.

    Of a battery with other meters only what is gone is left out. What else was entered by hand is
    not ours to judge.
    """
    return [
        _stripped(one, gone) if _is_battery(one) else one
        for one in sources
        if not _is_counted_by(one, gone)
    ]


def _stripped(source: Source, gone: set[str]) -> Source:
    lost = {_SOC} if _names(source.get(_SOC), gone) else set()
    rates = (source.get(_RATE), *power_config(source).values())
    if any(_names(one, gone) for one in rates):
        lost |= {_RATE, POWER_CONFIG}
    return {key: one for key, one in source.items() if key not in lost}


def renamed(node: Any, names: Mapping[str, str], key: str = "") -> Any:
    """Return preferences, or a part of them, with other ids for some entities wherever they are named."""
    if isinstance(node, Mapping):
        return {name: renamed(one, names, name) for name, one in node.items()}
    if isinstance(node, list):
        return [renamed(one, names, key) for one in node]
    if isinstance(node, str) and key.startswith(_IDS):
        return names.get(node, node)
    return node
