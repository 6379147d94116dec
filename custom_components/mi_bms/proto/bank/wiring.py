"""How the batteries of a bank are wired, and what of that cannot be.

A bank is strings side by side: in parallel each battery is a string of its own, in series all are one.
What is refused would be wrong at the terminals; what is doubted may be meant.

Pure: what is known of each member goes in, words come out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import batched, combinations
from typing import Final

from ..bms.limits import Chemistry, chemistry_of, number
from ..model.fields import Field
from ..model.sample import BmsSample

MARK: Final = "#"  # between the address of a battery and the number of its pack
VOLTS_APART: Final = 0.05
CAPACITIES_APART: Final = 0.2


class Wiring(StrEnum):
    """How the members of a bank are connected."""

    PARALLEL = "parallel"
    SERIES = "series"
    STRINGS = "strings"


class Misfit(StrEnum):
    """Why members cannot be one bank."""

    NO_MEMBER = "no_member"
    TWICE = "twice"
    INSIDE_ITSELF = "inside_itself"
    STRINGS_UNEVEN = "strings_uneven"
    VOLTAGES_DIFFER = "voltages_differ"
    CHEMISTRIES_DIFFER = "chemistries_differ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plate:
    """What a battery is by itself: cells in a row, volts of this moment, Ah, and what its cells are made of."""

    cells: int | None = None
    volts: float | None = None
    capacity: float | None = None
    chemistry: Chemistry = Chemistry.UNKNOWN

    @classmethod
    def of(cls, sample: BmsSample) -> Plate:
        """Return what a sample tells of its battery."""
        count = len(sample.cells) or number(sample, Field.CELL_COUNT)
        capacity = number(sample, Field.DESIGN_CAPACITY)
        return cls(
            cells=int(count) if count else None,
            volts=number(sample, Field.VOLTAGE) or None,
            capacity=capacity or number(sample, Field.FULL_CHARGE) or None,
            chemistry=chemistry_of(sample) or Chemistry.UNKNOWN,
        )


def parts_of(member: str) -> tuple[str, int | None]:
    """Return the address of a member, and the number of the pack from 1 where it is a single one."""
    address, mark, number = member.partition(MARK)
    return address, int(number) if mark else None


def strings_of(
    wiring: Wiring, members: Sequence[str], length: int = 1
) -> tuple[tuple[str, ...], ...]:
    """Return the strings that members make in their order; ``length`` is that of each of several."""
    sizes = {Wiring.PARALLEL: 1, Wiring.SERIES: len(members)}
    return tuple(batched(members, max(sizes.get(wiring, length), 1), strict=False))


def misfit_of(
    wiring: Wiring, members: Sequence[str], plates: Mapping[str, Plate], length: int
) -> Misfit | None:
    """Return why members cannot be wired so; one that is not known yet is believed."""
    if misfit := doubled(members):
        return misfit
    if wiring is Wiring.STRINGS and len(members) % max(length, 1):
        return Misfit.STRINGS_UNEVEN
    strings = [
        [plates.get(one, Plate()) for one in string]
        for string in strings_of(wiring, members, length)
    ]
    if any(
        _made_differently(one, other)
        for one, other in combinations([one for row in strings for one in row], 2)
    ):
        return Misfit.CHEMISTRIES_DIFFER
    if any(_apart(one, other) for one, other in combinations(strings, 2)):
        return Misfit.VOLTAGES_DIFFER
    return None


def doubled(members: Sequence[str]) -> Misfit | None:
    """Return whether nobody is a member, or somebody counts twice."""
    if not members:
        return Misfit.NO_MEMBER
    if len({*members}) < len(members):
        return Misfit.TWICE
    return Misfit.INSIDE_ITSELF if _inside_itself(members) else None


def unequal_in(
    wiring: Wiring, members: Sequence[str], plates: Mapping[str, Plate], length: int
) -> list[tuple[tuple[str, float], tuple[str, float]]]:
    """Return the smallest and the largest with their Ah, of each string where these are unusually far apart."""
    found = []
    for string in strings_of(wiring, members, length):
        sizes = {
            one: size for one in string if (size := plates.get(one, Plate()).capacity)
        }
        if not sizes:
            continue
        least, most = (
            min(sizes, key=sizes.__getitem__),
            max(sizes, key=sizes.__getitem__),
        )
        if sizes[least] < (1 - CAPACITIES_APART) * sizes[most]:
            found.append(((least, sizes[least]), (most, sizes[most])))
    return found


def _inside_itself(members: Sequence[str]) -> bool:
    """Return whether a battery and a pack of it are both there: the pack would count twice."""
    whole = {*members}
    return any(
        address in whole for one in members if (address := parts_of(one)[0]) != one
    )


def _made_differently(one: Plate, other: Plate) -> bool:
    made = {one.chemistry, other.chemistry} - {Chemistry.UNKNOWN}
    return len(made) > 1


def _apart(one: Sequence[Plate], other: Sequence[Plate]) -> bool:
    """Return whether the voltages of two strings differ by more than they may, as far as both are known."""
    cells = [_total_cells(one), _total_cells(other)]
    if all(cells):
        return _differ(*cells)
    # The voltage of this moment moves with the state of charge: it is the last resort.
    return _differ(_total_volts(one), _total_volts(other))


def _differ(one: float, other: float) -> bool:
    both = one and other
    return bool(both) and abs(one - other) > VOLTS_APART * max(one, other)


def _total_cells(string: Sequence[Plate]) -> float:
    """Return the cells in a row, 0 where one battery does not tell its own."""
    counts = [one.cells or 0 for one in string]
    return float(sum(counts)) if all(counts) else 0.0


def _total_volts(string: Sequence[Plate]) -> float:
    volts = [one.volts or 0.0 for one in string]
    return sum(volts) if all(volts) else 0.0
