"""Counters: what goes up is news, what goes back is a replay until the device has shown that it began anew."""

import json
import random
from typing import Any

import pytest

from custom_components.mi_bms.proto.mibeacon.counters import (
    Counters,
    Sequence,
    ShortSequence,
    Verdict,
)

STALE, QUIET, NEWS = Verdict.STALE, Verdict.QUIET, Verdict.NEWS


def read(frame: bytes) -> int:
    return int.from_bytes(frame[:4], "little")


def frame(counter: int, content: int = 0) -> bytes:
    return counter.to_bytes(4, "little") + content.to_bytes(4, "little")


def sequence() -> Sequence:
    return Sequence(read)


def play(
    order: Sequence,
    counters: range,
    *,
    content: int = 0,
    start: float = 0.0,
    every: float = 10.0,
) -> list[Verdict]:
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


def test_the_same_counter_may_come_with_other_content() -> None:
    order = sequence()
    assert order.judge(frame(7, 1), 0.0) is NEWS
    assert order.judge(frame(7, 2), 0.0) is NEWS
    assert order.judge(frame(7, 1), 1.0) is STALE
    assert order.judge(frame(7, 2), 1.0) is STALE


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("length", [4, 40, 400])
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


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("first", [0, 5_000])
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


def test_a_new_beginning_that_was_missed_takes_long_and_tells_of_nothing() -> None:
    order = sequence()
    play(order, range(1_000))
    verdicts = play(order, range(200, 240), content=1, start=1e5, every=600.0)
    assert verdicts == [STALE] * 36 + [QUIET] * 4
    order = again(order)
    verdicts = play(order, range(240, 1_010), content=1, start=2e5)
    assert verdicts == [QUIET] * 760 + [NEWS] * 10


def test_counters_of_former_counts_are_heard_with_care() -> None:
    order = sequence()
    play(order, range(1_000, 2_000))
    play(order, range(40), content=1, start=1e5)
    order = again(order)
    assert set(play(order, range(40, 1_005), content=1, start=2e5)) == {NEWS}
    # Among those that were heard before, only the next ones are news.
    assert order.judge(frame(1_500), 3e5) is STALE
    assert order.judge(frame(1_005, 1), 3e5) is NEWS
    assert order.judge(frame(1_005, 2), 3e5) is QUIET
    # After a time of silence they go on from where they are.
    verdicts = play(order, range(1_800, 1_805), content=1, start=4e5, every=100.0)
    assert verdicts == [STALE, STALE, STALE, QUIET, NEWS]
    verdicts = play(order, range(2_500, 2_502), content=1, start=5e5)
    assert verdicts == [NEWS, NEWS]


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
    chance = random.Random(2)
    for number in range(200):
        one = frame(chance.randrange(100, 900), 1 + number)
        assert order.judge(one, 1e4 + number * 1_000) is STALE


@pytest.mark.parametrize(
    "spoil",
    [
        {"last": "7"},
        {"last": -2},
        {"floor": True},
        {"quiet_to": 1 << 40},
        {"past": 5},
        {"past": [[1]]},
        {"past": [5]},
        {"past": [[1, "2"]]},
        {"known": []},
        {"known": {"x": "00"}},
        {"known": {"1": 5}},
        {"recent": {"1": "zz"}},
        {"heads": None},
        {"steady": 1.5},
    ],
)
def test_spoiled_memory_is_passed_over(spoil: dict[str, Any]) -> None:
    order = sequence()
    play(order, range(1_000, 1_010))
    counters = Counters(read, 0)
    counters.restore({"long": order.snapshot() | spoil, "short": {"frames": 1}})
    assert counters.long.last == -1
    assert counters.long.judge(frame(3), 0.0) is NEWS


@pytest.mark.parametrize(
    "kept", [None, [], {"long": 5}, {"short": {"frames": [""]}}, {"short": {}}]
)
def test_what_is_no_memory_is_passed_over(kept: Any) -> None:
    counters = Counters(read, 0)
    counters.restore(kept)
    assert counters.short.judge(frame(3)) is NEWS


# --- eight bits --------------------------------------------------------------------------------


def short(counter: int, content: int = 0) -> bytes:
    return bytes((counter & 0xFF,)) + content.to_bytes(4)


def test_small_steps_are_news_and_wrap() -> None:
    order = ShortSequence(0)
    for counter in range(0, 2_000, 3):
        assert order.judge(short(counter, counter)) is NEWS
    assert order.judge(short(1_998, 5)) is NEWS  # two under one counter


def test_short_counter_after_a_gap_has_to_go_on() -> None:
    order = ShortSequence(0)
    order.judge(short(0))
    verdicts = [order.judge(short(counter)) for counter in (100, 50, 51, 60, 61)]
    assert verdicts == [STALE, STALE, STALE, QUIET, NEWS]


def test_short_counters_that_were_heard_are_known_over_a_restart() -> None:
    first, order = Counters(read, 0), Counters(read, 0)
    frames = [short(counter, 9) for counter in range(100)]
    for one in frames:
        assert first.short.judge(one) is NEWS
    order.restore(json.loads(json.dumps(first.snapshot())))
    assert [order.short.judge(one) for one in frames] == [STALE] * 100
    assert order.short.judge(short(100)) is NEWS
