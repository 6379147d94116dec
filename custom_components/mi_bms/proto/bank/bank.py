"""Work out what several batteries are as one: the last samples of its members go in, a view comes out.

A member counts while its sample is fresh, or while it is asleep; else it is left out and named. In a
string that carries current nobody is asleep: the same current flows in all. What needs all members is not told then, unless the user wants the sum of those that are read; state of charge,
cells and temperatures go on from the others.

Pure; times are seconds of one even clock.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import inf
from statistics import mean
from types import MappingProxyType
from typing import Final

from ..bms.battery_state import BatteryState
from ..bms.derive import time_to_empty, time_to_full
from ..bms.limits import Guess
from ..bms.outlook import Outlook
from ..model.fields import Field
from ..model.reading import Value
from ..model.sample import BmsSample
from .absence import COMPLETE, Absence
from .balance import (
    LEVELS_APART,
    OVERLOADED,
    Lasting,
    circulates,
    circulating,
    load_ratios,
)
from .board import LastSample
from .cells import alarms_of, judge_cells, judge_problem
from .totals import Share, Totals, carries, known, parallel, series
from .view import BankDraft, BankView, Trouble, Where
from .wiring import Wiring, strings_of

LEAST_AGE: Final = 90.0  # s that a sample counts at least
INTERVALS: Final = 2  # that it counts
_TIMES: Final = (Field.RUNTIME, Field.TIME_TO_FULL, Field.BATTERY_STATE)


class Bank:
    """A bank of batteries, called by keys of their own; ``length`` is that of each string of several."""

    def __init__(
        self,
        wiring: Wiring,
        members: tuple[str, ...],
        *,
        length: int = 1,
        partial: bool = False,
    ) -> None:
        """Begin without a sample; ``partial``: totals are of those that are read."""
        self.members, self.partial = members, partial
        self._strings = strings_of(wiring, members, length)
        self._last: dict[str, LastSample] = {}
        self._guesses = {one: Guess() for one in members}
        self._outlook = Outlook()
        self._spread = Lasting(1800.0)
        self._load = Lasting(600.0)
        self._circulates = Lasting(300.0)

    @property
    def last(self) -> Mapping[str, LastSample]:
        """Return the last sample of each member that has one."""
        return self._last

    @property
    def asleep(self) -> bool:
        """Return whether all members are asleep."""
        said = [self._last.get(one) for one in self.members]
        return all(one is not None and one.asleep for one in said)

    @property
    def in_a_row(self) -> int:
        """Return how many batteries the longest string has."""
        return max(len(row) for row in self._strings)

    @property
    def side_by_side(self) -> bool:
        """Return whether there are several strings, between which a current may circulate."""
        return len(self._strings) > 1

    def restore(self, sample: BmsSample, at: float) -> None:
        """Go on from what an earlier run has shown."""
        self._outlook.restore(sample, at)

    def update(
        self,
        member: str,
        sample: BmsSample,
        at: float,
        *,
        interval: float = 30.0,
        asleep: bool = False,
        factor: float = 1.0,
    ) -> None:
        """Take what a member said; what is older than its last sample is no news."""
        before = self._last.get(member)
        if member not in self._guesses or (before is not None and at < before.at):
            return
        if before is None or at > before.at:
            self._guesses[member].learn(sample)
        self._last[member] = LastSample(
            sample=sample, at=at, interval=interval, asleep=asleep, factor=factor
        )

    def withdraw(self, member: str) -> None:
        """Forget the sample of a member that does not run any more."""
        self._last.pop(member, None)

    def expires(self, now: float) -> float:
        """Return when the next member stops to count, infinite where none does."""
        ends = [_end(one) for one in self._last.values()]
        return min((end for end in ends if end >= now), default=inf)

    def view(
        self, now: float, told: Mapping[str, Absence] = MappingProxyType({})
    ) -> BankView:
        """Return what the bank is now; ``told`` is why some members are not read, for who knows it."""
        last = self._counting(now)
        left_out = {
            one: self._why(one, told) for one in self.members if one not in last
        }
        if not last:
            return BankView(left_out=left_out)
        shares = {one: Share.of(said) for one, said in last.items()}
        lacking = {one: lacks for one, part in shares.items() if (lacks := part.lacks)}
        draft = BankDraft(last, shares)
        whole, strings = self._add_up(draft)
        judge_cells(draft, {self._guesses[one].chemistry for one in last})
        self._judge_balance(draft, strings, whole, now)
        draft.values |= self._times(draft, whole, now)
        self._judge_spread(draft, now)
        alarms = alarms_of(last)
        judge_problem(draft)
        draft.values[Field.BATTERIES_READ] = len(last)
        view = BankView(
            sample=BmsSample(values=draft.values, alarms=frozenset(map(str, alarms))),
            read=tuple(last),
            left_out=left_out,
            where=draft.where,
            alarms=alarms,
            troubles=tuple(draft.troubles),
            blocked=_those(shares, lambda part: part.blocked),
            estimated=_those(shares, lambda part: part.estimated),
            without_capacity=_those(shares, lambda part: part.capacity is None),
            lacking=lacking,
        )
        draft.values[Field.COMPLETENESS] = view.worst or COMPLETE
        return view

    def _counting(self, now: float) -> dict[str, LastSample]:
        """Return the samples of the members that count."""
        said = self._believed(now)
        return {
            one: last
            for one in self.members
            if (last := said.get(one)) and (last.asleep or now <= _end(last))
        }

    def _believed(self, now: float) -> dict[str, LastSample]:
        """Return the last samples, with nobody asleep in a string that carries current."""
        said = dict(self._last)
        for row in self._strings:
            there = [(one, said[one]) for one in row if one in said]
            asleep = [one for one, last in there if last.asleep]
            if asleep and any(carries(last) and now <= _end(last) for _, last in there):
                said |= {one: replace(said[one], asleep=False) for one in asleep}
        return said

    def _why(self, member: str, told: Mapping[str, Absence]) -> Absence:
        """Return why a member is left out."""
        last = self._last.get(member)
        if last is None:
            return told.get(member, Absence.NEVER_READ)
        if last.asleep:
            return Absence.ASLEEP_UNDER_LOAD
        return told.get(member, Absence.TOO_OLD)

    # --- sums ----------------------------------------------------------------------------------

    def _add_up(self, draft: BankDraft) -> tuple[Totals, list[Totals]]:
        """Put in what is added up; return the totals, and those of each string."""
        counted = self._counted(draft)
        strings = self._totals(draft, counted, partial=self.partial)
        whole = parallel(strings)
        some = whole
        if not self.partial and len(draft.last) < len(self.members):
            present = [row for row in self._strings if _any_of(row, draft)]
            some = parallel(self._totals(draft, present, partial=True))
        values = (
            (Field.VOLTAGE, whole.volts),
            (Field.CURRENT, whole.amps),
            (Field.POWER, whole.watts),
            (Field.CYCLE_CHARGE, whole.charge),
            (Field.FULL_CHARGE, whole.capacity),
            (Field.CYCLE_CAPACITY, whole.energy),
            (Field.USABLE_CHARGE, whole.usable),
            (Field.FITTING_CHARGE, whole.fits),
        )
        for name, value in values:
            draft.put(name, value)
        draft.put(Field.BATTERY_LEVEL, self._level(draft, some), 1)
        if draft.simultaneous:
            self._judge_currents(draft, counted, strings)
        return whole, strings

    @staticmethod
    def _judge_currents(
        draft: BankDraft, rows: Sequence[Sequence[str]], strings: Sequence[Totals]
    ) -> None:
        """Put in which members tell another current than the others of their string."""
        odd = tuple(
            row[place]
            for row, one in zip(rows, strings, strict=True)
            for place in one.odd
        )
        if odd:
            draft.troubles.append(Trouble.CURRENTS_DISAGREE)
            draft.where[Field.PROBLEM] = Where(members=odd)

    def _counted(self, draft: BankDraft) -> list[tuple[str, ...]]:
        """Return the strings that totals are of: all, or those of which something is read."""
        return [row for row in self._strings if not self.partial or _any_of(row, draft)]

    @staticmethod
    def _totals(
        draft: BankDraft, rows: Sequence[Sequence[str]], *, partial: bool
    ) -> list[Totals]:
        return [
            series([draft.shares.get(one) for one in row], partial=partial)
            for row in rows
        ]

    def _level(self, draft: BankDraft, some: Totals) -> float | None:
        """Return the state of charge in %."""
        levels = known(one.level for one in draft.shares.values())
        told = len(levels) == len(draft.shares)
        # A single battery says it best itself; of those without any capacity each counts the same.
        alone = len(self.members) == 1
        no_sizes = all(one.capacity is None for one in draft.shares.values())
        if told and (alone or no_sizes):
            return mean(levels)
        if some.charge is None or not some.capacity:
            return None
        return min(some.charge / some.capacity, 1.0) * 100

    # --- how they pull together ----------------------------------------------------------------

    def _judge_balance(
        self, draft: BankDraft, strings: list[Totals], whole: Totals, now: float
    ) -> None:
        # Of a part of the bank nobody can tell how the whole shares its load.
        told = draft.simultaneous and len(draft.last) == len(self.members)
        amps = circulating(strings) if told else None
        draft.put(Field.CIRCULATING_CURRENT, amps)
        if self.side_by_side:
            flows = self._circulates.judge(circulates(amps, whole.capacity), now)
            draft.values[Field.CIRCULATING] = flows
            if flows:
                draft.troubles.append(Trouble.CIRCULATING)
        heavy = None
        if told and whole.amps is not None:
            heavy = self._carries_too_much(draft, strings, whole)
        if self._load.judge(heavy, now):
            draft.troubles.append(Trouble.UNEQUAL_LOAD)

    def _carries_too_much(
        self, draft: BankDraft, strings: list[Totals], whole: Totals
    ) -> bool:
        """Put in which string carries most of its share; return whether that is too much."""
        ratios = load_ratios(strings, whole)
        # What flows between batteries at rest is no load.
        if not ratios or not _moves(whole):
            return False
        most = max(ratios)
        draft.put(Field.LOAD_RATIO, most * 100, 1)
        row = self._counted(draft)[ratios.index(most)]
        draft.where[Field.LOAD_RATIO] = Where(members=row)
        return most > OVERLOADED

    def _judge_spread(self, draft: BankDraft, now: float) -> None:
        levels = known(one.level for one in draft.shares.values())
        if len(self.members) < 2:
            return
        spread = max(levels) - min(levels) if len(levels) > 1 else None
        draft.put(Field.LEVEL_SPREAD, spread, 1)
        rests = draft.values.get(Field.BATTERY_STATE) == BatteryState.IDLE
        apart = None if spread is None else rests and spread > LEVELS_APART
        if self._spread.judge(apart, now):
            draft.troubles.append(Trouble.LEVELS_APART)
        draft.values[Field.IMBALANCE] = not {
            Trouble.LEVELS_APART,
            Trouble.UNEQUAL_LOAD,
        }.isdisjoint(draft.troubles)

    def _times(self, draft: BankDraft, whole: Totals, now: float) -> dict[Field, Value]:
        """Return the times and the state, by the rules of a single battery, from what can be used."""
        values: dict[Field, Value] = {
            name: draft.values[name]
            for name in (Field.CURRENT, Field.POWER, Field.VOLTAGE)
            if name in draft.values
        }
        if whole.usable is not None and whole.fits is not None:
            values[Field.CYCLE_CHARGE] = whole.usable
            values[Field.FULL_CHARGE] = full = whole.usable + whole.fits
            empty_in = time_to_empty(whole.usable, whole.amps)
            full_in = time_to_full(whole.usable, full, whole.amps)
            if empty_in is not None:
                values[Field.RUNTIME] = empty_in
            if full_in is not None:
                values[Field.TIME_TO_FULL] = full_in
        judged = self._outlook.judge(BmsSample(values=values), now).values
        return {name: judged[name] for name in _TIMES if name in judged}


def _those(
    shares: Mapping[str, Share], which: Callable[[Share], bool]
) -> tuple[str, ...]:
    return tuple(one for one, part in shares.items() if which(part))


def _any_of(row: Sequence[str], draft: BankDraft) -> bool:
    return any(one in draft.shares for one in row)


def _end(said: LastSample) -> float:
    """Return until when a sample counts."""
    return said.at + max(INTERVALS * said.interval, LEAST_AGE)


def _moves(whole: Totals) -> bool:
    """Return whether the bank as a whole is charged or discharged, and not only between its batteries."""
    least = max(0.005 * (whole.capacity or 0.0), 0.5)
    return whole.amps is not None and abs(whole.amps) >= least
