"""What was switched for a time is put back: never lost, never twice, whatever happens in between."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any, Final

from hypothesis import given, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from custom_components.mi_bms.proto.bms.alarms import Alarm
from custom_components.mi_bms.proto.bms.control import Effect, Target
from custom_components.mi_bms.proto.control.returns import (
    LONGEST_OUTAGE,
    LONGEST_PAUSE,
    OVERDUE,
    SETTLED,
    SHORTEST_PAUSE,
    Returns,
)
from custom_components.mi_bms.proto.control.standing import commanded, conducts, stands
from custom_components.mi_bms.proto.model.fields import Field
from custom_components.mi_bms.proto.model.sample import BmsSample
from tests.each import rows

WALL: Final = 1_790_000_000.0
IT: Final = Target.DISCHARGE


def planned(*, on: bool = False, minutes: float = 60.0, now: float = 0.0) -> Returns:
    returns = Returns()
    returns.plan(IT, on=on, minutes=minutes, now=now)
    return returns


def stood(*, on: bool = False, minutes: float = 60.0) -> Returns:
    returns = planned(on=on, minutes=minutes)
    returns.written(IT, Effect.CONFIRMED, lasts=False)
    return returns


def kept(returns: Returns, now: float, *, then: float, wall: float) -> Returns:
    again = Returns()
    again.restore(returns.to_json(now, WALL), then, wall)
    return again


def to(returns: Returns) -> bool | None:
    one = returns.of(IT)
    return None if one is None else one.on


def told(returns: Returns, on: bool | None, now: float, *, sure: bool = True) -> Any:
    """Tell it twice: one reading may be an old answer."""
    first = returns.notice(IT, on=on, sure=sure, now=now)
    assert first is None
    return returns.notice(IT, on=on, sure=sure, now=now)


def test_one_reading_is_an_old_answer_and_two_are_not() -> None:
    returns = stood()
    now = returns.pending[0].due - 30

    def once(on: bool | None, now: float) -> Any:
        return returns.notice(IT, on=on, sure=True, now=now)

    for other in (False, None):
        assert once(True, now) is None
        # The next reading is asked for at once, and nothing is put back before it.
        assert returns.next_at(now) == now + SHORTEST_PAUSE
        assert returns.ready(now + 60) is None
        assert once(other, now) is None
        assert returns.ready(now + 60) is not None
    assert once(True, now) is None
    assert once(True, now + SHORTEST_PAUSE) is not None
    assert not returns.pending


def test_it_is_put_back_when_it_is_due() -> None:
    returns = stood()
    assert returns.next_at(0.0) == 3600.0
    assert returns.ready(3599.9) is None
    assert not returns.asked(3599.9)
    one = returns.ready(3600.0)
    assert one is not None
    assert (one.target, one.on, one.left) == (IT, True, False)
    returns.tried(IT, 3600.0)
    returns.put_back(IT, Effect.CONFIRMED)
    assert returns.pending == ()
    assert returns.next_at(3600.0) is None


@rows("effect", [Effect.CONFIRMED, Effect.HELD])
def test_a_released_one_that_is_held_is_put_back_too(effect: Effect) -> None:
    returns = stood()
    returns.put_back(IT, effect)
    assert to(returns) is None


@rows("effect", [Effect.FAILED, Effect.UNKNOWN])
def test_it_is_tried_until_it_works_with_growing_pauses(effect: Effect) -> None:
    returns, now, pauses = stood(), 3600.0, []
    for _ in range(10):
        assert returns.ready(now)
        returns.tried(IT, now)
        returns.put_back(IT, effect)
        assert returns.ready(now) is None
        one = returns.of(IT)
        assert one is not None
        pauses.append(one.rests - now)
        now = one.rests
    assert pauses[0] == SHORTEST_PAUSE
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_PAUSE


def test_it_is_asked_for_with_growing_pauses_but_done_as_soon_as_it_can() -> None:
    returns, now = stood(), 3600.0
    asked = []
    while now < 3600 + 2000:
        if returns.asked(now):
            asked.append(now)
        assert returns.ready(now)
        now += 1
    apart = [after - before for before, after in pairwise(asked)]
    assert apart[0] == SHORTEST_PAUSE
    assert apart[-1] == LONGEST_PAUSE
    assert apart == sorted(apart)


def test_a_person_is_told_when_it_is_overdue() -> None:
    returns = stood()
    assert not returns.overdue(3600 + OVERDUE - 0.1)
    assert returns.overdue(3600 + OVERDUE)
    returns.asked(3600.0)
    assert returns.next_at(3600.0) == 3605.0
    for now in (3605.0, 3615.0, 3635.0, 3675.0):
        assert returns.asked(now)
    # The next pause would last beyond that moment.
    assert returns.next_at(3675.0) == 3600 + OVERDUE


def test_what_was_not_written_leaves_nothing() -> None:
    returns = planned()
    returns.unplan(IT)
    assert to(returns) is None
    returns.unplan(IT)
    assert to(returns) is None


def test_what_failed_may_still_be_switched_off_by_a_board_that_acts_late() -> None:
    for on, left in ((False, True), (True, None)):
        returns = planned()
        returns.written(IT, Effect.FAILED, lasts=False)
        told(returns, True, SETTLED - 0.1)
        assert to(returns) is True
        told(returns, on, SETTLED)
        assert to(returns) is left
    # Nobody is locked out by one that fails to release.
    returns = planned(on=True)
    returns.written(IT, Effect.FAILED, lasts=False)
    assert to(returns) is None


def test_what_is_not_known_is_found_out_but_not_at_once() -> None:
    for on, left in ((False, True), (True, None)):
        returns = planned()
        returns.written(IT, Effect.UNKNOWN, lasts=False)
        assert told(returns, on, SETTLED - 0.1) is None
        # A board may act late.
        assert to(returns) is True
        told(returns, on, SETTLED)
        assert to(returns) is left


def test_a_change_made_elsewhere_ends_it() -> None:
    returns = stood()
    assert told(returns, False, 20.0) is None
    assert told(returns, None, 20.0) is None
    ended = told(returns, True, 20.0)
    assert ended is not None
    assert to(returns) is None
    assert told(returns, True, 20.0) is None


def test_what_only_rests_was_not_switched_off() -> None:
    returns = stood(on=True)
    assert told(returns, False, 20.0, sure=False) is None
    assert to(returns) is False
    assert told(returns, False, 20.0) is not None
    # What conducts was switched on, told or not.
    returns = stood()
    assert told(returns, True, 20.0, sure=False) is not None


def test_a_new_command_replaces_it() -> None:
    returns = stood()
    returns.plan(IT, on=False, minutes=120.0, now=100.0)
    returns.written(IT, Effect.CONFIRMED, lasts=False)
    assert [one.due for one in returns.pending] == [7300.0]
    returns.written(IT, Effect.CONFIRMED, lasts=True)
    assert returns.pending == ()


def test_one_that_failed_does_not_replace_it() -> None:
    returns = stood()
    returns.written(IT, Effect.FAILED, lasts=True)
    assert [one.due for one in returns.pending] == [3600.0]
    returns.plan(IT, on=True, minutes=120.0, now=100.0)
    returns.written(IT, Effect.FAILED, lasts=False)
    assert [one.due for one in returns.pending] == [3600.0]


def test_one_that_was_not_written_does_not_replace_it() -> None:
    returns = stood()
    returns.plan(IT, on=False, minutes=120.0, now=100.0)
    returns.unplan(IT)
    assert [one.due for one in returns.pending] == [3600.0]


def test_the_one_before_comes_back_when_a_reading_shows_it() -> None:
    # Off for an hour, then on for ten minutes, of which nobody knows whether it was heard.
    returns = stood()
    returns.plan(IT, on=True, minutes=10.0, now=100.0)
    returns.written(IT, Effect.UNKNOWN, lasts=False)
    assert to(returns) is False
    returns = kept(returns, 105.0, then=5.0, wall=WALL)
    assert told(returns, False, 5.0) is None
    assert to(returns) is True


def test_the_one_before_comes_back_when_the_doubtful_one_was_put_back() -> None:
    returns = stood()
    returns.plan(IT, on=True, minutes=10.0, now=100.0)
    returns.put_back(IT, Effect.CONFIRMED)
    assert to(returns) is True


def test_only_the_last_of_either_direction_is_kept() -> None:
    returns = stood()
    for n, on in enumerate([False, True, True, False, False, True]):
        returns.plan(IT, on=on, minutes=n + 1, now=100.0 + n)
    one = returns.of(IT)
    chain = []
    while one is not None:
        chain.append((one.on, one.minutes))
        one = one.former
    assert chain == [(False, 6), (True, 5), (False, 3)]
    returns.put_back(IT, Effect.CONFIRMED)
    assert to(returns) is True


def test_putting_back_what_is_not_there_is_nothing() -> None:
    returns = Returns()
    returns.put_back(IT, Effect.CONFIRMED)
    returns.written(IT, Effect.CONFIRMED, lasts=True)
    returns.tried(IT, 0.0)
    assert not returns.postpone(IT, 5.0, 0.0)
    assert returns.pending == ()


def test_its_time_is_counted_anew() -> None:
    returns = stood(minutes=15.0)
    assert returns.postpone(IT, 15.0, 600.0)
    assert returns.next_at(600.0) == 1500.0
    # What is due is put back: nobody can postpone that any more.
    assert not returns.postpone(IT, 15.0, 1500.0)


@rows(
    ("outage", "left"),
    [
        (0.0, 3000.0),
        (1000.0, 2000.0),
        (3000.0, 0.0),
        (86_400.0, 0.0),
        (LONGEST_OUTAGE, 0.0),
        # A clock that jumped: neither never nor at once.
        (LONGEST_OUTAGE + 1, 3000.0),
        (26 * 365 * 86_400.0, 3000.0),
        (-1.0, 3000.0),
        (-26 * 365 * 86_400.0, 3000.0),
    ],
)
def test_a_start_and_a_clock_that_jumps(outage: float, left: float) -> None:
    again = kept(stood(), 600.0, then=12.0, wall=WALL + outage)
    assert again.next_at(12.0 - 1) == 12.0 + left


def test_more_than_was_asked_for_is_never_waited() -> None:
    stored = stood().to_json(0.0, WALL)
    stored[0]["left"] = 1e9
    again = Returns()
    again.restore(stored, 0.0, WALL)
    assert again.next_at(0.0) == 3600.0


# --- how a target stands -----------------------------------------------------------------------


@rows(
    ("switches", "mosfet", "alarms", "asked", "told_on", "on"),
    [
        ({}, True, (), None, True, True),
        ({}, True, (), False, True, True),
        ({}, False, (), None, None, False),
        ({}, False, (Alarm.CELL_OVERVOLTAGE,), None, None, None),
        ({}, False, (Alarm.CELL_UNDERVOLTAGE,), None, None, False),
        ({}, False, (), True, True, True),
        ({}, False, (), False, False, False),
        ({}, None, (), None, None, None),
        ({"charge": True}, False, (), None, True, True),
        ({"charge": False}, True, (), True, False, False),
    ],
)
def test_how_a_mosfet_stands(
    switches: dict[str, bool],
    mosfet: bool | None,
    alarms: tuple[Alarm, ...],
    asked: bool | None,
    told_on: bool | None,
    on: bool | None,
) -> None:
    values = {} if mosfet is None else {Field.CHRG_MOSFET: mosfet, Field.PROBLEM: False}
    sample = BmsSample(values=values, switches=switches, alarms=frozenset(alarms))
    answers = {} if asked is None else {Target.CHARGE: asked}
    assert conducts(Target.CHARGE, sample) is mosfet
    assert commanded(Target.CHARGE, sample, answers) is told_on
    assert stands(Target.CHARGE, sample, answers) is on


def test_what_rests_tells_nothing() -> None:
    sample = BmsSample(values={Field.BALANCER: 0, Field.HEATER: False})
    assert stands(Target.BALANCER, sample, {}) is None
    assert stands(Target.HEATER, sample, {}) is None
    assert stands(Target.ALARM, sample, {}) is None
    assert conducts(Target.ALARM, sample) is None
    busy = BmsSample(values={Field.BALANCER: 4})
    assert stands(Target.BALANCER, busy, {}) is True


# --- whatever happens, nothing is lost ----------------------------------------------------------


class Lives(RuleBasedStateMachine):
    """A switch in the world, what is owed to it, and what the returns say of that.

    Owed is what the last write of ours that took effect for a time is to be put back to, as long as
    nobody else has touched the switch since.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now, self.wall = 1000.0, WALL
        self.returns = Returns()
        self.on = True
        self.owed: bool | None = None
        self.late: tuple[bool, float | None, float] | None = None

    def write(self, on: bool, minutes: float | None, *, heard: bool) -> None:
        if minutes is not None:
            self.returns.plan(IT, on=on, minutes=minutes, now=self.now)
        if heard:
            self.on = on
            self.owed = None if minutes is None else not on

    @rule(
        on=st.booleans(),
        minutes=st.sampled_from([None, 1.0, 60.0]),
        heard=st.booleans(),
        known=st.booleans(),
    )
    def command(
        self, on: bool, minutes: float | None, heard: bool, known: bool
    ) -> None:
        if minutes is not None and self.on is on and self.returns.of(IT) is None:
            # Nothing would be undone: it is as somebody wants it.
            return
        was = self.on
        self.write(on, minutes, heard=heard)
        effect = Effect.UNKNOWN
        if known:
            effect = Effect.CONFIRMED if self.on is on else Effect.FAILED
        if effect is Effect.CONFIRMED and not heard and was is on:
            # What it says is as wanted: that counts as done.
            self.owed = None if minutes is None else not on
        self.returns.written(IT, effect, lasts=minutes is None)
        self.late = None if heard else (on, minutes, self.now + SETTLED - 1)

    @rule()
    def act_late(self) -> None:
        """A board may act some seconds after it was told, whatever it said then."""
        if self.late is None or self.now > self.late[2]:
            return
        on, minutes, _ = self.late
        if self.on is not on:
            self.on = on
            # What releases locks nobody out.
            self.owed = True if minutes is not None and not on else None
        self.late = None

    @rule(on=st.booleans(), heard=st.booleans())
    def crash_in_the_middle(self, on: bool, heard: bool) -> None:
        if self.on is not on:
            self.write(on, 60.0, heard=heard)
        self.restart(0.0)

    @rule(outage=st.sampled_from([0.0, 5.0, 4000.0, -1e9, 1e9]))
    def restart(self, outage: float) -> None:
        stored = self.returns.to_json(self.now, self.wall)
        self.wall += outage
        self.now, self.late = 50.0, None
        self.returns = Returns()
        self.returns.restore(stored, self.now, self.wall)

    @rule(seconds=st.sampled_from([1.0, 15.0, 100.0, 4000.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.wall += seconds

    @rule()
    def somebody_else_switches(self) -> None:
        self.on, self.owed = not self.on, None

    @rule(tells=st.booleans())
    def reading(self, tells: bool) -> None:
        one = self.returns.of(IT)
        ended = told(self.returns, self.on if tells else None, self.now)
        if ended is not None:
            assert one is not None
            assert self.on is ended.on, "it is not as it was before"

    @rule(heard=st.booleans(), known=st.booleans())
    def put_back(self, heard: bool, known: bool) -> None:
        if (one := self.returns.ready(self.now)) is None:
            return
        self.returns.tried(IT, self.now)
        if heard:
            self.on = one.on
            self.owed = None if self.owed is one.on else self.owed
        effect = Effect.UNKNOWN
        if known:
            effect = Effect.CONFIRMED if self.on is one.on else Effect.FAILED
        self.returns.put_back(IT, effect)

    @invariant()
    def nothing_is_lost(self) -> None:
        if self.owed is None or self.owed is self.on:
            return
        chain = []
        one = self.returns.of(IT)
        while one is not None:
            chain.append(one)
            one = one.former
        assert any(one.on is self.owed for one in chain), "it is never put back"
        assert len(chain) <= 3
        assert chain[0].due <= self.now + 3600, "it waits for longer than asked"

    @invariant()
    def there_is_one_for_a_target(self) -> None:
        assert len(self.returns.pending) <= 1


class TestLives(Lives.TestCase):  # type: ignore[name-defined,misc]
    settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


@given(
    st.lists(
        st.tuples(st.sampled_from(["off", "on", "reading", "restart"]), st.booleans()),
        max_size=12,
    )
)
@settings(max_examples=60, deadline=None)
def test_left_alone_it_always_ends_as_it_was(steps: list[tuple[str, bool]]) -> None:
    """Whatever came before: once everything is heard and read, the switch is released again."""
    world = Lives()
    acts: dict[str, Callable[[bool], None]] = {
        "off": lambda known: world.command(False, 1.0, True, known),
        "on": lambda known: world.command(True, None, True, known),
        "reading": world.reading,
        "restart": lambda _: world.restart(0.0),
    }
    for name, flag in steps:
        acts[name](flag)
        world.wait(1.0)
    for _ in range(5):
        world.wait(4000.0)
        world.put_back(True, True)
        world.reading(True)
    assert world.on
    assert world.returns.pending == ()


def test_what_is_settled_stays() -> None:
    returns = stood()
    returns.settle(IT)
    assert returns.pending == ()
    assert returns.next_at(0) is None
