"""What one poll of a battery gave: scalars, cells, probes, packs, and the device's own words about itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Final, Self

from .fields import Field
from .names import clean_name
from .reading import Value


class Place(StrEnum):
    """Name where a temperature probe sits."""

    GENERIC = "generic"
    CELL = "cell"
    CELL_MAX = "cell_max"
    CELL_MIN = "cell_min"
    MOSFET = "mosfet"
    PCB = "pcb"
    HEATER = "heater"
    BALANCER = "balancer"
    AMBIENT = "ambient"


@dataclass(frozen=True, slots=True)
class Probe:
    """Hold one temperature in °C and where it was measured; None marks a fitted place without a value."""

    celsius: float | None
    place: Place = Place.GENERIC


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceInfo:
    """Hold what a battery says of itself, as it can be shown; None = not said."""

    manufacturer: str | None = None
    model: str | None = None
    model_id: str | None = None
    serial_number: str | None = None
    sw_version: str | None = None
    hw_version: str | None = None
    fw_version: str | None = None
    name: str | None = None
    production_date: str | None = None  # ISO date

    def __post_init__(self) -> None:
        """Clean the texts, which a stranger may have chosen; a day that no calendar has is none."""
        for name in self.__slots__:
            if said := getattr(self, name):
                object.__setattr__(self, name, clean_name(said) or None)
        if self.production_date is None:
            return
        try:
            date.fromisoformat(self.production_date)
        except ValueError:
            object.__setattr__(self, "production_date", None)


# Most samples have it: a battery is asked for what it says of itself once.
_SAID_NOTHING: Final = DeviceInfo()


@dataclass(frozen=True, slots=True, kw_only=True)
class BmsSample:
    """Hold one consistent set of values of a battery.

    ``values`` has every scalar field that was sent or derived; a field that is absent was not
    known. ``cells`` are volts, index 0 = cell 1; None marks a fitted place without a value.
    ``derived`` are fields that the battery did not send: they follow from others. ``switches`` are the
    commands that it tells, by target: True is released, which is not the same as conducting.
    ``left_out`` is what single cells, probes, packs or values said that no battery can have, by place.
    ``alarms`` are words of the shared alarm vocabulary that are active now; ``counters`` are lifetime
    counts of protections under the same words.
    """

    values: Mapping[Field, Value] = field(default_factory=dict)
    cells: tuple[float | None, ...] = ()
    probes: tuple[Probe, ...] = ()
    packs: tuple[BmsSample, ...] = ()
    alarms: frozenset[str] = frozenset()
    counters: Mapping[str, int] = field(default_factory=dict)
    info: DeviceInfo = _SAID_NOTHING
    left_out: Mapping[str, Value] = field(default_factory=dict)
    switches: Mapping[str, bool] = field(default_factory=dict)
    derived: frozenset[Field] = field(default=frozenset(), compare=False)

    def to_json(self) -> dict[str, Any]:
        """Return the values as plain data, without what the device says of itself."""
        return {
            "values": {
                # Stored integers have 64 bits at most; some problem codes are wider.
                name: fold(value)
                if name is Field.PROBLEM_CODE and isinstance(value, int)
                else value
                for name, value in self.values.items()
            },
            "cells": list(self.cells),
            "probes": [[probe.celsius, probe.place] for probe in self.probes],
            "alarms": sorted(self.alarms),
            "counters": dict(self.counters),
            "packs": [pack.to_json() for pack in self.packs],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return stored values that were found sound; what an older version did not store is empty."""
        values, probes = data.get("values", {}), data.get("probes", ())
        return cls(
            values={Field(name): value for name, value in values.items()},
            cells=tuple(data.get("cells", ())),
            probes=tuple(Probe(celsius, Place(place)) for celsius, place in probes),
            alarms=frozenset(data.get("alarms", ())),
            counters=dict(data.get("counters", {})),
            packs=tuple(cls.from_json(pack) for pack in data.get("packs", ())),
        )


def fold(code: int) -> int:
    """Bring an alarm code to 64 bits: higher bits are laid over the lower ones, so none is lost."""
    folded = 0
    while code:
        folded |= code & 0xFFFF_FFFF_FFFF_FFFF
        code >>= 64
    return folded
