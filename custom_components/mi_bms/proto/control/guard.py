"""What speaks against a command: first what needs no reading, then what the battery itself says.

Pure. Refused is only what is known to be wrong: a battery that tells no temperature may be charged. What puts
back what was switched for a time is asked for neither leave nor rate: it ends something that nobody wants to
last, and the battery's own protections guard it. Only a frozen battery waits until it is warmer. A reading
that lost on its way what a command is judged by, or what tells its end, speaks neither for it nor against it:
another one decides.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

from ..bms.alarms import Alarm
from ..bms.control import EFFECTS, Target, commands, held_by
from ..model.fields import Field
from ..model.sample import BmsSample, Place
from .command import Command, Issuer
from .refusal import SwitchRefusal, SwitchRefused

LOAD_SHARE: Final = 0.2  # of the capacity, per hour
# A where no capacity is known: what a small pack of 50 Ah may carry.
LOAD: Final = 10.0
COLDEST: Final = 0.0  # °C at which lithium cells may be charged
HOME_MINUTES: Final = 30.0
DISCHARGE_MINUTES: Final = 60.0

_UNDERVOLTAGES: Final = frozenset({Alarm.CELL_UNDERVOLTAGE, Alarm.PACK_UNDERVOLTAGE})
# Where cells may be colder than what is measured there, nobody knows.
_CELLS: Final = frozenset({Place.GENERIC, Place.CELL, Place.CELL_MAX, Place.CELL_MIN})
_MOSFETS: Final = frozenset({Target.CHARGE, Target.DISCHARGE})
_CAPACITIES: Final = (Field.FULL_CHARGE, Field.DESIGN_CAPACITY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """What is known before anything is read.

    ``offered``: the type of battery has the target, as surely as the options want it. ``released``: the
    battery is left alone. ``same_family``: it is still the type that the entry was set up with.
    """

    allowed: bool
    offered: bool
    armed: bool
    released: bool
    same_family: bool


def admit(command: Command, leave: Leave) -> None:
    """Raise ``SwitchRefused`` where a command cannot be carried out, whatever the battery says."""
    trusted = command.by in {Issuer.RETURN, Issuer.WINDOW}
    for speaks, refusal in (
        (not leave.same_family, SwitchRefusal.OTHER_FAMILY),
        (not (leave.allowed or command.releases), SwitchRefusal.NOT_ALLOWED),
        (not leave.offered, SwitchRefusal.NOT_OFFERED),
        (not (leave.armed or trusted), SwitchRefusal.NOT_ARMED),
        (leave.released, SwitchRefusal.RELEASED),
    ):
        if speaks:
            raise SwitchRefused(refusal)


def lasting(command: Command, *, powers_home: bool) -> float | None:
    """Return after how many minutes a command is to be undone, None where it stays.

    A battery that no longer gives anything is never left so by mistake.
    """
    if command.target is Target.ALARM:
        return None
    if command.releases:
        return command.minutes
    if command.minutes is None and (command.target, command.on) == _CUTS:
        return HOME_MINUTES if powers_home else DISCHARGE_MINUTES
    return command.minutes


def lost(
    command: Command, sample: BmsSample, told: Collection[Field], *, warm: bool
) -> bool:
    """Return whether a reading lacks what a command is judged by, although the battery tells that.

    ``told`` is what it ever told; ``warm``: it told a temperature of its cells lately.
    """
    way = command.target, command.on
    needed = {_JUDGED_BY.get(way)}
    if command.target in _MOSFETS and command.target not in commands(sample):
        # Its end shows in what conducts, and a load is not cut off where a lock looks like a protection.
        needed |= {EFFECTS[command.target], Field.PROBLEM if way == _CUTS else None}
    exempt = command.releases or (command.force and way == _CUTS)
    if not exempt and needed & ({*told} - sample.values.keys()):
        return True
    return warm and way == (Target.CHARGE, True) and coldest(sample) is None


def judge(command: Command, sample: BmsSample, *, powers_home: bool) -> None:
    """Raise ``SwitchRefused`` where what the battery says right now speaks against a command."""
    rule = _RULES.get((command.target, command.on))
    if rule is not None:
        rule(command, sample, powers_home)


def load_limit(sample: BmsSample) -> float:
    """Return the load in A above which a battery is cut off only by force."""
    for name in _CAPACITIES:
        if (capacity := float(sample.values.get(name, 0.0))) > 0:
            return LOAD_SHARE * capacity
    return LOAD


def coldest(sample: BmsSample) -> float | None:
    """Return the lowest temperature of a battery's cells in °C, of all its packs, None where it tells none."""
    found = [
        probe.celsius
        for one in (sample, *sample.packs)
        for probe in one.probes
        if probe.celsius is not None and probe.place in _CELLS
    ]
    return min(found, default=None)


def _cut_off(command: Command, sample: BmsSample, powers_home: bool) -> None:
    """Judge that a battery shall give nothing any more."""
    if powers_home:
        if not command.force:
            raise SwitchRefused(SwitchRefusal.POWERS_HOME)
        minutes = lasting(command, powers_home=True)
        if minutes is None or minutes > HOME_MINUTES:
            raise SwitchRefused(
                SwitchRefusal.POWERS_HOME_TOO_LONG, {"most": f"{HOME_MINUTES:g}"}
            )
    load, limit = -float(sample.values.get(Field.CURRENT, 0.0)), load_limit(sample)
    if load > limit and not command.force:
        raise SwitchRefused(
            SwitchRefusal.LOAD_FLOWS, {"load": f"{load:.1f}", "limit": f"{limit:g}"}
        )


def _let_charge(command: Command, sample: BmsSample, _powers_home: bool) -> None:
    celsius = coldest(sample)
    if celsius is not None and celsius < COLDEST:
        raise SwitchRefused(SwitchRefusal.TOO_COLD, {"temperature": f"{celsius:.1f}"})
    held = held_by(Target.CHARGE, sample)
    if held and not command.releases:
        raise SwitchRefused(SwitchRefusal.CHARGE_PROTECTION, {"alarm": held[0]})


def _let_discharge(command: Command, sample: BmsSample, _powers_home: bool) -> None:
    low = sorted(_UNDERVOLTAGES & {*sample.alarms})
    if low and not command.releases:
        raise SwitchRefused(SwitchRefusal.UNDERVOLTAGE, {"alarm": low[0]})


type _Rule = Callable[[Command, BmsSample, bool], None]

_CUTS: Final = (Target.DISCHARGE, False)
_RULES: Final[dict[tuple[Target, bool], _Rule]] = {
    _CUTS: _cut_off,
    (Target.CHARGE, True): _let_charge,
    (Target.DISCHARGE, True): _let_discharge,
}
# What each of them looks at, besides temperatures.
_JUDGED_BY: Final[Mapping[tuple[Target, bool], Field]] = {
    _CUTS: Field.CURRENT,
    (Target.CHARGE, True): Field.PROBLEM,
    (Target.DISCHARGE, True): Field.PROBLEM,
}
