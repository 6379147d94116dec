"""Switching a JBD board: one word for both MOSFETs, or on newer boards one at a time.

Source: the maker's protocol documents in English and of 2023-03-21, captures and clients listed in
``jbd``. The word E1 replaces both locks, and the locks cannot be read: register 03 tells whether a
MOSFET conducts, which a protection stops as well, and in bit 12 of the protections whether anything was
locked by command at all. Copying what conducts into the word would make a lock of a passing protection.
Newer boards refuse E1 (status 80) and know FB instead.
"""

from collections.abc import Mapping
from typing import Final

from ...model.sample import BmsSample
from ..checksum import high_low
from ..contract import Context, Talk
from ..control import (
    EFFECTS,
    CommandRefused,
    Confidence,
    Control,
    OtherUnknown,
    Switch,
    Target,
    once,
)
from .jbd import write

BOTH_LOCKS: Final = 0xE1
ONE_LOCK: Final = 0xFB
FUNCTION: Final = 0x0A
_KNOWS_FB: Final = "knows_fb"  # a note in the memory of a device
_REFUSES_E1: Final = "refuses_e1"  # one that is forgotten with the connection
_UNKNOWN_COMMAND: Final = "unknown_command"
_DAMAGED: Final = 0x82
_NO: Final[Mapping[int, str]] = {
    0x80: _UNKNOWN_COMMAND,
    0x81: "not_allowed",
    0x83: "password",
}
# Bit of a lock in E1, and number of the MOSFET in FB.
_LOCK: Final[Mapping[Target, int]] = {Target.CHARGE: 1, Target.DISCHARGE: 2}
_NUMBER: Final[Mapping[Target, int]] = {Target.CHARGE: 1, Target.DISCHARGE: 0}
_OTHER: Final[Mapping[Target, Target]] = {
    Target.CHARGE: Target.DISCHARGE,
    Target.DISCHARGE: Target.CHARGE,
}


def _locks(target: Target, on: bool, sample: BmsSample) -> int:
    """Return the word of E1 that changes one lock; raise ``OtherUnknown`` where the other is not known."""
    other = _OTHER[target]
    if (free := sample.switches.get(other)) is None:
        raise OtherUnknown(other)
    return (0 if on else _LOCK[target]) | (0 if free else _LOCK[other])


def _answered(request: bytes) -> Talk[bool]:
    """Send a command once; return whether it was acknowledged, raise ``CommandRefused`` for a refusal."""
    register = request[2]
    frame = yield once(request, lambda found: found[0] == 0xDD and found[1] == register)
    if frame is None or frame[2] == _DAMAGED:
        return False
    if frame[2]:
        raise CommandRefused(_NO[frame[2]])
    return True


def _lock(context: Context, request: bytes | None, single: bytes) -> Talk[bool]:
    """Send what changes a lock: E1, or FB on boards that know it."""
    if request is not None:
        try:
            return (yield from _answered(request))
        except CommandRefused as no:
            if no.word != _UNKNOWN_COMMAND:
                raise
            context.state[_REFUSES_E1] = True
    try:
        acknowledged = yield from _answered(single)
    except CommandRefused as no:
        context.memory[_KNOWS_FB] = no.word != _UNKNOWN_COMMAND
        raise
    if acknowledged:
        context.memory[_KNOWS_FB] = True
    return acknowledged


def _write(context: Context, switch: Switch, on: bool, sample: BmsSample) -> Talk[bool]:
    """Make the dialogue of one command."""
    if switch.target not in EFFECTS:
        return _answered(switch.off[0])
    (single,) = switch.frames(on=on)
    if context.memory.get(_KNOWS_FB) or context.state.get(_REFUSES_E1):
        return _lock(context, None, single)
    word = _locks(switch.target, on, sample)
    return _lock(context, write(BOTH_LOCKS, high_low(word)), single)


def _switch(target: Target) -> Switch:
    """Make the row of a MOSFET; E1, which depends on the other one, is made when it is written."""
    return Switch(
        target=target,
        confidence=Confidence.PROVEN,
        source="maker's documents E1 and FB; captured by esphome-jbd-bms, switched by batmon-ha",
        on=(write(ONE_LOCK, bytes((_NUMBER[target], 0))),),
        off=(write(ONE_LOCK, bytes((_NUMBER[target], 1))),),
        told=True,
    )


CONTROL: Final = Control(
    switches=(
        _switch(Target.CHARGE),
        _switch(Target.DISCHARGE),
        Switch(
            target=Target.ALARM,
            confidence=Confidence.EXPERIMENTAL,
            source="maker's document of 2023-03-21, functions of register 0A",
            off=(write(FUNCTION, b"\x04\x00"),),
        ),
    ),
    write=_write,
)
