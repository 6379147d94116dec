"""What is normal for a device is learned, bounded, and can be fixed by the user."""

from hypothesis import given, strategies as st

from custom_components.mi_bms.proto.model.availability import (
    ENOUGH,
    LONGEST,
    MULTIPLE,
    SHORTEST,
    Cadence,
)


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
