"""What a battery has shown of itself so far: which entities it has, before it is ever read again."""

from dataclasses import dataclass, field
from typing import Any, Self

from .proto.model.fields import Field
from .proto.model.sample import BmsSample, DeviceInfo, Place, Probe, fold


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Hold the fields, the number of cells and the probes that a battery has shown."""

    fields: frozenset[Field] = frozenset()
    cells: int = 0
    probes: tuple[Place, ...] = ()
    info: DeviceInfo = field(default_factory=DeviceInfo)

    def learn(self, sample: BmsSample) -> Self:
        """Add what a sample shows; nothing is forgotten, since an answer may lack a field once."""
        info = {
            name: getattr(sample.info, name) or getattr(self.info, name)
            for name in DeviceInfo.__slots__
        }
        places = tuple(probe.place for probe in sample.probes)
        return type(self)(
            fields=self.fields | frozenset(sample.values),
            cells=max(self.cells, len(sample.cells)),
            probes=places if len(places) >= len(self.probes) else self.probes,
            info=DeviceInfo(**info),
        )

    def to_json(self) -> dict[str, Any]:
        """Give the profile as plain values for the config entry."""
        return {
            "fields": sorted(self.fields),
            "cells": self.cells,
            "probes": list(self.probes),
            "info": _info_to_json(self.info),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Read a stored profile; a field of a newer version is left out."""
        known = {member.value for member in Field}
        return cls(
            fields=frozenset(Field(name) for name in data["fields"] if name in known),
            cells=data["cells"],
            probes=tuple(Place(name) for name in data["probes"]),
            info=DeviceInfo(**data["info"]),
        )


def _info_to_json(info: DeviceInfo) -> dict[str, str]:
    return {
        name: value for name in DeviceInfo.__slots__ if (value := getattr(info, name))
    }


def sample_to_json(sample: BmsSample) -> dict[str, Any]:
    """Give a sample's values as plain data, for the restore store."""
    return {
        "values": {
            # Stored integers have 64 bits at most; some problem codes are wider.
            name: fold(value)
            if name is Field.PROBLEM_CODE and isinstance(value, int)
            else value
            for name, value in sample.values.items()
        },
        "cells": list(sample.cells),
        "probes": [[probe.celsius, probe.place] for probe in sample.probes],
    }


def sample_from_json(data: dict[str, Any]) -> BmsSample:
    """Read a stored sample."""
    known = {member.value for member in Field}
    return BmsSample(
        values={
            Field(name): value
            for name, value in data["values"].items()
            if name in known
        },
        cells=tuple(data["cells"]),
        probes=tuple(Probe(celsius, Place(place)) for celsius, place in data["probes"]),
    )
