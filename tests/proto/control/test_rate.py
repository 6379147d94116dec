"""How often a battery may be switched, and how often a password is tried."""

import pytest

from custom_components.mi_bms.proto.control.password import Given, Tries
from custom_components.mi_bms.proto.control.rate import HOUR, MOST, Rate
from custom_components.mi_bms.proto.control.refusal import SwitchRefusal, SwitchRefused
from tests.each import rows

WALL = 1_790_000_000.0


def refused(rate: Rate, now: float) -> tuple[SwitchRefusal, dict[str, str]] | None:
    try:
        rate.judge(now)
    except SwitchRefused as err:
        return err.refusal, err.fill
    return None


def test_one_in_five_seconds() -> None:
    rate = Rate()
    assert refused(rate, 0.0) is None
    assert rate.wait(0.0) == 0
    rate.take(100.0)
    assert refused(rate, 104.9) == (SwitchRefusal.TOO_SOON, {"seconds": "5"})
    assert rate.wait(102.0) == pytest.approx(3.0)
    assert refused(rate, 105.0) is None


def test_twenty_an_hour() -> None:
    rate = Rate()
    for n in range(MOST):
        assert refused(rate, n * 10.0) is None
        rate.take(n * 10.0)
    assert refused(rate, 600.0) == (
        SwitchRefusal.TOO_MANY,
        {"most": "20", "minutes": "50"},
    )
    assert refused(rate, HOUR - 0.1) == (
        SwitchRefusal.TOO_MANY,
        {"most": "20", "minutes": "1"},
    )
    assert refused(rate, HOUR) is None
    rate.take(HOUR)
    assert refused(rate, HOUR + 9)
    assert refused(rate, HOUR + 10) is None


@rows("jump", [-1e9, 0.0, 600.0, 1e9])
def test_it_outlives_a_start_whatever_the_clock_does(jump: float) -> None:
    rate, again = Rate(), Rate()
    for n in range(MOST):
        rate.take(n * 10.0)
    stored = rate.to_json(300.0, WALL)
    assert stored[-1] == WALL - 110
    again.restore(stored, 7.0, WALL + jump)
    # A clock that was set back blocks for an hour at most, one that was set ahead not at all.
    blocked = refused(again, 7.0)
    assert (blocked and blocked[0]) is (None if jump == 1e9 else SwitchRefusal.TOO_MANY)
    assert refused(again, 7.0 + HOUR) is None


ONE, OTHER = Given("123456"), Given("654321", 3)


def test_no_third_try_of_a_password() -> None:
    tries = Tries()
    assert tries.may(ONE)
    assert tries.to_json() == {}
    tries.say(ONE)
    # That was counted already.
    tries.silent(ONE)
    assert tries.may(ONE)
    tries.say(ONE)
    assert not tries.may(ONE)
    stored = tries.to_json()
    assert "123456" not in f"{stored} {ONE}"
    again = Tries.from_json(stored)
    assert not again.may(ONE)
    assert again.may(Given("123456", 1))
    assert again.may(OTHER)
    again.say(OTHER)
    assert again.may(OTHER)
    assert not again.has_been_right(OTHER)
    again.right(OTHER)
    assert again.may(ONE)
    kept = Tries.from_json(again.to_json())
    assert kept.has_been_right(OTHER)
    assert not kept.has_been_right(ONE)
    assert Tries.from_json({}).may(ONE)


def test_what_was_right_is_wrong_by_silence_alone() -> None:
    tries = Tries()
    tries.right(OTHER)
    for _ in range(9):
        tries.say(OTHER)
    assert tries.may(OTHER)
    tries.silent(OTHER)
    assert tries.may(OTHER)
    tries.silent(OTHER)
    assert not tries.may(OTHER)
    # Typed again it is the same, and may be said again.
    again = Given("654321", 4)
    assert tries.may(again) and tries.has_been_right(again)
