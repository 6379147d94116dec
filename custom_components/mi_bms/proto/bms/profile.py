"""What a battery has shown of itself: which entities it has, before it is ever read again.

Pure: samples go in, spots come out. A spot is the place of one value; the same spot finds the value
in each later sample.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple, Self

from ..model.fields import Field
from ..model.reading import Value
from ..model.sample import BmsSample, DeviceInfo, Place
from .alarms import Alarm

FIRST: Final = (Field.BATTERY_LEVEL, Field.POWER, Field.CURRENT, Field.VOLTAGE)
# Each of them tells whether it is charged or discharged.
_MOVED: Final = (Field.CURRENT, Field.POWER, Field.BATTERY_CHARGING)


class Spot(NamedTuple):
    """One thing that a battery shows: a field, its cell, probe or alarm word, its pack from 1."""

    field: Field
    part: int | str | None = None
    pack: int | None = None

    @property
    def key(self) -> str:
        """Return the part of a unique id that names this spot."""
        part = "" if self.part is None else f"_{self.part}"
        pack = "" if self.pack is None else f"pack_{self.pack}_"
        return f"{pack}{self.field}{part}"

    def around(self, sample: BmsSample) -> BmsSample | None:
        """Return the sample of the battery or of the spot's pack, None where it lacks the pack."""
        if self.pack is None:
            return sample
        return sample.packs[self.pack - 1] if self.pack <= len(sample.packs) else None

    def value(self, sample: BmsSample) -> Value | None:
        """Return what stands there in a sample that ``around`` gave, None where nothing does."""
        match self.field, self.part:
            case Field.CELL_VOLTAGE, int(number):
                return sample.cells[number - 1] if number <= len(sample.cells) else None
            case Field.PROBE_TEMPERATURE, int(number):
                probes = sample.probes
                return probes[number - 1].celsius if number <= len(probes) else None
            case Field.PROTECTION_COUNT, str(word):
                return sample.counters.get(word)
        value = sample.values.get(self.field)
        if isinstance(self.part, int) and isinstance(value, int):
            # One bit of the balancer's mask.
            return bool(value >> (self.part - 1) & 1)
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The fields, the number of cells, the probes … that a battery, and each of its packs, has shown.

    ``balancing``: it tells which of its cells are balanced. ``counters`` are alarm words.
    """

    fields: frozenset[Field] = frozenset()
    cells: int = 0
    probes: tuple[Place, ...] = ()
    balancing: bool = False
    counters: frozenset[str] = frozenset()
    packs: tuple[Profile, ...] = ()
    info: DeviceInfo = field(default_factory=DeviceInfo)

    def learn(self, sample: BmsSample) -> Self:
        """Return the profile with what a sample shows; nothing is forgotten, since an answer may lack a field once."""
        info = {
            name: getattr(sample.info, name) or getattr(self.info, name)
            for name in DeviceInfo.__slots__
        }
        places = tuple(probe.place for probe in sample.probes)
        mask = sample.values.get(Field.BALANCER)
        packs = list(self.packs)
        packs += [Profile()] * (len(sample.packs) - len(packs))
        for place, pack in enumerate(sample.packs):
            packs[place] = packs[place].learn(pack)
        return type(self)(
            fields=self.fields | frozenset(sample.values),
            cells=max(self.cells, len(sample.cells)),
            probes=places if len(places) >= len(self.probes) else self.probes,
            # A board that only says "some cell" sends a flag, no mask.
            balancing=self.balancing
            or (isinstance(mask, int) and not isinstance(mask, bool)),
            counters=self.counters | frozenset(sample.counters),
            packs=tuple(packs),
            info=DeviceInfo(**info),
        )

    def without_packs_from(self, number: int) -> Self:
        """Return the profile without a pack, from 1, and those behind it."""
        return replace(self, packs=self.packs[: number - 1])

    def spots(self, pack: int | None = None) -> Iterator[Spot]:
        """Return everything the battery shows; cells and probes of packs stand with their packs only."""
        # In the order of the device's page, as far as that is ours: what is asked for first.
        for name in FIRST:
            if name in self.fields:
                yield Spot(name, None, pack)
        if pack is None:
            yield Spot(Field.LAST_READ)
        for name, shown in (
            *((name, name in self.fields) for name in Field if name not in FIRST),
            (Field.BATTERY_STATE, not self.fields.isdisjoint(_MOVED)),
            (Field.ALARM, Field.PROBLEM_CODE in self.fields),
            (Field.PRODUCTION_DATE, self.info.production_date),
        ):
            if shown:
                yield Spot(name, None, pack)
        for name, parts in self._parts():
            for part in parts:
                yield Spot(name, part, pack)
        for number, one in enumerate(self.packs, 1):
            yield from one.spots(number)

    def _parts(self) -> Iterator[tuple[Field, Iterable[int | str]]]:
        """Return what there is several of, with numbers from 1 or words."""
        yield Field.PROTECTION_COUNT, sorted(self.counters)
        if not any(one.cells for one in self.packs):
            cells = range(1, self.cells + 1)
            yield Field.CELL_VOLTAGE, cells
            yield Field.BALANCER, cells if self.balancing else ()
        if not any(one.probes for one in self.packs):
            yield Field.PROBE_TEMPERATURE, range(1, len(self.probes) + 1)

    def to_json(self) -> dict[str, Any]:
        """Return the profile as plain values for the config entry."""
        return {
            "fields": sorted(self.fields),
            "cells": self.cells,
            "probes": list(self.probes),
            "balancing": self.balancing,
            "counters": sorted(self.counters),
            "packs": [pack.to_json() for pack in self.packs],
            "info": _info_to_json(self.info),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return a stored profile; what a newer version knows more of is left out, but counts as a probe."""
        known, places = set(Field), set(Place)
        info = {
            name: value
            for name, value in data["info"].items()
            if name in DeviceInfo.__slots__
        }
        return cls(
            fields=frozenset(Field(name) for name in data["fields"] if name in known),
            cells=data["cells"],
            probes=tuple(
                Place(name) if name in places else Place.GENERIC
                for name in data["probes"]
            ),
            balancing=data["balancing"],
            counters=frozenset(data["counters"]) & set(Alarm),
            packs=tuple(Profile.from_json(pack) for pack in data["packs"]),
            info=DeviceInfo(**info),
        )


def _info_to_json(info: DeviceInfo) -> dict[str, str]:
    return {
        name: value for name in DeviceInfo.__slots__ if (value := getattr(info, name))
    }
