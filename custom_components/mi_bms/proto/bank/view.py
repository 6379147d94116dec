"""What a bank is at one moment, as it is told, and while it is made."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ..bms.alarms import Alarm
from ..model.fields import Field
from ..model.reading import Value
from ..model.sample import BmsSample
from .absence import Absence, worst
from .balance import TOGETHER
from .board import LastSample
from .totals import Share


class Trouble(StrEnum):
    """What is wrong with a bank as such, beside what its batteries say."""

    CURRENTS_DISAGREE = "currents_disagree"
    CHEMISTRIES_DIFFER = "chemistries_differ"
    LEVELS_APART = "levels_apart"
    UNEQUAL_LOAD = "unequal_load"
    CIRCULATING = "circulating"


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Say of which members a value is, and of which cell from 1."""

    members: tuple[str, ...]
    cell: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BankView:
    """What a bank is at one moment.

    ``sample`` has its values as those of one battery, ``where`` which member some of them are of.
    ``estimated`` are members whose charge is their state of charge times their capacity,
    ``without_capacity`` those that tell none, so that no state of charge can be made with them.
    ``lacking`` are members that count, and what of them sums lack.
    """

    sample: BmsSample = field(default_factory=BmsSample)
    read: tuple[str, ...] = ()
    left_out: Mapping[str, Absence] = field(default_factory=dict)
    where: Mapping[Field, Where] = field(default_factory=dict)
    alarms: Mapping[Alarm, tuple[str, ...]] = field(default_factory=dict)
    troubles: tuple[Trouble, ...] = ()
    blocked: tuple[str, ...] = ()
    estimated: tuple[str, ...] = ()
    without_capacity: tuple[str, ...] = ()
    lacking: Mapping[str, tuple[Field, ...]] = field(default_factory=dict)

    @property
    def worst(self) -> Absence | None:
        """Return the worst of what keeps members from counting, None where all count for everything."""
        figures = [Absence.NO_FIGURE for _ in self.lacking]
        return worst([*self.left_out.values(), *figures])

    @property
    def available(self) -> bool:
        """Return whether any member counts."""
        return bool(self.read)


@dataclass(slots=True)
class BankDraft:
    """The view that is being made: what each member that counts said, and is worth."""

    last: Mapping[str, LastSample]
    shares: Mapping[str, Share]
    values: dict[Field, Value] = field(default_factory=dict)
    where: dict[Field, Where] = field(default_factory=dict)
    troubles: list[Trouble] = field(default_factory=list)

    def put(self, name: Field, value: float | None, digits: int = 3) -> None:
        """Put in a value that is known, rounded once."""
        if value is not None:
            self.values[name] = round(value, digits)

    @property
    def simultaneous(self) -> bool:
        """Return whether the samples are of about one moment; what is asleep does not move."""
        at = [one.at for one in self.last.values() if not one.asleep]
        return not at or max(at) - min(at) <= TOGETHER
