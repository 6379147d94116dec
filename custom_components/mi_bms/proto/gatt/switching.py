"""Switch one thing of a battery: write a command once, then have the battery itself say what came of it.

An acknowledgement proves nothing. The battery is read again up to three times, the last time late enough
for one that acts three seconds after it was told. Neither does one reading where the command itself was
not acknowledged: it may be an old answer that comes late, so a second one has to say the same, a fourth
where the third was the first to say so. Only a command that was neither acknowledged nor had any effect is
written a second time, and never a third. What happens after the first write is not an error but a result:
nobody may believe that nothing was sent. What was read late enough stands when a later reading gets lost,
or time runs out.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from ..bms.alarms import Alarm, active
from ..bms.codec import Draft
from ..bms.contract import Context, Family, Pause, Talk
from ..bms.control import (
    ANSWER,
    EFFECTS,
    CommandRefused,
    Commands,
    Control,
    Effect,
    Forbidden,
    OtherUnknown,
    Passphrase,
    Result,
    Switch,
    Target,
    commands,
    held_by,
)
from ..model.errors import AuthNeeded, AuthRejected, FrameError, NoAnswer, Unsupported
from ..model.fields import Field
from ..model.sample import BmsSample

PAUSES: Final = (1.0, 1.3, 1.7)  # s before each reading: a board may act after 3 s
WRITES: Final = 2
AGAIN: Final = 1.0  # s before one more reading, where the last one was the first to say that it is done
LATE: Final = 3.5  # s after which a board has acted, or never will
# s that another write needs, until the second reading after it begins; and how much longer one may take.
SECOND: Final = ANSWER + sum(PAUSES[:2])
SLACK: Final = 0.5

_DONE: Final = (Effect.CONFIRMED, Effect.HELD)

type Made = Callable[[Draft], BmsSample]


@dataclass(slots=True, kw_only=True)
class Attempt:
    """One command and how far it has come; ``before`` is the reading that it was given after.

    ``may`` is asked right before each write. ``last`` is what was read last since it was written, None where
    that failed; ``shown`` is the last one that did not. ``seen`` is what was read late enough after it was
    written, at ``since`` seconds; the ``longest`` reading took so many. ``certain``: no old answer can come;
    else ``once`` is what a single reading says was done.
    """

    target: Target
    on: bool
    before: BmsSample
    may: Callable[[], bool] = lambda: True
    sent: int = 0
    acknowledged: bool = False
    since: float = 0.0
    last: BmsSample | None = None
    shown: BmsSample | None = None
    seen: Effect = Effect.UNKNOWN
    longest: float = 0.0
    certain: bool = False
    once: Effect | None = None

    def writes(self, now: float) -> None:
        """Take that it is written now: it may have been heard, whatever is answered."""
        self.sent += 1
        self.since, self.seen, self.once = now, Effect.UNKNOWN, None

    def reads(self, sample: BmsSample | None, began: float, now: float) -> Effect:
        """Take what was read, None where nothing was; return what that says."""
        self.last, self.longest = sample, max(self.longest, now - began)
        if sample is None:
            return Effect.UNKNOWN
        self.shown, effect = sample, judge(self, sample)
        before, self.once = self.once, None
        if effect in _DONE and not self.certain and effect is not before:
            self.once = effect
            return Effect.UNKNOWN
        if effect is not Effect.UNKNOWN and began >= self.since + LATE:
            self.seen = effect
        return effect

    def result(self, effect: Effect, refusal: str | None = None) -> Result:
        """Return how the command ended."""
        held = effect is Effect.HELD and self.shown
        return Result(
            effect=effect,
            sent=self.sent,
            acknowledged=self.acknowledged,
            held_by=held_by(self.target, held) if held else (),
            refusal=refusal,
            sample=self.shown,
        )

    def so_far(self) -> Result:
        """Return what is known of the command when nothing more can be read."""
        return self.result(self.seen)

    def has_time(self, left: float) -> bool:
        """Return whether another write can be followed by two readings, so that its end is known."""
        return left >= SECOND + 2 * self.longest + SLACK


def switch_of(family: Family, context: Context, target: Target) -> Switch:
    """Return the row of a target; raises ``Unsupported`` where the family or this device has none."""
    control = family.control
    if control is not None and control.fits(context.memory, target):
        for switch in control.switches:
            if switch.target is target:
                return switch
    raise Unsupported("control")


def act(
    family: Family,
    control: Control,
    attempt: Attempt,
    context: Context,
    made: Made,
    word: Passphrase | None,
    budget: float,
) -> Talk[Result]:
    """Carry out one command, within ``budget`` seconds, on a line on which the battery has just been read.

    Raises ``OtherUnknown``, ``Forbidden``, ``AuthNeeded``, ``AuthRejected`` and ``Unsupported`` when nothing
    was written.
    """
    switch = switch_of(family, context, attempt.target)
    if not switch.frames(on=attempt.on):
        raise Unsupported("control")
    known = yield from _unlock(control, context, word)
    while attempt.sent < WRITES:
        if (talk := _next(control, attempt, context, switch)) is None:
            break
        attempt.writes(context.spent() * budget)
        try:
            attempt.acknowledged = yield from talk
            attempt.certain = attempt.acknowledged and control.names
        except CommandRefused as no:
            return attempt.result(Effect.FAILED, refusal=no.word)
        result = yield from read_back(family, control, attempt, context, made, budget)
        time_left = attempt.has_time((1 - context.spent()) * budget)
        if _decided(attempt, result, known=known) or not time_left:
            break
    if result.effect is Effect.FAILED and not known and not attempt.acknowledged:
        return replace(result, locked=True)
    return result


def _next(
    control: Control, attempt: Attempt, context: Context, switch: Switch
) -> Talk[bool] | None:
    """Return what writes a command; None where it may not be written again, and the first time that is raised."""
    failed: Forbidden | OtherUnknown = Forbidden()
    if attempt.may():
        before = attempt.last or attempt.before
        try:
            return control.write(context, switch, attempt.on, before)
        except OtherUnknown as err:
            failed = err
    if not attempt.sent:
        raise failed
    return None


def _unlock(control: Control, context: Context, word: Passphrase | None) -> Talk[bool]:
    """Say the password where one is needed; return whether it is known to be right."""
    if control.unlock is None:
        return True
    if word is None:
        raise AuthNeeded
    return (yield from control.unlock(context, word))


def _decided(attempt: Attempt, result: Result, *, known: bool) -> bool:
    """Return whether another write would be of no use, or not be safe."""
    # Who does not take the password takes no second command either.
    if attempt.acknowledged or not known or attempt.last is None:
        return True
    return result.effect in _DONE


def read_back(
    family: Family,
    control: Control,
    attempt: Attempt,
    context: Context,
    made: Made,
    budget: float,
) -> Talk[Result]:
    """Read up to three times, or once more to be sure, and return what came of a command written before."""
    for number, pause in enumerate((*PAUSES, AGAIN)):
        if number == len(PAUSES) and attempt.once is None:
            break
        yield Pause(pause)
        began = context.spent() * budget
        sample = yield from _look(family, control, context, made)
        effect = attempt.reads(sample, began, context.spent() * budget)
        result = attempt.result(effect)
        # Without a protection that explains it, it may only be slow.
        if result.effect is Effect.CONFIRMED or result.held_by:
            return result
    return attempt.so_far()


def _look(
    family: Family, control: Control, context: Context, made: Made
) -> Talk[BmsSample | None]:
    """Read everything that tells of a command; None when it cannot be read now."""
    # What a hurried poll leaves out is what is wanted here.
    patient = replace(context, spent=lambda: 0.0)
    try:
        told: Commands = (yield from control.ask(patient)) if control.ask else {}
        draft = yield from family.poll(patient)
    except FrameError, NoAnswer, AuthNeeded, AuthRejected:
        return None
    draft.switches |= told
    return made(draft)


def judge(attempt: Attempt, after: BmsSample) -> Effect:
    """Return what one reading says of a command."""
    target, on = attempt.target, attempt.on
    if target is Target.ALARM:
        left = attempt.before.alarms & after.alarms
        return (
            Effect.FAILED
            if any(Alarm(word).severity.is_problem for word in left)
            else Effect.CONFIRMED
        )
    told = commands(after).get(target)
    acts = after.values.get(EFFECTS[target])
    acting = None if acts is None else bool(acts)
    if told is None:
        return _untold(attempt, after, acting)
    if told is not on:
        return Effect.FAILED
    if target in _IDLE or acting in (None, on):
        return Effect.CONFIRMED
    # Told to conduct and does not: held. Told not to and does: not yet.
    return Effect.HELD if on else Effect.FAILED


# What has nothing to do most of the time although nobody switched it off.
_IDLE: Final = (Target.BALANCER, Target.HEATER)


def _untold(attempt: Attempt, after: BmsSample, acting: bool | None) -> Effect:
    """Return what a reading says that tells the effect alone."""
    target, on = attempt.target, attempt.on
    if acting is None:
        return Effect.UNKNOWN
    before = attempt.before.values.get(EFFECTS[target])
    if acting is on:
        # A MOSFET that no longer conducts may have been stopped by a protection just now.
        changed = target in _IDLE and before is not None and bool(before) is not on
        return (
            Effect.CONFIRMED if changed or _proves(attempt, after) else Effect.UNKNOWN
        )
    if target in _IDLE:
        return Effect.UNKNOWN if on else Effect.FAILED
    if not on:
        return Effect.FAILED
    if held_by(target, after) and _was_released(attempt):
        return Effect.HELD
    # What a protection holds may never have been released; a problem without a word may be one.
    problem = after.values.get(Field.PROBLEM)
    nameless = problem is None or Alarm.OTHER in active(after.alarms, problem)
    return Effect.UNKNOWN if held_by(target, after) or nameless else Effect.FAILED


def _was_released(attempt: Attempt) -> bool:
    """Return whether a target was released before, so that a release left it as it was."""
    told = commands(attempt.before).get(attempt.target)
    return bool(told or attempt.before.values.get(EFFECTS[attempt.target]))


def _proves(attempt: Attempt, after: BmsSample) -> bool:
    """Return whether an effect that was there before is the command's, and not somebody else's."""
    if attempt.on:
        return True
    if attempt.target in _IDLE:
        return False
    # Something was locked since, or nothing but a lock explains that it does not conduct: a reading that
    # lost its alarms says nothing of that.
    locked = Alarm.MOSFET_LOCKED in after.alarms - attempt.before.alarms
    stopped = held_by(attempt.target, after) or after.values.get(Field.PROBLEM, True)
    return locked or not stopped
