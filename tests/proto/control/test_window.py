"""The charge window: what it does at each state of charge, and that it never leaves a battery blocked."""

from collections.abc import Iterator
from typing import Final

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.mi_bms.proto.control.window import (
    BALANCE_FOR,
    FAIL_SAFE,
    FILL_EVERY,
    FILL_FOR,
    LONGEST_PAUSE,
    PAUSE,
    ChargeWindow,
    Decided,
    Doing,
    Level,
    Window,
)
from tests.each import rows

STEP: Final = 30.0
DAY: Final = 86_400.0
WALL: Final = 1_790_000_000.0
NORMAL: Final = Window(low=60, high=80)
WEEKLY: Final = Window(low=60, high=80, weekly_full=True)


class Told:
    """A battery that obeys, is read every 30 s, and may be switched by somebody else."""

    def __init__(self, window: Window = NORMAL, *, allowed: bool | None = True) -> None:
        self.now, self.jump = 0.0, 0.0
        self.charge = ChargeWindow(window, self.now)
        self.allowed, self.obeys = allowed, True
        self.writes: list[bool] = []
        self.level = Level()

    def read(self, percent: float, after: float = STEP) -> Doing:
        """Read a state of charge some seconds later, and return what the window shows then."""
        self.now += after
        self.level = Level(
            percent=percent, at=self.now, interval=STEP, allowed=self.allowed
        )
        return self.settle()

    def wait(self, seconds: float) -> Doing:
        """Let time pass without a reading."""
        self.now += seconds
        return self.settle()

    def settle(self) -> Doing:
        decided = self.look()
        if decided.charge is None:
            return decided.doing
        self.writes.append(decided.charge)
        if not self.obeys:
            self.charge.failed(self.now)
            return decided.doing
        self.allowed = decided.charge
        self.charge.done(self.now)
        return self.look().doing

    def look(self) -> Decided:
        level = Level(
            percent=self.level.percent,
            at=self.level.at,
            interval=self.level.interval,
            allowed=self.allowed,
        )
        return self.charge.look(level, self.now, WALL + self.now + self.jump)

    def restart(self) -> None:
        """Begin anew with nothing but what is stored."""
        stored, window = self.charge.to_json(), self.charge.window
        self.now += 60
        self.charge = ChargeWindow(window, self.now)
        self.charge.restore(stored)
        self.level = Level()


@rows(("low", "high"), [(60, 64.9), (80, 60), (-1, 80), (60, 101), (97, 100)])
def test_a_window_that_would_switch_all_day_is_refused(low: float, high: float) -> None:
    with pytest.raises(ValueError):
        Window(low=low, high=high)


@rows(("low", "high"), [(0, 5), (95, 100), (60, 65)])
def test_the_narrowest_windows_are_taken(low: float, high: float) -> None:
    assert Window(low=low, high=high).high == high


def test_charging_goes_on_until_high_and_is_blocked_until_low() -> None:
    told = Told()
    assert told.read(70) is Doing.CHARGING
    assert told.read(79.9) is Doing.CHARGING
    assert told.read(80) is Doing.BLOCKED
    assert told.read(60.1) is Doing.BLOCKED
    assert told.read(60) is Doing.CHARGING
    assert told.read(79) is Doing.CHARGING
    assert told.writes == [False, True]


@rows("allowed", [True, False, None])
def test_between_the_bounds_a_start_writes_nothing(allowed: bool | None) -> None:
    told = Told(allowed=allowed)
    doing = Doing.BLOCKED if allowed is False else Doing.CHARGING
    assert told.read(70) is doing
    assert told.read(71) is doing
    assert told.writes == []


@rows(
    ("percent", "allowed", "writes"),
    [
        (90, True, [False]),
        (90, None, [False]),
        (90, False, []),
        (50, False, [True]),
        (50, True, []),
    ],
)
def test_the_first_reading_beyond_a_bound_decides(
    percent: float, allowed: bool | None, writes: list[bool]
) -> None:
    told = Told(allowed=allowed)
    told.read(percent)
    assert told.writes == writes


def test_readings_that_wander_about_a_bound_are_one_crossing() -> None:
    told = Told()
    for percent in (79, 80, 79, 80, 78.5, 80, 61, 60, 61, 60, 61.9, 60):
        told.read(percent)
    assert told.writes == [False, True]


def test_before_the_first_reading_it_waits_and_then_lets_charge() -> None:
    told = Told(allowed=False)
    assert told.wait(FAIL_SAFE) is Doing.WAITING
    assert told.writes == []
    assert told.wait(1) is Doing.NO_READING
    assert told.writes == [True]


def test_without_fresh_readings_nothing_is_decided_and_then_charging_is_allowed() -> (
    None
):
    told = Told()
    told.read(85)
    assert told.wait(FAIL_SAFE) is Doing.BLOCKED
    assert told.wait(1) is Doing.NO_READING
    assert told.writes == [False, True]
    assert told.read(85) is Doing.BLOCKED
    assert told.wait(FAIL_SAFE + 1) is Doing.NO_READING
    # It is allowed as it is, between the bounds.
    assert told.read(75) is Doing.CHARGING
    assert told.writes == [False, True, False, True]


def test_a_reading_that_tells_no_state_of_charge_is_none() -> None:
    told = Told()
    told.read(85)
    for _ in range(int(FAIL_SAFE / STEP) + 1):
        told.now += STEP
        told.level = Level(at=told.now, interval=STEP)
        told.settle()
    assert told.writes == [False, True]


def test_what_is_read_seldom_is_fresh_for_two_intervals() -> None:
    told = Told()
    told.now = 3600
    told.level = Level(percent=85, at=3600, interval=3600)
    told.settle()
    assert told.wait(7200) is Doing.BLOCKED
    assert told.wait(1) is Doing.NO_READING


def test_nothing_is_written_on_an_old_reading() -> None:
    told = Told()
    told.read(70)
    told.obeys = False
    told.read(85)
    told.obeys = True
    assert told.wait(2 * STEP + 1) is Doing.SWITCHING
    assert told.wait(LONGEST_PAUSE) is Doing.SWITCHING
    assert told.writes == [False]
    assert told.read(85) is Doing.BLOCKED


@rows("fresh", [True, False])
def test_what_cannot_be_written_is_tried_with_growing_pauses(fresh: bool) -> None:
    told = Told()
    told.read(85)
    if fresh:
        told.obeys = False
        told.read(60)
    else:
        told.obeys = False
        told.wait(FAIL_SAFE + 1)
    tries = []
    for _ in range(7):
        begun, count = told.now, len(told.writes)
        while len(told.writes) == count:
            told.read(60, 10) if fresh else told.wait(10)
        tries.append(told.now - begun)
    doubled = [PAUSE * 2**power for power in range(5)]
    assert tries == [*doubled, LONGEST_PAUSE, LONGEST_PAUSE]
    told.obeys = True
    told.read(60, LONGEST_PAUSE) if fresh else told.wait(LONGEST_PAUSE)
    assert told.allowed is True
    # What is wanted next is tried at once.
    assert told.read(80) is Doing.BLOCKED


@rows(
    ("first", "by_hand", "bound", "writes"),
    [
        (85, True, 60, [False]),  # allowed by hand above: low finds it so
        (70, False, 80, []),
        (70, False, 60, [True]),
    ],
)
def test_what_somebody_else_switches_counts_until_a_bound(
    first: float, by_hand: bool, bound: float, writes: list[bool]
) -> None:
    told = Told()
    told.read(first)
    told.allowed = by_hand
    assert told.read(first) is Doing.BY_HAND
    assert told.read(70) is Doing.BY_HAND
    # Nobody reads it: it stays as somebody wished.
    assert told.wait(FAIL_SAFE + 1) is Doing.BY_HAND
    assert told.read(70) is Doing.BY_HAND
    told.read(bound)
    assert told.writes == writes
    assert told.allowed is (bound == 60)


def test_the_same_bound_counts_again_once_it_was_left() -> None:
    told = Told()
    told.read(85)
    told.allowed = True
    assert told.read(90) is Doing.BY_HAND
    assert told.read(70) is Doing.BY_HAND
    assert told.read(80) is Doing.BLOCKED


def test_a_reading_from_before_a_command_does_not_speak_against_it() -> None:
    told = Told()
    told.read(85)
    told.allowed = True
    assert told.wait(0) is Doing.BLOCKED
    assert told.read(85) is Doing.BY_HAND


def test_by_hand_ends_when_it_is_taken_back() -> None:
    told = Told()
    told.read(85)
    told.allowed = True
    assert told.read(85) is Doing.BY_HAND
    told.allowed = False
    assert told.read(85) is Doing.BLOCKED


def test_a_command_that_cannot_be_told_is_nobodys() -> None:
    told = Told()
    told.read(85)
    told.allowed = None
    assert told.read(85) is Doing.BLOCKED
    assert told.writes == [False]


def test_other_bounds_decide_anew_and_the_same_do_not() -> None:
    told = Told()
    told.read(70)
    told.charge.window = Window(low=40, high=60)
    assert told.wait(0) is Doing.BLOCKED
    told.allowed = True
    told.read(70)
    told.charge.window = Window(low=40, high=60)
    assert told.read(70) is Doing.BY_HAND


def days(told: Told, percent: float, count: int) -> Iterator[Doing]:
    for _ in range(count):
        yield told.read(percent, DAY)


def test_once_a_week_it_is_filled_up_and_held_full() -> None:
    told = Told(WEEKLY)
    told.read(85)
    assert {*days(told, 70, 6)} == {Doing.BLOCKED}
    assert told.read(70, DAY) is Doing.FILLING
    assert told.read(99) is Doing.FILLING
    assert told.read(100) is Doing.BALANCING
    assert told.read(99, BALANCE_FOR - STEP) is Doing.BALANCING
    assert told.read(100) is Doing.BLOCKED
    assert told.writes == [False, True, False]
    assert told.read(60) is Doing.CHARGING
    assert {*days(told, 70, 6)} == {Doing.CHARGING}
    assert told.read(70, DAY) is Doing.FILLING


def test_one_that_is_used_before_it_was_held_is_as_full_as_it_got() -> None:
    told = Told(WEEKLY)
    told.read(70, DAY)
    told.read(70, FILL_EVERY)
    told.read(100)
    assert told.read(94) is Doing.BLOCKED
    assert told.read(70, 6 * DAY) is Doing.BLOCKED


def test_one_that_was_full_anyway_is_not_filled_again() -> None:
    told = Told(WEEKLY)
    told.read(70)
    told.read(100, 5 * DAY)
    told.allowed = True
    told.read(100, BALANCE_FOR)
    told.read(90)
    assert told.read(70, 5 * DAY) is not Doing.FILLING
    assert told.read(70, 2 * DAY) is Doing.FILLING


def test_one_that_never_gets_full_is_let_go_after_two_days() -> None:
    told = Told(WEEKLY)
    told.read(70)
    assert told.read(90, FILL_EVERY) is Doing.FILLING
    assert told.read(98, FILL_FOR - 1) is Doing.FILLING
    assert told.read(98, 1) is Doing.BLOCKED
    assert told.read(98, FILL_EVERY - DAY) is Doing.BLOCKED


def test_filling_survives_a_restart_and_ends_with_the_wish() -> None:
    told = Told(WEEKLY)
    told.read(85)
    told.restart()
    told.read(70, FILL_EVERY)
    assert told.allowed is True
    told.restart()
    assert told.read(90) is Doing.FILLING
    told.charge.window = NORMAL
    assert told.read(90) is Doing.BLOCKED


def test_a_start_while_it_is_filled_allows_what_is_blocked() -> None:
    told = Told(WEEKLY)
    told.read(70)
    told.read(70, FILL_EVERY)
    told.allowed = False
    told.restart()
    assert told.read(70) is Doing.FILLING
    assert told.writes == [True]


def test_a_clock_that_was_wrong_costs_no_more_than_a_week() -> None:
    told = Told(WEEKLY)
    told.jump = 10 * 365 * DAY
    told.read(70)
    told.jump = 0
    told.read(70)
    assert told.read(70, FILL_EVERY - DAY) is Doing.CHARGING
    assert told.read(70, DAY) is Doing.FILLING
    # It goes back while it is filled.
    told.jump = -10 * 365 * DAY
    assert told.read(70) is Doing.CHARGING


STEPS: Final = st.lists(
    st.one_of(
        st.tuples(st.just("read"), st.floats(0, 100)),
        st.tuples(st.just("wait"), st.sampled_from([10.0, 61.0, 400.0, 901.0])),
        st.tuples(st.just("hand"), st.booleans()),
        st.tuples(st.just("obeys"), st.booleans()),
        st.tuples(st.just("restart"), st.none()),
    ),
    max_size=60,
)


@given(steps=STEPS, weekly=st.booleans())
@settings(max_examples=120)
def test_whatever_happens_a_bound_decides_and_silence_lets_charge(
    steps: list[tuple[str, float | bool | None]], weekly: bool
) -> None:
    told = Told(WEEKLY if weekly else NORMAL)
    filled = False  # the upper bound was reached, and the lower one not since
    for what, value in steps:
        match what, value:
            case "read", float(percent):
                filled = percent >= NORMAL.high or (filled and percent > NORMAL.low)
                before = told.allowed
                doing = told.read(percent)
                assert doing is not Doing.WAITING
                if before != told.allowed and told.allowed is False:
                    # At the bound, or later where it did not obey there.
                    assert filled
            case "wait", float(seconds):
                told.wait(seconds)
            case "hand", bool(allowed):
                told.allowed = allowed
            case "obeys", bool(obeys):
                told.obeys = obeys
            case _:
                told.restart()
    told.obeys = True
    held = told.look().doing is Doing.BY_HAND
    told.wait(FAIL_SAFE + LONGEST_PAUSE + 1)
    assert told.allowed is True or held
    told.read(70)
    told.read(50)
    assert told.allowed is True
    told.read(99)
    assert told.allowed is (told.look().doing is Doing.FILLING)
