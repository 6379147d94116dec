"""A count that began anew and has come to where nothing is known of the former one: silence, and recordings."""

import json
from typing import Final

import pytest

from custom_components.mi_bms.proto.mibeacon.sequence import CounterVerdict, Sequence
from custom_components.mi_bms.proto.mibeacon.tempo import Tempo
from tests.each import rows

from .test_counters import NEWS, QUIET, STALE, frame, play, sequence

FORMER: Final = 20_000  # frames
EVERY: Final = 10.0  # s
AT: Final = 8_000  # counters of the new count so far, far above what has marks
NOW: Final = 1e6 + AT * EVERY


def grown() -> Sequence:
    """Return a count after a former one, as far as ``AT``."""
    order = sequence()
    play(order, range(FORMER))
    verdicts = play(order, range(AT), content=1, start=1e6, every=EVERY)
    assert verdicts[-1] in {NEWS, QUIET}
    return order


def after(order: Sequence, heard_at: float | None) -> Sequence:
    """Restart, with another clock."""
    fresh = sequence()
    fresh.restore(json.loads(json.dumps(order.snapshot())), heard_at)
    return fresh


def goes_on(
    order: Sequence, silent: float, *, ahead: float = 1.0, start: float = NOW
) -> list[CounterVerdict]:
    """Go on after a silence, ``ahead`` times as far as the pace says."""
    first = AT + round(silent / EVERY * ahead)
    return play(
        order, range(first, first + 30), content=1, start=start + silent, every=EVERY
    )


@rows("silent", [300.0, 3_600.0, 86_400.0])
def test_a_silence_is_over_within_a_minute(silent: float) -> None:
    verdicts = goes_on(grown(), silent)
    assert STALE not in verdicts[7:]
    assert verdicts[:6] == [STALE] * 6


@pytest.mark.parametrize(
    ("heard_at", "silent"), [(0.0, 600.0), (None, 600.0), (0.0, 43_200.0)]
)
def test_so_it_is_over_a_restart(heard_at: float | None, silent: float) -> None:
    verdicts = goes_on(after(grown(), heard_at), silent, start=0.0)
    assert STALE not in verdicts[7:]


def test_a_frame_too_far_ahead_holds_up_only_until_time_explains_the_others() -> None:
    verdicts = goes_on(grown(), 60.0, ahead=7.5)
    assert verdicts[:7] == [STALE] * 7
    assert STALE not in verdicts[7:]


@rows("ahead", [6.0, 15.0])
def test_who_leaps_further_ahead_is_no_such_device(ahead: float) -> None:
    for order, start in ((grown(), NOW), (after(grown(), 0.0), 0.0)):
        assert set(goes_on(order, 600.0, ahead=ahead, start=start)) == {STALE}


@rows("restarted", [False, True])
def test_a_recording_under_the_counter_that_ended_a_silence_is_no_news(
    restarted: bool,
) -> None:
    order = grown()
    at = AT + 60 + goes_on(order, 600.0).index(QUIET)
    order = after(order, NOW) if restarted else order
    assert order.judge(frame(at), NOW + 1_000.0) is STALE


def test_nobody_is_believed_after_days() -> None:
    # So long that the pace would allow any counter.
    assert set(goes_on(grown(), 3 * 86_400.0, ahead=0.1)) == {STALE}


def test_recordings_of_the_former_count_do_not_get_in_beside_the_device() -> None:
    """Though they are not known: it is heard between them."""
    order = grown()
    for number in range(300):
        now = NOW + number * EVERY
        assert order.judge(frame(AT + number, 1), now) in {NEWS, QUIET}
        for ahead in range(17, 40, 4):
            assert order.judge(frame(AT + number + ahead), now + 5.0) is STALE


def test_recordings_while_it_is_silent_have_to_keep_its_pace() -> None:
    order = grown()
    verdicts = [
        order.judge(frame(15_000 + number), NOW + 600.0 + number)
        for number in range(300)
    ]
    assert set(verdicts) == {STALE}
    verdicts = [
        order.judge(frame(AT + 80 + number), NOW + 900.0 + number)
        for number in range(4)
    ]
    assert set(verdicts) == {STALE}  # four at once are not a minute


@rows("rate", [-1.0, float("nan"), float("inf"), "1", True, [], None, 1 << 4_000])
def test_a_damaged_pace_costs_nothing_else(rate: object) -> None:
    order = grown()
    fresh = sequence()
    fresh.restore(order.snapshot() | {"rate": rate}, 0.0)
    assert fresh.snapshot() == order.snapshot() | {"rate": 0.0}
    assert set(goes_on(fresh, 600.0, start=0.0)) == {STALE}


def test_an_earlier_version_kept_none() -> None:
    kept = grown().snapshot()
    del kept["rate"]
    order = sequence()
    order.restore(kept)
    assert set(goes_on(order, 600.0, start=0.0)) == {STALE}


def test_a_pace_is_measured_over_some_time() -> None:
    tempo = Tempo()
    tempo.take(5, 0.0)
    tempo.take(1_000, 1.0)
    assert (tempo.rate, tempo.reach(1e3)) == (0.0, 0.0)
    tempo.take(1_005, 1_000.0)
    assert tempo.rate == 1.0
    assert tempo.reach(1_100.0) == 100.0 * Tempo.SLACK


def test_a_clock_that_was_put_back_explains_nothing() -> None:
    tempo = Tempo()
    tempo.restore(1.0, 100.0)
    assert (tempo.reach(50.0), tempo.reach(101.0)) == (0.0, Tempo.SLACK)
