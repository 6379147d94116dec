"""What of a battery can be switched: one table per family, with the bytes, how sure they are, and what tells the effect.

An acknowledgement proves nothing: only what the battery says of itself afterwards does. A MOSFET that
does not conduct is not the same as one that was switched off: a protection holds it as well.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Final

from ..model.fields import Field
from ..model.sample import BmsSample
from ..model.steps import Accept, Ask, Talk, Write
from .alarms import Alarm

if TYPE_CHECKING:
    from .contract import Context, Dialogue, Note

ANSWER: Final = 2.0  # s, that a battery may take to acknowledge a command
# Times in a connection that a password is said to a battery that still answers.
SAID: Final = 2


class Target(StrEnum):
    """Name what can be switched; an alarm can only be switched off: cleared."""

    CHARGE = "charge"
    DISCHARGE = "discharge"
    BALANCER = "balancer"
    HEATER = "heater"
    ALARM = "alarm"


class Confidence(StrEnum):
    """Tell how well it is known that the bytes do what they should."""

    PROVEN = "proven"  # a maker's document and a capture, or a client that works
    EXPERIMENTAL = "experimental"  # one of them, and consistent with the family


# What tells whether a target has its effect: a MOSFET that conducts, a heater that heats.
EFFECTS: Final[Mapping[Target, Field]] = {
    Target.CHARGE: Field.CHRG_MOSFET,
    Target.DISCHARGE: Field.DISCHRG_MOSFET,
    Target.BALANCER: Field.BALANCER,
    Target.HEATER: Field.HEATER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """What is known of one target in one family: the frames for on and off, and where they are from.

    Several frames are one command, sent in their order. ``told``: a reading, or the question
    ``Control.ask``, tells the command itself and not its effect alone.
    """

    target: Target
    confidence: Confidence
    source: str
    on: tuple[bytes, ...] = ()
    off: tuple[bytes, ...] = ()
    told: bool = False

    def frames(self, *, on: bool) -> tuple[bytes, ...]:
        """Return the frames of a command."""
        return self.on if on else self.off


class OtherUnknown(Exception):
    """Tell that a command would replace another one, and which that is cannot be known now."""

    def __init__(self, other: Target) -> None:
        """Keep whose command cannot be known."""
        super().__init__(other)
        self.other = other


class Forbidden(Exception):
    """Tell that somebody has forbidden a command before it was written."""


class CommandRefused(Exception):
    """Tell that the battery answered a command with its own no: ``word`` says how."""

    def __init__(self, word: str) -> None:
        """Keep the battery's no, as a short word."""
        super().__init__(word)
        self.word = word


type Commands = Mapping[Target, bool]


async def _always_may() -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Passphrase:
    """A password for commands.

    ``may`` is asked each time before it is said: whoever counts that has written it down by then. ``taken`` is
    told that the battery has acknowledged it.
    """

    text: str = field(repr=False)
    may: Callable[[], Awaitable[bool]] = _always_may
    taken: Callable[[], None] = lambda: None


def _always(_memory: Mapping[str, Note], _target: Target) -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """How a family is switched.

    ``write`` makes the dialogue that sends one command, once, after a reading on the same connection, and
    returns whether it was acknowledged; ``write`` itself raises ``OtherUnknown``, its dialogue ``CommandRefused``.
    ``ask`` reads the commands that a reading does not tell. ``unlock`` says the password, once per
    connection, and returns whether that was acknowledged; it raises ``AuthRejected``. ``factory_password``
    is what boards have that nobody has changed. ``fits`` tells from what is remembered of a device whether
    it is one that has the target. ``names``: an acknowledgement says what it acknowledges.
    """

    switches: tuple[Switch, ...]
    write: Callable[[Context, Switch, bool, BmsSample], Talk[bool]]
    ask: Dialogue[Commands] | None = None
    unlock: Callable[[Context, Passphrase], Talk[bool]] | None = None
    factory_password: str | None = None
    names: bool = True
    fits: Callable[[Mapping[str, Note], Target], bool] = _always

    def offers(self, *, experimental: bool) -> tuple[Switch, ...]:
        """Return what may be offered, with or without what is experimental."""
        wanted = {Confidence.PROVEN} | (
            {Confidence.EXPERIMENTAL} if experimental else set()
        )
        return tuple(one for one in self.switches if one.confidence in wanted)


def writer(
    answers: Callable[[bytes, bytes], bool] | None = None,
    no: Callable[[bytes], str | None] = lambda _frame: None,
) -> Callable[[Context, Switch, bool, BmsSample], Talk[bool]]:
    """Return how the frames of a table are written: each once, in their order.

    ``answers`` says of a request and a frame whether the frame answers it, None where a family never
    answers; ``no`` returns the word of an answer that refuses.
    """

    def write(
        _context: Context, switch: Switch, on: bool, _sample: BmsSample
    ) -> Talk[bool]:
        acknowledged = False
        for request in switch.frames(on=on):
            if answers is None:
                yield Write(request)
                continue
            frame = yield once(request, partial(answers, request))
            if frame is not None and (word := no(frame)) is not None:
                raise CommandRefused(word)
            acknowledged = frame is not None
        return acknowledged

    return write


def once(request: bytes, reply: Accept) -> Ask:
    """Return the step that sends a command once and takes what is said to it, None for silence."""
    return Ask(request=request, reply=reply, tries=1, timeout=ANSWER, optional=True)


class Effect(StrEnum):
    """How a command ended, as the battery itself says."""

    CONFIRMED = "confirmed"
    HELD = "held"  # released, but a protection keeps it from acting
    FAILED = "failed"  # it is as before, or the battery refused
    UNKNOWN = "unknown"  # sent, and nobody could be asked what came of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of a command: ``held_by`` are the protections that hold a released target.

    ``sent`` counts how often it was written. ``sample`` is what was read afterwards, None where nothing was.
    ``refusal`` is the battery's own no, as a short word. ``locked`` tells that nothing acknowledged its password.
    """

    effect: Effect
    sent: int
    acknowledged: bool = False
    held_by: tuple[Alarm, ...] = ()
    refusal: str | None = None
    locked: bool = False
    sample: BmsSample | None = field(default=None, compare=False)


_ALWAYS: Final = (
    Alarm.SHORT_CIRCUIT,
    Alarm.OVERTEMPERATURE,
    Alarm.UNDERTEMPERATURE,
    Alarm.MOSFET_OVERTEMPERATURE,
    Alarm.MOSFET_UNDERTEMPERATURE,
    Alarm.BOARD_OVERTEMPERATURE,
    Alarm.AMBIENT_OVERTEMPERATURE,
    Alarm.AMBIENT_UNDERTEMPERATURE,
    Alarm.TEMPERATURE_DIFFERENCE,
    Alarm.OVERCURRENT,
    Alarm.CELL_IMBALANCE,
    Alarm.FIRE_SENSOR,
    Alarm.FRONTEND_FAULT,
    Alarm.MOSFET_FAULT,
)
HOLDS: Final[Mapping[Target, frozenset[Alarm]]] = {
    Target.CHARGE: frozenset(
        {
            *_ALWAYS,
            Alarm.CELL_OVERVOLTAGE,
            Alarm.PACK_OVERVOLTAGE,
            Alarm.CHARGER_OVERVOLTAGE,
            Alarm.CHARGE_OVERTEMPERATURE,
            Alarm.CHARGE_UNDERTEMPERATURE,
            Alarm.CHARGE_OVERCURRENT,
            Alarm.CHARGE_TIMEOUT,
            Alarm.CHARGE_MOSFET_FAULT,
            Alarm.LEVEL_HIGH,
        }
    ),
    Target.DISCHARGE: frozenset(
        {
            *_ALWAYS,
            Alarm.CELL_UNDERVOLTAGE,
            Alarm.PACK_UNDERVOLTAGE,
            Alarm.DISCHARGE_OVERTEMPERATURE,
            Alarm.DISCHARGE_UNDERTEMPERATURE,
            Alarm.DISCHARGE_OVERCURRENT,
            Alarm.DISCHARGE_MOSFET_FAULT,
            Alarm.LEVEL_LOW,
        }
    ),
}


def held_by(target: Target, sample: BmsSample) -> tuple[Alarm, ...]:
    """Return the protections of a sample that keep a target from acting."""
    holds = HOLDS.get(target, frozenset())
    return tuple(alarm for alarm in Alarm if alarm in holds and alarm in sample.alarms)


def commands(sample: BmsSample) -> Commands:
    """Return which targets are released (True) or switched off, as far as the sample tells it."""
    return {Target(name): on for name, on in sample.switches.items()}
