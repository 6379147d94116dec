"""How a battery stands follows from its adverts, its polls and the scanners around it."""

from hypothesis import given, strategies as st
import pytest

from custom_components.mi_bms.proto.model.errors import (
    AuthNeeded,
    AuthRejected,
    FrameError,
    MiBmsError,
    NoAnswer,
    PairingNeeded,
    Unreachable,
    Unsupported,
)
from custom_components.mi_bms.proto.scheduler.link_state import (
    DOZE,
    HELD_AT_MOST,
    MIN_GRACE,
    NAP,
    QUIET,
    Coverage,
    Failure,
    LinkHistory,
    LinkState,
    failure_of,
)

HALL = frozenset({"hall"})
NONE: frozenset[str] = frozenset()
HEARD = Coverage(working=HALL, hearing=HALL, connecting=HALL)
UNHEARD = Coverage(working=HALL, hearing=NONE, connecting=NONE)
DEAF = Coverage(working=NONE, hearing=NONE, connecting=NONE)


def alive(rssi: int = -60, *, idle: bool = False, until: float = 100.0) -> LinkHistory:
    history = LinkHistory()
    now = 0.0
    while now <= until:
        history.hear(now, rssi, "hall")
        now += 10.0
    history.succeeded(until, idle=idle)
    return history


def fail(history: LinkHistory, failure: Failure, times: int = 2) -> LinkHistory:
    for _ in range(times):
        history.failed(failure)
    return history


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (Unreachable("not_heard"), Failure.NOT_HEARD),
        (Unreachable("no_slot"), Failure.NO_SLOT),
        (Unreachable("connect"), Failure.CONNECT),
        (Unreachable("link"), Failure.LOST),
        (Unreachable("lost"), Failure.LOST),
        (NoAnswer(), Failure.SILENT),
        (FrameError("checksum"), Failure.GARBLED),
        (AuthNeeded(), Failure.AUTH),
        (PairingNeeded(5), Failure.PAIRING),
        (AuthRejected(), Failure.AUTH),
        (Unsupported("x"), Failure.UNSUPPORTED),
    ],
)
def test_each_error_has_a_word(error: MiBmsError, failure: Failure) -> None:
    assert failure_of(error) is failure


def test_a_battery_nobody_ever_heard() -> None:
    history = LinkHistory()
    assert history.state(0.0, UNHEARD) is LinkState.NO_RECEIVER
    assert history.state(0.0, DEAF) is LinkState.NO_RECEIVER
    assert not history.available(0.0, UNHEARD)


def test_one_failure_means_nothing() -> None:
    history = fail(alive(), Failure.CONNECT, 1)
    assert history.state(110.0, HEARD) is LinkState.AWAKE
    assert not LinkState.AWAKE.unreachable


@pytest.mark.parametrize(
    ("failure", "rssi", "troubled", "state"),
    [
        (Failure.CONNECT, -60, False, LinkState.HELD),
        (Failure.LOST, -60, False, LinkState.HELD),
        (Failure.CONNECT, -60, True, LinkState.CONNECT_FAILED),
        (Failure.CONNECT, -90, False, LinkState.CONNECT_FAILED),
        (Failure.NO_SLOT, -60, False, LinkState.NO_SLOT),
        (Failure.NOT_HEARD, -60, False, LinkState.NO_RECEIVER),
        (Failure.SILENT, -60, False, LinkState.SILENT),
        (Failure.GARBLED, -60, False, LinkState.SILENT),
        (Failure.UNSUPPORTED, -60, False, LinkState.SILENT),
        (Failure.AUTH, -60, False, LinkState.AUTH),
        (Failure.PAIRING, -60, False, LinkState.PAIRING),
    ],
)
def test_failures_of_a_battery_that_is_heard(
    failure: Failure, rssi: int, troubled: bool, state: LinkState
) -> None:
    history = fail(alive(rssi), failure)
    coverage = Coverage(working=HALL, hearing=HALL, connecting=HALL, troubled=troubled)
    assert history.state(110.0, coverage) is state
    assert state.unreachable is (state is not LinkState.HELD)
    history.succeeded(111.0, idle=False)
    assert history.state(112.0, coverage) is LinkState.AWAKE


def test_a_battery_that_never_worked_is_not_held() -> None:
    history = LinkHistory()
    history.hear(0.0, -50, "hall")
    fail(history, Failure.CONNECT)
    assert history.state(1.0, HEARD) is LinkState.CONNECT_FAILED
    assert history.state(QUIET + 1, UNHEARD) is LinkState.NO_RECEIVER


def test_only_scanner_that_cannot_connect() -> None:
    coverage = Coverage(working=HALL, hearing=HALL, connecting=NONE)
    assert alive().state(110.0, coverage) is LinkState.ADVERTS_ONLY


def test_a_strong_battery_under_load_falls_silent_for_an_app() -> None:
    history = alive()
    assert history.state(100.0 + QUIET, UNHEARD) is LinkState.HELD
    assert history.since == 100.0 + QUIET
    assert history.state(100.0 + HELD_AT_MOST, UNHEARD) is LinkState.NO_RECEIVER
    assert alive(-90).state(100.0 + QUIET, UNHEARD) is LinkState.NO_RECEIVER


def test_an_idle_battery_falls_asleep_and_its_values_hold() -> None:
    history = alive(idle=True)
    assert history.state(100.0 + DOZE - 1, UNHEARD) is LinkState.AWAKE
    assert history.state(100.0 + DOZE, UNHEARD) is LinkState.ASLEEP
    assert history.available(100.0 + NAP - 1, UNHEARD)
    assert not history.available(100.0 + NAP, UNHEARD)
    assert history.state(100.0 + NAP, UNHEARD) is LinkState.NO_RECEIVER


def test_waking_keeps_the_values_until_the_next_poll() -> None:
    history = alive(idle=True)
    history.state(8000.0, UNHEARD)
    assert history.hear(8000.0, -60, "hall")
    assert not history.hear(8001.0, -60, "hall")
    assert history.sleeper
    assert history.available(8000.0 + MIN_GRACE - 1, HEARD)
    history.hear(8000.0 + MIN_GRACE, -60, "hall")
    assert not history.available(8000.0 + MIN_GRACE, HEARD)


def test_a_known_sleeper_may_sleep_although_current_flowed() -> None:
    history = alive(idle=True)
    history.hear(8000.0, -60, "hall")
    history.succeeded(8001.0, idle=False)
    assert history.state(8001.0 + DOZE, UNHEARD) is LinkState.ASLEEP


def test_an_app_does_not_teach_sleep() -> None:
    history = alive()
    assert history.hear(1000.0, -60, "hall")
    assert not history.sleeper


def test_a_dead_scanner_is_no_sleep() -> None:
    history = alive(idle=True)
    assert history.state(1000.0, DEAF) is LinkState.NO_RECEIVER
    other = Coverage(working=frozenset({"garage"}), hearing=NONE, connecting=NONE)
    assert history.state(1001.0, other) is LinkState.NO_RECEIVER
    assert history.hear(1002.0, -80, "garage")
    assert history.heard_by == {"garage": -80}
    assert not history.sleeper


def test_a_password_does_not_come_by_waiting() -> None:
    history = fail(alive(), Failure.AUTH)
    history.hear(5000.0, -60, "hall")
    assert history.state(5000.0, HEARD) is LinkState.AUTH


def test_an_open_link_is_no_silence() -> None:
    history = alive(idle=True)
    history.link(110.0, is_open=True)
    assert history.state(9000.0, UNHEARD) is LinkState.AWAKE
    history.link(9000.0, is_open=False)
    assert history.state(9000.0 + DOZE - 1, UNHEARD) is LinkState.AWAKE
    assert history.talk.longest < DOZE


def test_a_missed_poll_keeps_the_values_for_the_grace() -> None:
    history = fail(alive(), Failure.SILENT)
    assert history.turn(100.0, HEARD) is None
    assert history.available(100.0 + MIN_GRACE - 1, HEARD)
    assert history.turn(100.0 + MIN_GRACE, HEARD) is False
    assert history.turn(100.0 + MIN_GRACE, HEARD) is None
    history.succeeded(300.0, idle=False)
    assert history.turn(300.0, HEARD) is True


def test_a_pause_with_an_end_keeps_the_values() -> None:
    history = alive()
    history.pause(110.0, HEARD, 1000.0)
    assert history.state(999.0, HEARD) is LinkState.PAUSED
    assert history.available(1000.0 + MIN_GRACE - 1, HEARD)
    history.resume(400.0)
    history.hear(400.0, -60, "hall")
    assert history.state(400.0, HEARD) is LinkState.AWAKE
    assert history.available(400.0 + MIN_GRACE - 1, HEARD)
    assert not history.available(400.0 + MIN_GRACE, HEARD)


def test_a_pause_without_an_end_and_one_of_a_lost_battery_keep_nothing() -> None:
    history = alive()
    history.pause(110.0, HEARD)
    assert history.state(5000.0, HEARD) is LinkState.PAUSED
    assert not history.available(5000.0, HEARD)
    history.pause(5000.0, HEARD, 6000.0)
    history.resume(5500.0)
    assert not history.available(5500.0, HEARD)


def test_an_earlier_run_counts() -> None:
    first = alive(idle=True)
    first.hear(8000.0, -60, "hall")
    second = LinkHistory()
    second.relearn(first.learned())
    second.restore(10.0, 3600.0, idle=True)
    assert second.sleeper
    assert second.state(10.0, UNHEARD) is LinkState.ASLEEP
    assert second.available(10.0, UNHEARD)
    assert second.hear(20.0, -60, "hall")
    assert second.available(21.0, HEARD)


EVENT = st.tuples(
    st.sampled_from(["hear", "ok", "fail", "link", "ask"]), st.floats(0, 1e5)
)


@given(st.lists(EVENT, max_size=40), st.booleans())
def test_values_without_a_recent_reason_are_never_shown(
    events: list[tuple[str, float]], idle: bool
) -> None:
    history = LinkHistory()
    now = 0.0
    for kind, pause in events:
        now += pause
        if kind == "hear":
            history.hear(now, -60, "hall")
        elif kind == "ok":
            history.succeeded(now, idle=idle)
        elif kind == "fail":
            history.failed(Failure.CONNECT)
        elif kind == "link":
            history.link(now, is_open=not history.linked)
        shown = history.available(now, HEARD)
        assert not shown or history.read_at is not None
        if shown and not idle and history.read_at is not None:
            assert now - history.read_at < MIN_GRACE
        assert history.state(now, HEARD) in LinkState


def test_gaps_of_a_minute_are_no_naps() -> None:
    history = alive(idle=True)
    now = 100.0
    for _ in range(20):
        history.hear(now := now + 90.0, -80, "hall")
        history.succeeded(now + 1, idle=True)
    assert history.state(now + 3600, UNHEARD) is LinkState.ASLEEP


def test_a_refusal_that_lasts_is_nobodys_app() -> None:
    history, now, seen = fail(alive(), Failure.CONNECT), 100.0, []
    while now < 100.0 + HELD_AT_MOST + 60.0:
        history.hear(now := now + 10.0, -60, "hall")
        if (state := history.state(now, HEARD)) not in seen:
            seen.append(state)
            since = now
    assert seen == [LinkState.HELD, LinkState.CONNECT_FAILED]
    assert since == 110.0 + HELD_AT_MOST


@pytest.mark.parametrize(
    ("idle", "state"), [(True, LinkState.ASLEEP), (False, LinkState.NO_RECEIVER)]
)
def test_what_is_not_known_yet_is_no_state(idle: bool, state: LinkState) -> None:
    history = LinkHistory(begun=1000.0)
    history.restore(1000.0, 3600.0, idle=idle)
    patience = DOZE if idle else QUIET
    for now in (1000.0, 1000.0 + patience - 1):
        for coverage in (HEARD, UNHEARD, DEAF):
            assert history.state(now, coverage) is None
        # It may well sleep.
        assert history.available(now, UNHEARD) is idle
    assert history.state(1000.0 + patience, UNHEARD) is state
    assert history.available(1000.0 + patience, UNHEARD) is idle
    history.hear(1000.0 + patience + 1, -60, "hall")
    assert history.state(1000.0 + patience + 2, HEARD) is LinkState.AWAKE


def test_what_is_known_is_told_at_once() -> None:
    history = LinkHistory(begun=0.0)
    history.pause(0.0, UNHEARD)
    assert history.state(1.0, UNHEARD) is LinkState.PAUSED
    history.resume(2.0)
    assert history.state(3.0, UNHEARD) is None
    assert fail(history, Failure.AUTH).state(4.0, UNHEARD) is LinkState.AUTH
    history.hear(5.0, -60, "hall")


def test_only_what_was_learned_is_gone_on_with() -> None:
    history = LinkHistory()
    history.relearn({})
    history.relearn({"naps": (7.0, 20)})
    assert history.learned() == {"talk": (0.0, 0), "naps": (7.0, 20)}
