"""Correct what a battery measures wrongly or was told wrongly, before anything is derived from it.

A corrected value takes what the battery itself computed from the wrong one out of the draft, so that
``derive.finish`` computes it anew. Several packs are corrected one by one; the capacity is the one of
the whole.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from ..model.fields import Field
from .codec import Draft

# Fields that follow from others: present ones were computed by the battery from what is corrected here.
_OF_CURRENT: Final = (Field.BATTERY_CHARGING, Field.RUNTIME, Field.TIME_TO_FULL)
_OF_CAPACITY: Final = (
    Field.CYCLE_CAPACITY,
    Field.RUNTIME,
    Field.TIME_TO_FULL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """Hold the corrections of one battery.

    ``invert`` turns the sign of the current, ``gain`` multiplies it, and what is then smaller than
    ``dead_band`` (A) counts as none. ``capacity`` (Ah) replaces the design capacity, and what was
    counted in that one is scaled. ``offset`` (K) is added to every temperature.
    """

    invert: bool = False
    gain: float = 1.0
    dead_band: float = 0.0
    capacity: float | None = None
    offset: float = 0.0

    @property
    def factor(self) -> float:
        """Return by what currents are multiplied."""
        return -self.gain if self.invert else self.gain

    def apply(self, draft: Draft) -> None:
        """Correct a draft and the drafts of its packs."""
        for pack in draft.packs:
            replace(self, capacity=None).apply(pack)
        self._correct_current(draft)
        if self.offset:
            self._correct_temperature(draft)
        if self.capacity:
            self._correct_capacity(draft, self.capacity)

    def _correct_current(self, draft: Draft) -> None:
        """Correct current and power."""
        measured = draft.number(Field.CURRENT)
        if measured is None:
            return
        current = measured * self.factor
        current = 0 if abs(current) < self.dead_band else round(current, 3)
        if current == measured:
            return
        draft.put(Field.CURRENT, current)
        power = draft.number(Field.POWER)
        if power is not None:
            draft.put(Field.POWER, round(power * current / measured, 3))
        _drop(draft, _OF_CURRENT)

    def _correct_temperature(self, draft: Draft) -> None:
        """Move every temperature."""
        draft.probes = [
            probe
            if probe.celsius is None
            else replace(probe, celsius=round(probe.celsius + self.offset, 3))
            for probe in draft.probes
        ]
        if (mean := draft.number(Field.TEMPERATURE)) is not None:
            draft.put(Field.TEMPERATURE, round(mean + self.offset, 3))

    def _correct_capacity(self, draft: Draft, capacity: float) -> None:
        """Replace the capacity; what was counted in the old one is scaled, or else the level tells."""
        believed = _total(draft, Field.DESIGN_CAPACITY) or draft.number(
            Field.FULL_CHARGE
        )
        counted = {
            Field.CYCLE_CHARGE: _total(draft, Field.CYCLE_CHARGE),
            Field.FULL_CHARGE: draft.number(Field.FULL_CHARGE),
        }
        draft.put(Field.DESIGN_CAPACITY, capacity)
        _drop(draft, _OF_CAPACITY)
        if believed:
            for name, charge in counted.items():
                if charge is not None:
                    draft.put(name, round(charge * capacity / believed, 3))
        elif Field.BATTERY_LEVEL in draft.values:
            _drop(draft, (Field.CYCLE_CHARGE,))


def _total(draft: Draft, name: Field) -> float | None:
    """Return a value of the whole: its own, or that of all packs together."""
    own = draft.number(name)
    found = [_part(pack, name) for pack in draft.packs]
    parts = [part for part in found if part is not None]
    if own is not None or not parts or len(parts) < len(found):
        return own
    return sum(parts)


def _part(pack: Draft, name: Field) -> float | None:
    """Return a value of a pack; a charge that it does not count is what its level stands for."""
    own, level = pack.number(name), pack.number(Field.BATTERY_LEVEL)
    size = pack.number(Field.DESIGN_CAPACITY)
    if own is None and name is Field.CYCLE_CHARGE and size and level is not None:
        return size * level / 100
    return own


def _drop(draft: Draft, names: Iterable[Field]) -> None:
    for name in names:
        draft.values.pop(name, None)
