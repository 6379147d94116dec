"""Counters: what goes up is news, what goes back is a replay until the device has shown that it began anew."""

from itertools import product
import json
import random
from typing import Any
from zlib import crc32

from custom_components.mi_bms.proto.mibeacon.counters import Counters, ShortSequence
from custom_components.mi_bms.proto.mibeacon.marks import Marks
from custom_components.mi_bms.proto.mibeacon.sequence import CounterVerdict, Sequence
from tests.each import rows

STALE, QUIET, NEWS = CounterVerdict.STALE, CounterVerdict.QUIET, CounterVerdict.NEWS
AGAIN, ECHO = CounterVerdict.AGAIN, CounterVerdict.ECHO


LOW = -8  # where a frame here has the lower byte of its counter


def frame(counter: int, content: int = 0) -> bytes:
    return counter.to_bytes(4, "little") + content.to_bytes(4, "little")


def sequence() -> Sequence:
    return Sequence(LOW)


def play(
    order: Sequence,
    counters: range,
    *,
    content: int = 0,
    start: float = 0.0,
    every: float = 10.0,
) -> list[CounterVerdict]:
    return [
        order.judge(frame(counter, content), start + number * every)
        for number, counter in enumerate(counters)
    ]


def again(order: Sequence) -> Sequence:
    """Restart."""
    fresh = sequence()
    fresh.restore(json.loads(json.dumps(order.snapshot())))
    return fresh


def test_what_goes_up_is_news() -> None:
    order = sequence()
    assert order.last == -1
    assert set(play(order, range(0, 5_000, 7))) == {NEWS}
    assert order.last == 4_998


def test_few_frames_are_held_however_many_come() -> None:
    order = sequence()
    held = []
    for counter in range(5_000):
        assert order.judge(frame(counter, counter), counter) is NEWS
        held.append(len(order.frames))
    assert max(held) <= 2 * Sequence.RECENT + 1
    # What was dropped is known all the same.
    fresh = again(order)
    assert {
        fresh.judge(frame(counter, counter), 6_000.0) for counter in range(4_000)
    } == {STALE}


def test_a_step_back_counts_from_the_newest_counter() -> None:
    order = sequence()
    assert play(order, range(100, 103)) == [NEWS] * 3
    # Four steps back tell random numbers; the first is one from 102 only.
    backs = [
        order.judge(frame(counter, 7), now)
        for counter, now in ((101, 100.0), (50, 200.0), (40, 300.0), (30, 500.0))
    ]
    assert backs == [STALE, STALE, STALE, QUIET]


def test_what_is_kept_of_a_counter_stays_when_another_frame_comes_with_it() -> None:
    order, fresh = sequence(), sequence()
    play(order, range(100), content=1)
    fresh.restore(order.snapshot() | {"last": 10, "recent": {}})
    assert set(play(fresh, range(11, 60), content=2)) == {NEWS}
    marks = Marks.again(fresh.snapshot()["marks"])
    assert [len(marks.under(counter)) for counter in (5, 20, 50, 80)] == [1, 2, 2, 1]


def test_the_same_counter_may_come_with_other_content() -> None:
    order = sequence()
    assert order.judge(frame(7, 1), 0.0) is NEWS
    assert order.judge(frame(7, 2), 0.0) is NEWS
    assert order.judge(frame(7, 1), 1.0) is STALE
    assert order.judge(frame(7, 2), 1.0) is STALE


@rows(("restarted", "length"), product([False, True], [4, 40, 400]))
def test_recorded_frames_are_never_believed(restarted: bool, length: int) -> None:
    order = sequence()
    play(order, range(1_000, 1_000 + length))
    if restarted:
        order = again(order)
    for every in (1.0, 100.0):
        for step in (1, 7):
            later = range(1_000, 1_000 + length, step)
            verdicts = play(order, later[:23], start=10_000.0, every=every)
            assert set(verdicts) == {STALE}
    assert order.judge(frame(1_000 + length), 90_000.0) is NEWS


@rows(("restarted", "first"), product([False, True], [0, 5_000]))
def test_a_new_battery_comes_back_by_itself(restarted: bool, first: int) -> None:
    """Also where it sends the counters again that were heard from the beginning."""
    order = sequence()
    play(order, range(first, first + 300))
    if restarted:
        order = again(order)
    verdicts = play(order, range(40), content=1, start=10_000.0, every=10.0)
    assert verdicts == [STALE] * 30 + [QUIET] + [NEWS] * 9
    assert order.judge(frame(first + 299), 20_000.0) is STALE


def test_a_slow_sensor_comes_back_after_four_frames() -> None:
    order = sequence()
    play(order, range(5_000, 5_100))
    verdicts = play(order, range(5), start=10_000.0, every=600.0)
    assert verdicts == [STALE, STALE, STALE, QUIET, NEWS]


def test_who_still_sends_did_not_begin_anew() -> None:
    order = sequence()
    play(order, range(5_000, 5_100))
    for number in range(40):
        at = 10_000.0 + number * 100
        assert order.judge(frame(number), at) is STALE
        assert order.judge(frame(5_100 + number), at + 50) is NEWS


def test_a_late_receiver_does_not_disturb_a_new_beginning() -> None:
    order = sequence()
    play(order, range(5_000, 5_100))
    verdicts = []
    for number in range(1, 6):
        verdicts.append(order.judge(frame(2 * number), number * 100.0))
        order.judge(frame(2 * number - 1), number * 100.0 + 1)
        order.judge(frame(2 * number), number * 100.0 + 2)
    assert verdicts == [STALE, STALE, STALE, QUIET, NEWS]


def test_a_new_beginning_that_was_missed_is_told_by_what_was_heard() -> None:
    order = sequence()
    play(order, range(1_000))
    verdicts = play(order, range(200, 240), content=1, start=1e5, every=600.0)
    assert verdicts == [STALE] * 3 + [QUIET] + [NEWS] * 36
    order = again(order)
    verdicts = play(order, range(240, 1_010), content=1, start=2e5)
    assert set(verdicts) == {NEWS}


def test_where_marks_end_a_new_beginning_takes_long_and_tells_of_nothing() -> None:
    order = sequence()
    play(order, range(10_000))
    verdicts = play(order, range(5_000, 5_040), content=1, start=1e6, every=600.0)
    assert verdicts == [STALE] * 36 + [QUIET] * 4
    order = again(order)
    verdicts = play(order, range(5_040, 10_010), content=1, start=2e6)
    assert verdicts == [QUIET] * 4_960 + [NEWS] * 10


@rows(
    ("restarted", "step", "every"),
    product([False, True], [1, 5, 16, 17, 60], [1.0, 100.0, 700.0]),
)
def test_frames_of_before_a_new_battery_tell_of_nothing(
    restarted: bool, step: int, every: float
) -> None:
    """Neither those that were heard nor those that a stranger alone has heard, and the new count goes on."""
    order = sequence()
    chance = random.Random(step)
    missed = {number for number in range(1_000) if chance.random() < 0.1}
    for number in range(1_000):
        if number not in missed:
            order.judge(frame(number), number * 10.0)
    play(order, range(40), content=1, start=1e5)
    if restarted:
        order = again(order)
    now = 2e5
    for number in range(40, 80):
        for old in range(number + 1, number + 1 + 8 * step, step):
            now += every
            assert order.judge(frame(old), now) is not NEWS
        now += every
        verdict = order.judge(frame(number, 1), now)
        assert verdict is NEWS if number not in missed else verdict is not NEWS


def test_a_stranger_who_runs_ahead_holds_up_nothing() -> None:
    """With frames that nobody else heard and with such as the device may send again."""
    order = sequence()
    for number in range(1_000):
        if number % 10:
            order.judge(frame(number), number * 10.0)
    play(order, range(41), content=1, start=1e5)
    ahead = play(order, range(50, 1_000, 10), start=2e5, every=1.0)
    assert NEWS not in ahead
    assert order.judge(frame(41, 1), 3e5) is NEWS
    assert NEWS not in play(order, range(42, 1_000), start=3e5, every=1.0)
    assert order.judge(frame(42, 1), 4e5) is NEWS
    assert order.judge(frame(41, 1), 4e5) is STALE


def test_what_is_said_again_under_the_same_counter_holds_and_proves_nothing() -> None:
    order = sequence()
    play(order, range(1_000))
    play(order, range(40), content=1, start=1e5)
    assert play(order, range(40, 60), start=2e5) == [QUIET] * 16 + [STALE] * 4
    assert play(order, range(40, 60), start=3e5) == [STALE] * 20
    assert order.judge(frame(60, 1), 4e5) is NEWS
    assert order.judge(frame(61), 4e5) is QUIET


def test_two_frames_under_each_counter_are_told_apart() -> None:
    """One of them that was missed is none of a new count."""
    order = sequence()
    for number in range(500):
        order.judge(frame(number, 1), number * 10.0)
        if number % 2:
            order.judge(frame(number, 2), number * 10.0)
    missed = [frame(number, 2) for number in range(100, 300, 2)]
    for at, one in enumerate(missed[:23]):
        assert order.judge(one, 1e4 + at * 400.0) is STALE
    verdicts = []
    for number in range(100, 160):
        verdicts.append(order.judge(frame(number, 3), 1e5 + number * 10.0))
        verdicts.append(order.judge(frame(number, 4), 1e5 + number * 10.0))
    assert QUIET in verdicts
    assert verdicts[-2:] == [NEWS, QUIET]


def test_a_leap_to_where_marks_end_takes_long_and_does_not_begin_anew() -> None:
    order = sequence()
    play(order, range(10_000))
    play(order, range(100), content=1, start=1e6)
    verdicts = play(order, range(6_000, 6_030), content=1, start=2e6, every=1_000.0)
    assert verdicts == [STALE] * 23 + [QUIET] * 7
    assert order.judge(frame(100, 1), 3e6) is NEWS


def test_counters_of_former_counts_are_heard_with_care() -> None:
    order = sequence()
    play(order, range(1_000, 2_000))
    play(order, range(40), content=1, start=1e5)
    order = again(order)
    assert set(play(order, range(40, 1_005), content=1, start=2e5)) == {NEWS}
    assert order.judge(frame(1_500), 3e5) is STALE
    assert order.judge(frame(1_005, 1), 3e5) is NEWS
    assert order.judge(frame(1_005, 2), 3e5) is QUIET
    # After a time of silence they go on from where they are.
    verdicts = play(order, range(1_800, 1_805), content=1, start=4e5, every=100.0)
    assert verdicts == [NEWS] * 5
    verdicts = play(order, range(2_500, 2_502), content=1, start=5e5)
    assert verdicts == [NEWS, NEWS]


def test_a_sixth_battery_is_not_told_by_marks_any_more() -> None:
    order = sequence()
    verdicts = []
    for content in range(6):
        start = content * 1e6
        verdicts = play(order, range(60), content=content, start=start, every=1_000.0)
        order = again(order)
    assert verdicts[:24] == [STALE] * 23 + [QUIET]
    assert set(verdicts[24:]) == {QUIET}
    assert set(play(order, range(60, 70), content=6, start=9e6)) == {NEWS}


def test_many_new_batteries_are_kept_within_bounds() -> None:
    order = sequence()
    for number in range(20):
        first = 100_000 - 5_000 * number
        play(order, range(first, first + 100), start=number * 1e5)
        play(order, range(first, first + 60), content=number, start=number * 1e5 + 5e4)
    order = again(order)
    kept = order.snapshot()
    assert len(json.dumps(kept)) < 12_000
    assert isinstance(kept["past"], list)
    assert len(kept["past"]) <= Sequence.PAST


def test_random_counters_are_found_out() -> None:
    chance = random.Random(1)
    order = sequence()
    frames = [frame(chance.randrange(1 << 32), number) for number in range(80)]
    verdicts = [order.judge(one, number * 60.0) for number, one in enumerate(frames)]
    assert set(verdicts[30:]) == {NEWS}
    order = again(order)
    assert [order.judge(one, 1e5) for one in frames[-40:]] == [STALE] * 40
    assert order.judge(frame(5, 5), 1e5) is NEWS


def test_who_counted_up_is_never_taken_for_random() -> None:
    order = sequence()
    play(order, range(1_000))
    for number in range(80):
        one = frame(900 - 10 * number, 1 + number)
        assert order.judge(one, 1e4 + number * 1_000) is STALE


def test_marks_stay_within_bounds_and_are_those_of_the_lowest_counters() -> None:
    marks = Marks()
    for counter in [*range(70_000, 80_000), *range(3_000)]:
        marks.add(counter, 7)
    assert marks.under(2_999) == marks.under(70_000) == {7}
    assert marks.under(79_999) == set()
    marks = Marks.again(json.loads(json.dumps(marks.snapshot())))
    assert marks.under(2_999) == marks.under(70_000) == {7}
    assert len(json.dumps(marks.snapshot())) < 6_500
    for mark in (7, 8, 9, 10, 10):
        marks.add(5, mark)
    assert marks.under(5) == {7, 8, 9, 10}
    marks.add(5, 11)
    assert Marks.FULL in marks.under(5)


@rows("steps", [(1,), (1, 1, 2), (1, 0, 1), (3, 1)])
def test_marks_of_many_are_those_of_each(steps: tuple[int, ...]) -> None:
    counters = [5]
    while counters[-1] + max(steps) < 256:
        counters.append(counters[-1] + steps[len(counters) % len(steps)])
    frames = [frame(counter, 7 * at) for at, counter in enumerate(counters)]
    many, each = Marks(), Marks()
    for half in (frames[:20], frames[20:40], frames[10:]):
        many.add_many(0, half, LOW)
        for one in half:
            each.add(one[LOW], Marks.of(one[-4:]))
        assert many.snapshot() == each.snapshot()


def test_what_an_earlier_version_kept_is_known() -> None:
    """It had a few whole tags by counter, and how much it held back."""
    order = sequence()
    play(order, range(1_000, 1_100))
    kept = order.snapshot() | {
        "known": {"1000": "00000000", "1001": "0000000001000000"},
        "quiet_to": -1,
        "heads": 0,
    }
    for gone in ("marks", "each", "sure_to"):
        del kept[gone]
    order = sequence()
    order.restore(kept)
    assert order.last == 1_099
    assert play(order, range(1_000, 1_002), start=1e5) == [STALE, STALE]


@rows(
    "spoil",
    [
        {"last": "7"},
        {"last": -2},
        {"floor": True},
        {"sure_to": 1 << 40},
        {"each": 0},
        {"past": 5},
        {"past": [[1]]},
        {"past": [5]},
        {"past": [[1, "2"]]},
        {"known": []},
        {"known": {"x": "00"}},
        {"known": {"1": 5}},
        {"recent": {"1": "zz"}},
        {"marks": []},
        {"marks": {"0": "AA=="}},
        {"marks": {"0": []}},
        {"marks": {"0": ["AA=="]}},
        {"marks": {"0": ["A"]}},
        {"marks": {str(block): ["A" * 342 + "=="] for block in range(17)}},
        {"steady": 1.5},
    ],
)
def test_spoiled_memory_is_passed_over(spoil: dict[str, Any]) -> None:
    order = sequence()
    play(order, range(1_000, 1_010))
    counters = Counters(LOW, 0)
    counters.restore({"long": order.snapshot() | spoil, "short": {"frames": 1}})
    assert counters.long.last == -1
    assert counters.long.judge(frame(3), 0.0) is NEWS


@rows("kept", [None, [], {"long": 5}, {"short": {"frames": [""]}}, {"short": {}}])
def test_what_is_no_memory_is_passed_over(kept: Any) -> None:
    counters = Counters(LOW, 0)
    counters.restore(kept)
    assert counters.short.judge(frame(3), 0.0) is NEWS


# --- eight bits --------------------------------------------------------------------------------


def short(counter: int, content: int = 0) -> bytes:
    return bytes((counter & 0xFF,)) + content.to_bytes(4)


def test_small_steps_are_news_and_wrap() -> None:
    order = ShortSequence(0)
    for counter in range(0, 2_000, 3):
        assert order.judge(short(counter, counter), 0.0) is NEWS
    assert order.judge(short(1_998, 5), 0.0) is NEWS  # two under one counter


def test_short_counter_after_a_gap_has_to_go_on() -> None:
    order = ShortSequence(0)
    order.judge(short(0), 0.0)
    verdicts = [order.judge(short(counter), 0.0) for counter in (100, 50, 51, 60, 61)]
    assert verdicts == [STALE, STALE, STALE, QUIET, NEWS]


def test_short_counters_that_were_heard_are_known_over_a_restart() -> None:
    first, order = Counters(LOW, 0), Counters(LOW, 0)
    frames = [short(counter, 9) for counter in range(100)]
    for one in frames:
        assert first.short.judge(one, 0.0) is NEWS
    order.restore(json.loads(json.dumps(first.snapshot())))
    assert [order.short.judge(one, 0.0) for one in frames] == [STALE] * 100
    assert order.short.judge(short(100), 0.0) is NEWS


def lived(frames: list[bytes]) -> ShortSequence:
    """Return a sequence that heard frames, over a restart."""
    order, again = Counters(LOW, 0), Counters(LOW, 0)
    for one in frames:
        order.short.judge(one, 0.0)
    again.restore(json.loads(json.dumps(order.snapshot())))
    return again.short


@rows(("length", "begins"), product([100, 150, 300], [0, 7, 40]))
def test_a_recording_proves_nothing_and_tells_of_no_event(
    length: int, begins: int
) -> None:
    """Played in its order, from anywhere but where the sensor stands."""
    frames = [short(counter, counter) for counter in range(length)]
    order = lived(frames)
    played = (frames[begins:] + frames) * 2
    assert {order.judge(one, 0.0) for one in played} <= {STALE, ECHO}
    # Nor does it hide what the sensor says next.
    for counter in range(length, length + 30):
        assert order.judge(frames[counter - length], 0.0) in {STALE, ECHO}
        assert order.judge(short(counter, counter), 0.0) is NEWS


def test_a_sensor_that_says_the_same_is_believed_and_proves_nothing() -> None:
    """It says under each counter what it said there before."""
    frames = [short(counter, 9) for counter in range(256)]
    order = lived(frames)
    assert {order.judge(one, 0.0) for one in frames * 3} == {AGAIN}
    # One of its frames from elsewhere makes the next one doubtful, and no more.
    order = lived(frames * 2)
    verdicts = [order.judge(short(counter, 9), 0.0) for counter in (100, 0, 1, 2)]
    assert verdicts == [STALE, ECHO, AGAIN, AGAIN]
    # A row of them that comes by.
    former = [short(counter, 8) for counter in range(256)]
    order = lived(former + frames)
    verdicts = [order.judge(former[counter], 0.0) for counter in (254, 255, 0, 1)]
    assert verdicts == [STALE, ECHO, ECHO, ECHO]
    assert [order.judge(short(counter, 1), 0.0) for counter in (0, 1)] == [NEWS, NEWS]
    assert order.judge(frames[2], 0.0) is AGAIN


@rows(("every", "heard"), [(10.0, False), (3_600.0, True)])
def test_a_button_that_says_the_same_comes_back_with_another_battery(
    every: float, heard: bool
) -> None:
    frames, former = (
        [short(counter, content) for counter in range(256)] for content in (9, 8)
    )
    order = lived(former + frames * 2)
    rest = ShortSequence.LONG_RUN
    verdicts = [order.judge(one, every * at) for at, one in enumerate(former[20:100])]
    late = [ECHO] + [AGAIN] * (80 - rest)
    assert verdicts == [STALE] * (rest - 1) + (late if heard else [STALE] * len(late))
    # Or where its count comes round.
    order = lived(frames * 2 + frames[:200])
    verdicts = [order.judge(one, 0.0) for one in frames[:202]]
    assert verdicts == [STALE] * 200 + [AGAIN, AGAIN]
    # What it says for the first time is enough by far.
    order = lived(frames * 2 + frames[:200])
    verdicts = [order.judge(short(counter, 3), 0.0) for counter in range(4)]
    assert verdicts == [STALE, STALE, QUIET, NEWS]


def test_one_frame_is_no_row() -> None:
    order = lived([short(counter, 9) for counter in range(100)])
    assert {order.judge(short(200, 1), 1e4 * at) for at in range(200)} == {STALE}


def test_marks_are_of_the_newest_frames_of_each_counter() -> None:
    rows = ShortSequence.MARKS // ShortSequence.MARK
    frames = [short(at, 1_000 * number) for number in range(20) for at in range(256)]
    order = lived(frames)
    for number in range(20 - rows, 20):
        assert order.judge(frames[256 * number + 128], 0.0) in {STALE, AGAIN, ECHO}
    assert len(json.dumps(order.snapshot())) < 24_000
    # What was never heard is hardly ever taken for what was.
    fresh = [short(at, 7_001 + number) for number in range(40) for at in range(256)]
    assert AGAIN not in {order.judge(one, 0.0) for one in fresh}


def test_a_mark_that_ends_in_zeros_is_known_over_a_restart() -> None:
    contents = (n for n in range(1_000_000) if not crc32(short(5, n)) >> 8 & 0xFFFF)
    quiet = short(5, next(contents))
    others = [short(counter, 9) for counter in range(6, 256)]
    order = lived([quiet, *others])
    assert order.judge(quiet, 0.0) is AGAIN


@rows("marks", ["AA==", 5, "?"])
def test_spoiled_marks_are_passed_over(marks: Any) -> None:
    counters = Counters(LOW, 0)
    sound = counters.restore({"short": {"frames": ["0000000009"], "marks": marks}})
    assert sound == {}
    assert counters.short.judge(short(0, 9), 0.0) is NEWS
