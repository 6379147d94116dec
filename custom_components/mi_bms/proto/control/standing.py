"""How a target stands: released or switched off, as far as a battery tells it. Pure.

A MOSFET that conducts is certainly released. One that does not was switched off, or a protection holds it:
only where the battery tells of no problem, the first is to be believed. A balancer or heater that rests tells nothing.
"""

from collections.abc import Mapping
from typing import Final

from ..bms.control import EFFECTS, Target, commands, held_by
from ..model.fields import Field
from ..model.sample import BmsSample

_MOSFETS: Final = frozenset({Target.CHARGE, Target.DISCHARGE})


def conducts(target: Target, sample: BmsSample) -> bool | None:
    """Return whether a target has its effect now, None where that is not told."""
    if target not in EFFECTS or (value := sample.values.get(EFFECTS[target])) is None:
        return None
    return bool(value)


def commanded(
    target: Target, sample: BmsSample, asked: Mapping[Target, bool]
) -> bool | None:
    """Return the command itself, None where it is not told; ``asked`` is what an extra question said."""
    if (told := commands(sample).get(target)) is not None:
        return told
    # What conducts is released, whoever did that since the question.
    return True if conducts(target, sample) else asked.get(target)


def stands(
    target: Target, sample: BmsSample, asked: Mapping[Target, bool]
) -> bool | None:
    """Return whether a target is released (True) or switched off, None where that cannot be known."""
    if (told := commanded(target, sample, asked)) is not None:
        return told
    rests = target in _MOSFETS and conducts(target, sample) is False
    # A reading that lost its alarms tells of no problem, and not of none.
    stopped = held_by(target, sample) or sample.values.get(Field.PROBLEM, True)
    return False if rests and not stopped else None
