"""Switching in virtual time: what is written, how often, and what is said to have come of it."""

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any, Final

import pytest

from custom_components.mi_bms.proto.bms import registry
from custom_components.mi_bms.proto.bms.alarms import Alarm
from custom_components.mi_bms.proto.bms.codec import Draft, decode
from custom_components.mi_bms.proto.bms.control import (
    HOLDS,
    Control,
    Effect,
    Forbidden,
    OtherUnknown,
    Passphrase,
    Result,
    Target,
    held_by,
)
from custom_components.mi_bms.proto.bms.derive import finish
from custom_components.mi_bms.proto.bms.dialects import jbd
from custom_components.mi_bms.proto.bms.dialects.jikong import read_settings
from custom_components.mi_bms.proto.gatt.session import Device, Memory, Session
from custom_components.mi_bms.proto.gatt.switching import Attempt, judge
from custom_components.mi_bms.proto.model.errors import (
    AuthNeeded,
    AuthRejected,
    Unreachable,
    Unsupported,
)
from custom_components.mi_bms.proto.model.fields import Field
from custom_components.mi_bms.proto.model.sample import BmsSample
from custom_components.mi_bms.proto.model.steps import Ask, Permit
from tests.each import each, rows
from tests.proto.bms.families import ALL
from tests.proto.bms.talks import say
from tests.replay.batteries import run

from .boards import (
    KINDS,
    ROWS,
    Ant,
    Board,
    Daly,
    DalyLegacy,
    Humsienk,
    Jbd,
    JbdNew,
    Jikong,
    Line,
    Redodo,
    SeplosV2,
    checked,
    released,
)

DEVICE: Final = Device("Battery", "11:22:33:44:55:66")
BUDGET: Final = 30.0
FETS: Final = ("charge", "discharge")
FACTORY: Final = "123456789abc"
CONTROLLED: Final = [family for family in ALL if family.control]

type Case = tuple[type[Board], str, bool]


def control_of(family_id: str) -> Control:
    control = registry.load(family_id).control
    assert control
    return control


class Owner:
    """Somebody who has a board, and switches it over one connection after the other."""

    def __init__(self, board: Board, secret: str | None = None) -> None:
        self.board = board
        self.memory = Memory()
        self.session = Session(board.family, memory=self.memory, clock=lambda: 1.7e9)
        self.secret = secret or (FACTORY if isinstance(board, Ant) else None)
        self.before = BmsSample()

    async def read(self, line: Line) -> BmsSample:
        self.before = await self.session.read(line, DEVICE, self.secret)
        return self.before

    async def switch(self, target: str, *, on: bool, **more: Any) -> Result:
        line = Line(self.board)
        await self.read(line)
        return await self.session.switch(
            line,
            DEVICE,
            Target(target),
            on,
            self.before,
            self.secret,
            **{"budget": BUDGET, **more},
        )

    async def find_out(self, target: str, earlier: Result, *, on: bool) -> Result:
        return await self.session.read_back(
            Line(self.board),
            DEVICE,
            Target(target),
            on,
            self.before,
            earlier,
            self.secret,
            budget=BUDGET,
        )


def cases() -> Iterator[tuple[str, Case]]:
    for kind in KINDS:
        for target in released(kind).orders:
            for on in (True, False):
                yield f"{kind.__name__} {target} {on}", (kind, target, on)


def told(kind: type[Board], target: str) -> bool:
    """Return whether the family tells a command itself."""
    return any(
        one.told for one in control_of(kind.family_id).switches if one.target == target
    )


def prepared(kind: type[Board], target: str, *, on: bool) -> tuple[Owner, Board]:
    """Return a board on which the target is the other way round, and its owner."""
    board = released(kind)
    board.orders[target] = not on
    owner = Owner(board)
    if kind is JbdNew:
        owner.memory.notes["knows_fb"] = True
    return owner, board


def played(
    target: str, change: Callable[[Board], None], *, on: bool, kind: type[Board]
) -> tuple[Result, Board]:
    """Switch once, after the board was made difficult; what is claimed has to be true."""
    owner, board = prepared(kind, target, on=on)
    change(board)
    result = run(owner.switch(target, on=on))
    assert len(board.commands) == result.sent <= 2
    if result.effect is Effect.CONFIRMED:
        assert board.orders[target] is on
    elif result.effect is Effect.HELD:
        assert board.orders[target] is on
        assert target in board.held
    others = {one: value for one, value in board.orders.items() if one != target}
    assert all(others.values()), "a lock that nobody asked for"
    return result, board


def idle(kind: type[Board], target: str) -> bool:
    """Return whether an effect that is missing says nothing: untold, and with nothing to do."""
    return target not in FETS and not told(kind, target)


def every(check: Callable[[type[Board], str, bool], None]) -> None:
    each(cases(), lambda case: check(*case))


def test_a_command_is_confirmed() -> None:
    def check(kind: type[Board], target: str, on: bool) -> None:
        result, _ = played(target, lambda _board: None, on=on, kind=kind)
        assert result.effect is Effect.CONFIRMED
        assert result.sent == 1
        assert result.acknowledged is kind.acknowledges
        assert result.sample
        assert result.held_by == ()

    every(check)


def test_a_lost_acknowledgement_is_read_back_and_not_written_again() -> None:
    def check(kind: type[Board], target: str, on: bool) -> None:
        result, _ = played(
            target, lambda board: setattr(board, "mute", 9), on=on, kind=kind
        )
        assert result.effect is Effect.CONFIRMED
        assert result.sent == 1
        assert not result.acknowledged

    every(check)


def test_an_acknowledgement_without_effect_is_no_success() -> None:
    def check(kind: type[Board], target: str, on: bool) -> None:
        result, _ = played(
            target, lambda board: setattr(board, "late", None), on=on, kind=kind
        )
        unknown = on and idle(kind, target)
        assert result.effect is (Effect.UNKNOWN if unknown else Effect.FAILED)
        # One that never acknowledges may not have heard it.
        assert result.sent == (1 if kind.acknowledges else 2)

    every(check)


def test_a_board_that_acts_late_is_waited_for() -> None:
    def check(kind: type[Board], target: str, on: bool) -> None:
        result, _ = played(
            target, lambda board: setattr(board, "late", 3.0), on=on, kind=kind
        )
        assert result.effect is Effect.CONFIRMED
        assert result.sent == 1

    every(check)


def test_a_lost_command_is_written_once_more() -> None:
    def check(kind: type[Board], target: str, on: bool) -> None:
        result, _ = played(
            target, lambda board: setattr(board, "lose", 1), on=on, kind=kind
        )
        assert result.effect is Effect.CONFIRMED
        assert result.sent == 2
        result, _ = played(
            target, lambda board: setattr(board, "lose", 9), on=on, kind=kind
        )
        unknown = on and idle(kind, target)
        assert result.effect is (Effect.UNKNOWN if unknown else Effect.FAILED)
        assert result.sent == 2

    every(check)


def test_what_a_protection_holds_is_released_and_named() -> None:
    def check(kind: type[Board], target: str, on: bool) -> None:
        if not on or target not in FETS:
            return
        result, _ = played(
            target, lambda board: board.held.add(target), on=True, kind=kind
        )
        if target not in kind.blind and not told(kind, target):
            # Whether it was released cannot be seen until the protection has passed.
            assert result.effect is Effect.UNKNOWN
            assert result.held_by == ()
        elif target not in kind.blind:
            assert result.effect is Effect.HELD
            assert len(result.held_by) == 1
            assert result.held_by[0] in held_by(
                Target(target), result.sample or BmsSample()
            )
        else:
            # It does not tell apart, or has no word for the protection.
            assert result.effect is (
                Effect.UNKNOWN if kind is SeplosV2 else Effect.CONFIRMED
            )

    every(check)


def test_a_lock_under_a_protection_is_not_taken_for_granted() -> None:
    def check(kind: type[Board], target: str, on: bool) -> None:
        if on or target not in FETS:
            return
        result, board = played(
            target, lambda board: board.held.add(target), on=False, kind=kind
        )
        assert not board.orders[target]
        sure = told(kind, target)
        # Of a pack of this kind nobody knows whether a protection looks like a lock.
        proven = sure and kind is not Redodo
        assert result.effect is (Effect.CONFIRMED if proven else Effect.UNKNOWN)
        result, _ = played(
            target,
            lambda board: (board.held.add(target), setattr(board, "lose", 9)),
            on=False,
            kind=kind,
        )
        assert result.effect is (Effect.FAILED if sure else Effect.UNKNOWN)

    every(check)


def test_a_refusal_is_told_in_its_word() -> None:
    words = {Jbd: "not_allowed", JbdNew: "not_allowed", Daly: "exception"}
    words[SeplosV2] = "status"

    def check(kind: type[Board], target: str, on: bool) -> None:
        result, board = played(
            target, lambda board: setattr(board, "refuses", True), on=on, kind=kind
        )
        unknown = on and idle(kind, target)
        assert result.effect is (
            Effect.FAILED if kind in words or not unknown else Effect.UNKNOWN
        )
        assert result.refusal == words.get(kind)
        assert board.orders[target] is not on
        assert result.sent == (1 if kind in words else 2)

    every(check)


def test_what_somebody_else_changes_meanwhile_is_not_confirmed() -> None:
    def check(kind: type[Board], target: str, on: bool) -> None:
        def meddle(board: Board) -> None:
            board.orders[target] = not on

        result, board = played(
            target, lambda board: setattr(board, "meddler", meddle), on=on, kind=kind
        )
        done = board.orders[target] is on
        assert done is not kind.acknowledges
        wrong = Effect.UNKNOWN if on and idle(kind, target) else Effect.FAILED
        assert result.effect is (Effect.CONFIRMED if done else wrong)

    every(check)


def test_noise_between_frames_does_no_harm() -> None:
    def check(kind: type[Board], target: str, on: bool) -> None:
        result, _ = played(
            target, lambda board: setattr(board, "noisy", True), on=on, kind=kind
        )
        assert result.effect is Effect.CONFIRMED

    # The old boards begin each frame with what may be noise.
    each(
        ((name, case) for name, case in cases() if case[0] is not Redodo),
        lambda case: check(*case),
    )


@pytest.mark.parametrize("heard", [True, False])
def test_a_connection_that_breaks_is_read_back_over_the_next(*, heard: bool) -> None:
    def check(kind: type[Board], target: str, on: bool) -> None:
        owner, board = prepared(kind, target, on=on)
        setattr(board, "breaks" if heard else "broken", True)
        result = run(owner.switch(target, on=on))
        assert result == Result(effect=Effect.UNKNOWN, sent=1)
        board.breaks = board.broken = False
        board.orders[target] = on is heard
        sent = len(board.commands)
        later = run(owner.find_out(target, result, on=on))
        wrong = Effect.UNKNOWN if on and idle(kind, target) else Effect.FAILED
        assert later.effect is (Effect.CONFIRMED if heard else wrong)
        assert (later.sent, len(board.commands)) == (1, sent)

    every(check)


def test_a_connection_that_is_gone_before_the_command_is_an_error() -> None:
    owner = Owner(released(Ant))
    owner.secret = None

    async def work() -> None:
        line = Line(owner.board)
        await owner.read(line)
        line.open = False
        await owner.session.switch(
            line,
            DEVICE,
            Target.CHARGE,
            False,
            owner.before,
            budget=BUDGET,
            factory_password=True,
        )

    with pytest.raises(Unreachable):
        run(work())
    assert owner.board.commands == []


def test_the_time_of_a_command_is_bounded() -> None:
    owner, board = prepared(Jbd, "charge", on=False)
    board.late = None
    result = run(owner.switch("charge", on=False, budget=2.0))
    assert result.effect is Effect.UNKNOWN
    assert result.sent == 1
    # Without time to read back there is no second try.
    owner, board = prepared(Jbd, "charge", on=False)
    board.lose = 9
    result = run(owner.switch("charge", on=False, budget=8.0))
    assert result.sent == 1
    assert result.effect is Effect.FAILED


class Fading(Daly):
    """Say nothing any more from so many readings after the command on."""

    readings = 9

    def says(self, frame: bytes) -> list[bytes]:
        # The first question of each reading.
        self.readings -= bool(self.commands) and frame[1:4] == b"\x03\0\xa5"
        return Daly.says(self, frame) if self.readings >= 0 else []


@rows(
    ("readings", "budget", "effect"),
    [
        # Only the first one came, too early for a board that acts late.
        (1, 30.0, Effect.UNKNOWN),
        (2, 30.0, Effect.FAILED),
        # Time runs out in the middle of a reading.
        (1, 8.0, Effect.UNKNOWN),
        (2, 8.0, Effect.FAILED),
    ],
)
def test_what_was_read_late_enough_stands(
    readings: int, budget: float, effect: Effect
) -> None:
    board = released(Fading)
    board.late, board.mute = None, 9
    board.readings = readings  # type: ignore[attr-defined]
    result = run(Owner(board).switch("charge", on=False, budget=budget))
    assert result.effect is effect
    assert result.sent == 1
    assert result.sample is not None


def test_what_was_seen_of_the_first_write_says_nothing_of_the_second() -> None:
    board = released(Fading)
    board.late, board.lose = 9.0, 1
    board.readings = 4  # type: ignore[attr-defined]
    result = run(Owner(board).switch("charge", on=False, budget=20.0))
    assert (result.effect, result.sent) == (Effect.UNKNOWN, 2)


@rows("writes", [0, 1])
def test_what_was_forbidden_meanwhile_is_not_written(writes: int) -> None:
    board = released(Jbd)
    board.lose = 9
    asked = iter([True] * writes + [False])
    work = Owner(board).switch("charge", on=False, may=lambda: next(asked))
    if writes:
        result = run(work)
        assert (result.effect, result.sent) == (Effect.FAILED, 1)
    else:
        with pytest.raises(Forbidden):
            run(work)
    assert len(board.commands) == writes


@rows("kind", [Jbd, DalyLegacy])
def test_what_was_released_before_is_held_and_not_unknown(kind: type[Board]) -> None:
    board = released(kind)
    board.orders["charge"] = False
    board.meddler = lambda board: board.held.add("discharge")
    result = run(Owner(board).switch("discharge", on=True))
    assert result.effect is Effect.HELD
    assert set(result.held_by) <= {*HOLDS[Target.DISCHARGE]}
    assert result.held_by


@rows("mute", [0, 9])
def test_readings_that_fail_leave_the_outcome_open(mute: int) -> None:
    owner, board = prepared(Daly, "charge", on=False)
    board.mute = mute

    async def work() -> Result:
        says = Daly.says
        try:
            line = Line(board)
            await owner.read(line)
            Daly.says = lambda _self, _frame: []  # type: ignore[method-assign]
            return await owner.session.switch(
                line, DEVICE, Target.CHARGE, False, owner.before, None, budget=90.0
            )
        finally:
            Daly.says = says  # type: ignore[method-assign]

    result = run(work())
    assert result.effect is Effect.UNKNOWN
    assert (result.sent, result.sample) == (1, None)


def test_what_a_hurried_poll_leaves_out_is_read_all_the_same() -> None:
    for kind in (DalyLegacy, Humsienk):
        owner, board = prepared(kind, "charge", on=False)
        board.late = 3.0
        result = run(owner.switch("charge", on=False, budget=6.0))
        assert result.effect is Effect.CONFIRMED


# JBD: one word for both locks


@rows("word", sorted({row["frame"] for row in ROWS if row["use"] == "word"}))
def test_each_word_of_old_boards_is_written_when_it_is_right(word: str) -> None:
    value = bytes.fromhex(word)[5]
    board = released(Jbd)
    for target, bit in (("charge", 1), ("discharge", 2)):
        other = "discharge" if target == "charge" else "charge"
        board.orders = {target: bool(value & bit), other: not value & (3 - bit)}
        board.commands.clear()
        result = run(Owner(board).switch(target, on=not value & bit))
        assert [frame.hex() for frame in board.commands] == [word]
        assert result.effect is Effect.CONFIRMED


STOPS: Final = {
    "charge": {0, 2, 4, 5, 8, 11, 13},
    "discharge": {1, 3, 6, 7, 9, 10, 11},
}


def words() -> Iterator[int]:
    """Return protections: none, and each set of up to three."""
    places = range(14)
    seen = {0}
    for _ in range(3):
        seen |= {word | 1 << place for word in seen for place in places if place != 12}
    yield from sorted(seen)


def word_for(sample: BmsSample, target: str, *, on: bool) -> int | str:
    """Return the locks that would be written, or whose lock is not known."""
    control, context = control_of("jbd"), say(registry.load("jbd"))
    row = next(one for one in control.switches if one.target == target)
    try:
        step = next(control.write(context, row, on, sample))
    except OtherUnknown as unknown:
        return str(unknown.other)
    assert isinstance(step, Ask)
    assert step.request
    assert step.request[:4] == bytes.fromhex("dd5ae102")
    return step.request[5]


def test_no_lock_appears_or_goes_that_nobody_asked_for() -> None:
    body = bytearray.fromhex("053300002710271000012d140000000000002064030400")
    refused = 0
    for word, locks in product(words(), range(4)):
        active = {place for place in range(14) if word >> place & 1}
        free = {"charge": not locks & 1, "discharge": not locks & 2}
        acts = {one: free[one] and not STOPS[one] & active for one in FETS}
        body[16:18] = (word | bool(locks) << 12).to_bytes(2)
        body[20] = acts["charge"] | acts["discharge"] << 1
        sample = finish(decode(jbd.COMMON, bytes(body), Draft()))
        assert all(free[Target(one)] is on for one, on in sample.switches.items())
        for target, on in product(FETS, (True, False)):
            other = FETS[target == "charge"]
            wanted = {**free, target: on}
            right: int | str = (not wanted["charge"]) | (not wanted["discharge"]) << 1
            if locks and not acts[other] and STOPS[other] & active:
                right = other
                refused += 1
            assert word_for(sample, target, on=on) == right
    assert refused > 1000


def test_a_lock_that_cannot_be_known_is_refused_before_anything_is_sent() -> None:
    board = released(Jbd)
    board.orders["discharge"] = False
    board.held.add("discharge")
    with pytest.raises(OtherUnknown):
        run(Owner(board).switch("charge", on=False))
    assert board.commands == []


def test_a_lock_that_became_unknown_meanwhile_ends_the_tries() -> None:
    owner, board = prepared(Jbd, "charge", on=False)
    board.lose = 9

    async def work() -> Result:
        line = Line(board)
        await owner.read(line)
        board.orders["discharge"] = False
        board.held.add("discharge")
        return await owner.session.switch(
            line, DEVICE, Target.CHARGE, False, owner.before, None, budget=BUDGET
        )

    result = run(work())
    assert result.effect is Effect.FAILED
    assert len(board.commands) == 1


def test_new_boards_are_known_by_their_refusal() -> None:
    board = released(JbdNew)
    owner = Owner(board)
    assert run(owner.switch("charge", on=False)).effect is Effect.CONFIRMED
    assert [frame.hex() for frame in board.commands] == [
        "dd5ae1020001ff1c77",
        "dd5afb020101ff0177",
    ]
    board.held.add("charge")
    # The new command leaves the other lock alone: nothing has to be known of it.
    assert run(owner.switch("discharge", on=False)).effect is Effect.CONFIRMED
    assert board.commands[2:] == [bytes.fromhex("dd5afb020001ff0277")]
    assert board.orders == {"charge": False, "discharge": False}
    # Another board in its place does not know it.
    board.__class__ = Jbd  # type: ignore[assignment]
    board.held.clear()
    result = run(owner.switch("charge", on=True))
    assert (result.effect, result.refusal) == (Effect.FAILED, "unknown_command")
    assert run(owner.switch("charge", on=True)).effect is Effect.CONFIRMED


@pytest.mark.parametrize("on", [True, False])
@pytest.mark.parametrize("acts", [True, False])
def test_a_reading_without_alarms_hides_what_holds_it(on: bool, acts: bool) -> None:
    """Whether a protection stops it nobody knows then, so nothing is said of the command."""

    class Losing(DalyLegacy):
        def says(self, frame: bytes) -> list[bytes]:
            lost = self.commands and frame[2] == 0x98
            return [] if lost else DalyLegacy.says(self, frame)

    owner, board = prepared(Losing, "discharge", on=on)
    board.late = 0.0 if acts else None
    board.meddler = lambda board: board.held.add("discharge")
    result = run(owner.switch("discharge", on=on))
    assert result.effect is Effect.UNKNOWN
    assert board.orders["discharge"] is (on if acts else not on)


def test_what_a_board_refused_is_not_written_again() -> None:
    class Silent(JbdNew):
        def acknowledgement(self, frame: bytes) -> bytes | None:
            known = frame[2] == 0xFB
            return None if known else JbdNew.acknowledgement(self, frame)

    board = released(Silent)
    board.late = None
    assert run(Owner(board).switch("charge", on=False)).effect is Effect.FAILED
    assert [frame[2] for frame in board.commands] == [0xE1, 0xFB, 0xFB]


def test_a_command_that_arrived_damaged_is_written_again() -> None:
    class Damaged(Jbd):
        def acknowledgement(self, frame: bytes) -> bytes | None:
            return self.reply(frame[2], b"", 0x82)

    owner, board = prepared(Damaged, "charge", on=False)
    board.late = None
    result = run(owner.switch("charge", on=False))
    assert (result.effect, result.sent) == (Effect.FAILED, 2)


def test_an_alarm_is_cleared() -> None:
    board = released(Jbd)
    board.held.add("charge")
    owner = Owner(board)
    result = run(owner.switch("alarm", on=False))
    assert (result.effect, result.sent) == (Effect.CONFIRMED, 1)
    assert board.commands == [bytes.fromhex("dd5a0a020400fff077")]
    board.held.add("charge")
    board.late = None
    assert run(owner.switch("alarm", on=False)).effect is Effect.FAILED
    with pytest.raises(Unsupported):
        run(owner.switch("alarm", on=True))


# ANT: a password


def test_a_command_needs_a_password() -> None:
    board = released(Ant)
    owner = Owner(board)
    owner.secret = None
    with pytest.raises(AuthNeeded):
        run(owner.switch("charge", on=False))
    assert board.commands == []
    result = run(owner.switch("charge", on=False, factory_password=True))
    assert result.effect is Effect.CONFIRMED
    assert board.passwords == 1  # type: ignore[attr-defined]


def test_a_wrong_password_is_said_once() -> None:
    board = released(Ant)
    board.password = b"something"  # type: ignore[attr-defined]
    owner = Owner(board)
    owner.secret = None
    with pytest.raises(AuthRejected):
        run(owner.switch("charge", on=False, factory_password=True))
    assert board.passwords == 1  # type: ignore[attr-defined]
    assert board.commands == []


@rows("heard", [True, False])
def test_a_password_or_its_answer_that_gets_lost_is_no_wrong_one(heard: bool) -> None:
    class Losing(Ant):
        lost = 1

        def says(self, frame: bytes) -> list[bytes]:
            if frame[2] != 0x23 or self.lost <= 0:
                return Ant.says(self, frame)
            self.lost -= 1
            if heard:
                Ant.says(self, frame)
            return []

    board = released(Losing)
    owner = Owner(board)
    owner.secret = None

    async def work() -> Result:
        line = Line(board)
        await owner.read(line)
        # As Home Assistant does it: the password for commands stands where that for reading did.
        return await owner.session.switch(
            line, DEVICE, Target.CHARGE, False, owner.before, FACTORY, budget=BUDGET
        )

    result = run(work())
    assert (result.effect, result.acknowledged) == (Effect.CONFIRMED, True)


class Uncommunicative(Ant):
    """Never acknowledge a password; ``deaf`` to commands all the same."""

    deaf = False

    def says(self, frame: bytes) -> list[bytes]:
        said = Ant.says(self, frame)
        return [] if frame[2] == 0x23 else said

    def order(self, frame: bytes) -> dict[str, bool] | None:
        return None if self.deaf else Ant.order(self, frame)


def test_one_old_answer_at_the_last_reading_confirms_nothing() -> None:
    class Old(Ant):
        ordered = False
        readings = 0

        def order(self, frame: bytes) -> None:
            self.ordered |= frame[2] == 0x51

        def says(self, frame: bytes) -> list[bytes]:
            if frame[2] == 1 and self.ordered:
                self.readings += 1
                self.orders["charge"] = self.readings % 4 != 3
            return Ant.says(self, frame)

    board = released(Old)
    owner = Owner(board)
    owner.secret = None
    result = run(owner.switch("charge", on=False, factory_password=True))
    assert (result.effect, result.sent) == (Effect.FAILED, 2)
    assert board.readings == 8


def test_a_password_that_may_not_be_said_again_is_not() -> None:
    async def never() -> bool:
        return False

    family = next(one for one in ALL if one.id == "ant")
    assert family.control and family.control.unlock
    talk = family.control.unlock(say(family), Passphrase(text="x", may=never))
    assert isinstance(next(talk), Permit)
    with pytest.raises(StopIteration) as ended:
        talk.send(None)
    assert ended.value.value is False


@pytest.mark.parametrize("logs_in", [True, False])
def test_a_password_that_is_not_acknowledged_may_be_right(logs_in: bool) -> None:
    board = released(Uncommunicative)
    owner = Owner(board)
    if not logs_in:
        owner.secret = None
    result = run(owner.switch("charge", on=False, factory_password=not logs_in))
    assert result.effect is Effect.CONFIRMED
    # The login has said it once; there is no third try.
    assert board.passwords == 2  # type: ignore[attr-defined]
    board = released(Uncommunicative)
    board.deaf = True  # type: ignore[attr-defined]
    result = run(Owner(board).switch("charge", on=False))
    assert (result.effect, result.locked) == (Effect.FAILED, True)


def test_a_password_that_opened_the_board_is_not_said_again_for_a_command() -> None:
    class Closed(Ant):
        def says(self, frame: bytes) -> list[bytes]:
            is_word = frame[2] == 0x23
            return super().says(frame) if is_word or self.unlocked else []

    board = released(Closed)
    result = run(Owner(board).switch("charge", on=False))
    assert result.effect is Effect.CONFIRMED
    assert board.passwords == 1  # type: ignore[attr-defined]


# What there is to switch


def test_every_frame_of_the_page_adds_up() -> None:
    each(
        ((row["what"], row) for row in ROWS),
        lambda row: _adds_up(row["family"], bytes.fromhex(row["frame"])),
    )


def _adds_up(family: str, frame: bytes) -> None:
    assert checked(family, frame)
    assert not checked(family, frame[:-4] + bytes((frame[-4] ^ 0x10,)) + frame[-3:])


def test_the_tables_are_those_of_the_page() -> None:
    wanted = {
        (row["family"], row["target"], row["on"]): row["frame"]
        for row in ROWS
        if row["use"] == "command"
    }
    found = {
        (family.id, str(one.target), on): one.frames(on=on)[0].hex()
        for family in CONTROLLED
        if family.control
        for one in family.control.switches
        for on in (True, False)
        if one.frames(on=on)
    }
    assert found == wanted
    legacy = control_of("ant_leg").switches
    applied = {row["frame"] for row in ROWS if row["use"] == "apply"}
    assert {
        one.frames(on=on)[1].hex() for one in legacy for on in (True, False)
    } == applied


def test_what_takes_the_radio_away_is_in_no_table() -> None:
    never = {
        bytes.fromhex(row["frame"])
        for row in ROWS
        if row["use"] in ("never", "left out")
    }
    assert len(never) > 30
    for family in CONTROLLED:
        assert family.control
        for one in family.control.switches:
            assert never.isdisjoint({*one.on, *one.off})
            assert one.source


def test_what_is_sure_and_what_is_not() -> None:
    proven = {
        family.id: {
            str(one.target) for one in family.control.offers(experimental=False)
        }
        for family in CONTROLLED
        if family.control
    }
    both = {"charge", "discharge"}
    assert proven == {
        "ant": both,
        "ant_leg": set(),
        "daly": both,
        "daly_legacy": set(),
        "humsienk": set(),
        "jbd": both,
        "jikong": both | {"balancer", "heater"},
        "redodo": set(),
        "seplos_v2": set(),
    }
    assert {str(one.target) for one in control_of("jbd").offers(experimental=True)} == (
        both | {"alarm"}
    )


def offered(memory: dict[str, Any], family_id: str) -> set[str]:
    session = Session(registry.load(family_id), memory=Memory(notes=memory))
    return {str(one.target) for one in session.offers(experimental=True)}


def test_what_a_device_does_not_have_is_not_offered() -> None:
    three = {"charge", "discharge", "balancer"}
    assert offered({"version": 15}, "jikong") == three | {"heater"}
    assert offered({"version": 10}, "jikong") == three
    assert offered({"version": 10, "floats": True}, "jikong") == set()
    assert offered({}, "jikong") == set()
    assert offered({"protocol": 0xD2}, "daly") == three
    assert offered({"protocol": 0x81}, "daly") == set()
    assert offered({"packs_answer": True}, "seplos_v2") == set()
    assert offered({}, "seplos_v2") == {"charge", "discharge", "heater"}
    assert offered({}, "tdt") == set()


def test_what_a_device_does_not_have_is_not_written() -> None:
    for family_id, notes in (
        ("daly", {"protocol": 0x81}),
        ("seplos_v2", {"packs_answer": True}),
    ):
        kind = {"daly": Daly, "seplos_v2": SeplosV2}[family_id]
        board = released(kind)
        owner = Owner(board)

        async def work(owner: Owner = owner, notes: dict[str, Any] = notes) -> None:
            line = Line(owner.board)
            await owner.read(line)
            owner.memory.notes.update(notes)
            await owner.session.switch(
                line, DEVICE, Target.CHARGE, False, owner.before, None, budget=BUDGET
            )

        with pytest.raises(Unsupported):
            run(work())
        assert board.commands == []
    with pytest.raises(Unsupported):
        run(Owner(released(Redodo)).switch("heater", on=True))
    eleksol = Session(registry.load("eleksol"))
    line = Line(released(Jbd))
    with pytest.raises(Unsupported):
        run(
            eleksol.switch(
                line, DEVICE, Target.CHARGE, True, BmsSample(), None, budget=BUDGET
            )
        )


def test_commands_are_told_when_they_are_asked_for() -> None:
    async def asked(board: Board) -> dict[Target, bool]:
        owner = Owner(board)
        line = Line(board)
        await owner.read(line)
        return dict(await owner.session.commands(line, DEVICE, owner.secret))

    for kind in (Jikong, Daly):
        board = released(kind)
        board.orders["discharge"] = False
        board.held.add("charge")
        assert run(asked(board)) == board.orders
    assert run(asked(released(Jbd))) == {}

    class Plain(Daly):
        def says(self, frame: bytes) -> list[bytes]:
            return [] if frame[3] == 0xCF else Daly.says(self, frame)

    assert "balancer" not in run(asked(released(Plain)))


def test_a_24s_board_tells_of_no_heater() -> None:
    class Small(Jikong):
        record = "jikong:update[JK02_24S]"

    async def read() -> BmsSample:
        return await Owner(released(Small)).read(Line(released(Small)))

    assert run(read()).switches.keys() == {"charge", "discharge", "balancer"}


def test_the_old_balancer_toggle_is_not_offered() -> None:
    assert "balancer" not in {str(one.target) for one in control_of("ant_leg").switches}


def judged(target: Target, before: BmsSample, after: BmsSample, *, on: bool) -> Effect:
    return judge(Attempt(target=target, on=on, before=before), after)


def test_a_reading_that_tells_nothing_proves_nothing() -> None:
    nothing = BmsSample()
    for target in (Target.CHARGE, Target.HEATER):
        for on in (True, False):
            assert judged(target, nothing, nothing, on=on) is Effect.UNKNOWN


def test_what_was_idle_before_is_not_proof_of_a_command() -> None:
    cold = BmsSample(values={Field.HEATER: False})
    hot = BmsSample(values={Field.HEATER: True})
    assert judged(Target.HEATER, cold, cold, on=False) is Effect.UNKNOWN
    assert judged(Target.HEATER, hot, cold, on=False) is Effect.CONFIRMED
    assert judged(Target.HEATER, cold, cold, on=True) is Effect.UNKNOWN


def test_a_lock_that_appears_is_the_commands() -> None:
    stopped = frozenset({Alarm.CHARGE_OVERCURRENT})
    before = BmsSample(values={Field.CHRG_MOSFET: False}, alarms=stopped)
    locked = BmsSample(values=before.values, alarms=stopped | {Alarm.MOSFET_LOCKED})
    assert judged(Target.CHARGE, before, locked, on=False) is Effect.CONFIRMED
    assert judged(Target.CHARGE, locked, locked, on=False) is Effect.UNKNOWN


def test_a_command_that_is_told_counts_together_with_what_conducts() -> None:
    before = BmsSample()
    off = {Target.CHARGE: False}
    conducts, not_ = {Field.CHRG_MOSFET: True}, {Field.CHRG_MOSFET: False}
    for values, on, told, effect in (
        (conducts, False, off, Effect.FAILED),  # not yet
        (not_, False, off, Effect.CONFIRMED),
        ({}, False, off, Effect.CONFIRMED),
        (not_, True, {Target.CHARGE: True}, Effect.HELD),
        (conducts, True, {Target.CHARGE: True}, Effect.CONFIRMED),
        (not_, True, off, Effect.FAILED),
    ):
        after = BmsSample(values=values, switches={**told})
        assert judged(Target.CHARGE, before, after, on=on) is effect


def test_a_held_command_of_a_silent_family_is_written_again() -> None:
    owner, board = prepared(DalyLegacy, "charge", on=True)
    board.held.add("charge")
    board.lose = 1
    result = run(owner.switch("charge", on=True))
    assert (result.effect, result.sent) == (Effect.UNKNOWN, 2)
    assert board.orders["charge"]


def test_settings_that_are_neither_on_nor_off_tell_nothing() -> None:
    draft = Draft()
    frame = bytearray(300)
    frame[118], frame[122] = 2, 1
    read_settings({"version": 10}, bytes(frame), draft)
    assert draft.switches == {Target.DISCHARGE: True, Target.BALANCER: False}
