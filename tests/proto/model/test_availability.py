"""What is normal for a device is learned, bounded, and can be fixed by the user."""

from itertools import pairwise

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.mi_bms.proto.mibeacon.devices import DEVICES
from custom_components.mi_bms.proto.mibeacon.spec import (
    DAY,
    HALF_DAY,
    OFTEN,
    ON_USE,
    SLOW,
)
from custom_components.mi_bms.proto.model.availability import (
    ENOUGH,
    LONGEST,
    MULTIPLE,
    SHORTEST,
    UNPROVEN,
    Cadence,
)
from tests.each import each

HOUR = 3600.0


def heard_every(cadence: Cadence, seconds: float, times: int = ENOUGH + 1) -> float:
    now = 0.0
    for _ in range(times):
        cadence.hear(now)
        now += seconds
    return now - seconds


def test_never_heard_is_not_there() -> None:
    cadence = Cadence(900.0)
    assert not cadence.alive(0.0)
    assert cadence.left(5.0) == 0.0


def test_starts_with_what_the_model_is_known_for() -> None:
    cadence = Cadence(900.0)
    cadence.hear(100.0)
    assert cadence.alive(999.0)
    assert not cadence.alive(1000.0)
    assert cadence.left(400.0) == 600.0
    assert cadence.left(2000.0) == 0.0


def test_learns_a_slow_device() -> None:
    cadence = Cadence(900.0)
    last = heard_every(cadence, 600.0)
    assert cadence.limit == 600.0 * MULTIPLE
    assert cadence.alive(last + 2399)


def test_learns_a_fast_device_but_keeps_the_floor() -> None:
    cadence = Cadence(900.0)
    heard_every(cadence, 1.0)
    assert cadence.limit == SHORTEST


def test_one_long_silence_is_forgotten_slowly() -> None:
    cadence = Cadence(900.0)
    now = heard_every(cadence, 60.0)
    cadence.hear(now + 6000)
    before = cadence.limit
    now += 6000
    for _ in range(200):
        now += 60
        cadence.hear(now)
    assert before == 6000 * MULTIPLE
    assert cadence.limit < before / 10


def test_is_never_available_for_ever() -> None:
    cadence = Cadence(900.0)
    heard_every(cadence, LONGEST)
    assert cadence.limit == LONGEST


def test_user_decides() -> None:
    cadence = Cadence(900.0, fixed=60.0)
    heard_every(cadence, 600.0)
    assert cadence.limit == 60.0


def test_clock_that_jumps_back_teaches_nothing() -> None:
    cadence = Cadence(900.0)
    cadence.hear(100.0)
    cadence.hear(50.0)
    assert cadence.learned() == (0.0, 0)
    assert cadence.heard_at == 50.0


def test_goes_on_after_a_restart() -> None:
    first = Cadence(900.0)
    heard_every(first, 600.0)
    second = Cadence.again(900.0, None, first.learned())
    assert second.limit == first.limit
    assert not second.alive(0.0)


@given(st.lists(st.floats(0, 1e9), max_size=60))
def test_limit_is_always_bounded(times: list[float]) -> None:
    cadence = Cadence(900.0)
    for now in times:
        cadence.hear(now)
    assert SHORTEST <= cadence.limit <= LONGEST


def test_what_waits_for_something_to_happen_may_be_silent_after_a_busy_hour() -> None:
    cadence = Cadence(90_000.0, waits=True)
    heard_every(cadence, 10.0, 200)
    assert cadence.limit == 90_000.0
    heard_every(cadence, 40_000.0)
    assert cadence.limit == 160_000.0


# --- what anybody can send -----------------------------------------------------------------------

# Each way to speak that there is among the products: how long its own words are apart at most.
USUAL = {OFTEN: 300.0, SLOW: 600.0, HALF_DAY: 6 * HOUR, DAY: 24 * HOUR, ON_USE: DAY * 7}
KINDS = sorted({(spec.availability, spec.waits) for spec in DEVICES.values()})
NAMED = [(str(kind), kind) for kind in KINDS]


@settings(max_examples=50)
@given(
    st.lists(
        st.tuples(st.floats(0.0, 1.0) | st.none(), st.integers(0, 3)),
        min_size=1,
        max_size=30,
    )
)
def test_a_sensor_that_shows_itself_in_the_clear_is_never_missed_early(
    said: list[tuple[float | None, int]],
) -> None:
    """Its own words as its kind has them, one of them lost now and then (None), and beacons between."""

    # The same for all kinds: to think it up costs more than to live through it.
    def never_missed(kind: tuple[float, bool]) -> None:
        start, waits = kind
        usual = USUAL[start]
        # What speaks all day keeps time; what waits says something whenever it happens.
        least = 1.0 if waits else 0.8 * usual
        lost = 2.0 * usual if usual < DAY / 4 else usual
        cadence = Cadence(start, waits=waits)
        now = 0.0
        for share, beacons in said:
            silence = lost if share is None else least + share * (usual - least)
            cadence.hear(now)
            for one in range(beacons):
                at = now + silence * (one + 1) / (beacons + 1)
                assert cadence.alive(at)
                cadence.notice(at)
            now += silence
            assert cadence.alive(now)

    each(NAMED, never_missed)


@settings(max_examples=50)
@given(
    st.lists(st.floats(1.0, 90_000.0), max_size=30),
    st.floats(60.0, 40_000.0),
    st.none() | st.floats(60.0, 400_000.0),
)
def test_nobody_keeps_one_that_is_gone(
    silences: list[float], every: float, fixed: float | None
) -> None:
    def is_gone(kind: tuple[float, bool]) -> None:
        start, waits = kind
        cadence = Cadence(start, fixed, waits=waits)
        now = 0.0
        for silence in (0.0, *silences):
            now += silence
            cadence.hear(now)
        usual = cadence.limit
        bound = max(usual, UNPROVEN) if waits else usual
        for count in range(1, int(bound / every) + 3):
            cadence.notice(now + count * every)
        assert cadence.limit == usual  # nobody teaches it, either
        assert cadence.left(now) <= bound + 1e-3
        assert not cadence.alive(now + bound + 1e-3)

    each(NAMED, is_gone)


def test_beacons_hold_what_waits_for_a_day() -> None:
    """Two packets of its battery are lost; and a user who wants to know after an hour."""
    for fixed in (None, HOUR):
        remote = Cadence(HALF_DAY, fixed, waits=True)
        remote.hear(0.0)
        for at in range(0, 40 * 3600, 1800):
            assert remote.alive(at) is (at < UNPROVEN)
            remote.notice(at)
    silent = Cadence(HALF_DAY, waits=True)
    silent.hear(0.0)
    silent.notice(HOUR)
    assert silent.alive(HOUR + HALF_DAY - 1)
    assert not silent.alive(HOUR + HALF_DAY)


def test_beacons_bring_back_only_what_was_heard() -> None:
    nobody = Cadence(HALF_DAY, waits=True)
    nobody.notice(5.0)
    assert not nobody.alive(6.0)
    remote = Cadence(HALF_DAY, waits=True)
    remote.hear(0.0)
    assert not remote.alive(14 * HOUR)
    remote.notice(14 * HOUR)
    assert remote.alive(14 * HOUR)


def test_what_was_learned_from_beacons_makes_nobody_early() -> None:
    """Its key is new: until it has said enough itself, beacons hold what speaks all day, too."""
    thermometer = Cadence.again(SLOW, None, (2.0, 5000))
    thermometer.unsure = ENOUGH
    times = [count * 600.0 for count in range(ENOUGH + 1)]
    for at, after in pairwise(times):
        thermometer.hear(at)
        for second in range(int(at), int(after), 60):
            assert thermometer.alive(second)
            thermometer.notice(second)
    assert thermometer.unsure == 1
    thermometer.hear(times[-1])
    assert thermometer.limit == pytest.approx(600.0 * MULTIPLE)
    for second in range(7200, 12_000, 60):
        thermometer.notice(second)
    assert not thermometer.alive(7200 + 2400)
