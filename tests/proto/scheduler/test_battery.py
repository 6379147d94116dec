"""How a battery stands follows from its adverts, its polls and the scanners around it."""

from math import inf
from typing import Self

from hypothesis import given, strategies as st

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
from custom_components.mi_bms.proto.scheduler.battery import Battery
from custom_components.mi_bms.proto.scheduler.events import (
    Advert,
    Closed,
    Failed,
    Learned,
    Looked,
    Opened,
    Ordered,
    Paused,
    Read,
    Restored,
    Resumed,
)
from custom_components.mi_bms.proto.scheduler.link_state import (
    Coverage,
    Failure,
    LinkState,
    failure_of,
    reason_of,
)
from custom_components.mi_bms.proto.scheduler.record import MIN_GRACE, NAP, QUIET
from custom_components.mi_bms.proto.scheduler.standing import DOZE, HELD_AT_MOST
from tests.each import rows

HALL = frozenset({"hall"})
NONE: frozenset[str] = frozenset()
HEARD = Coverage(working=HALL, hearing=HALL, connecting=HALL)
UNHEARD = Coverage(working=HALL, hearing=NONE, connecting=NONE)
DEAF = Coverage(working=NONE, hearing=NONE, connecting=NONE)


class Story:
    """Tell a battery what happens, and look at it as its coordinator does."""

    def __init__(self, born: float = -inf) -> None:
        self.battery = Battery(address="A", interval=30.0, born=born)

    def hear(self, now: float, rssi: int = -60, scanner: str = "hall") -> bool:
        return self.battery.apply(Advert(rssi, scanner), now)

    def read(self, now: float, *, idle: bool = False) -> None:
        self.battery.apply(Read(seconds=1.0, idle=idle), now)

    def fail(self, failure: Failure, times: int = 2) -> Self:
        for _ in range(times):
            self.battery.apply(Ordered(), 0.0)
            self.battery.apply(Failed(failure=failure), 0.0)
        return self

    def link(self, now: float, *, is_open: bool) -> None:
        self.battery.apply(Opened() if is_open else Closed(), now)

    def look(self, now: float, coverage: Coverage) -> None:
        self.battery.apply(Looked(coverage), now)

    def state(self, now: float, coverage: Coverage) -> LinkState | None:
        self.look(now, coverage)
        return self.battery.state(now)

    def available(self, now: float, coverage: Coverage) -> bool:
        self.look(now, coverage)
        return self.battery.available(now)


def alive(rssi: int = -60, *, idle: bool = False, until: float = 100.0) -> Story:
    story = Story()
    now = 0.0
    while now <= until:
        story.hear(now, rssi)
        now += 10.0
    story.read(until, idle=idle)
    return story


@rows(
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


@rows(
    ("error", "reason"),
    [
        (Unreachable("connect"), "connect"),
        (PairingNeeded(5), "pairing_att_5"),
        (PairingNeeded(), "pairing"),
        (FrameError("checksum"), "checksum"),
        (NoAnswer(), "NoAnswer"),
    ],
)
def test_each_error_is_counted_under_a_reason(error: MiBmsError, reason: str) -> None:
    assert reason_of(error) == reason


def test_a_battery_nobody_ever_heard() -> None:
    story = Story()
    assert story.state(0.0, UNHEARD) is LinkState.NO_RECEIVER
    assert story.state(0.0, DEAF) is LinkState.NO_RECEIVER
    assert not story.available(0.0, UNHEARD)


def test_one_failure_means_nothing() -> None:
    story = alive().fail(Failure.CONNECT, 1)
    assert story.state(110.0, HEARD) is LinkState.AWAKE
    assert not LinkState.AWAKE.unreachable


@rows(
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
    story = alive(rssi).fail(failure)
    coverage = Coverage(working=HALL, hearing=HALL, connecting=HALL, troubled=troubled)
    assert story.state(110.0, coverage) is state
    assert state.unreachable is (state is not LinkState.HELD)
    story.read(111.0, idle=False)
    assert story.state(112.0, coverage) is LinkState.AWAKE


def test_a_battery_that_never_worked_is_not_held() -> None:
    story = Story()
    story.hear(0.0, -50, "hall")
    story.fail(Failure.CONNECT)
    assert story.state(1.0, HEARD) is LinkState.CONNECT_FAILED
    assert story.state(QUIET + 1, UNHEARD) is LinkState.NO_RECEIVER


def test_only_scanner_that_cannot_connect() -> None:
    coverage = Coverage(working=HALL, hearing=HALL, connecting=NONE)
    assert alive().state(110.0, coverage) is LinkState.ADVERTS_ONLY


def test_a_strong_battery_under_load_falls_silent_for_an_app() -> None:
    story = alive()
    assert story.state(100.0 + QUIET, UNHEARD) is LinkState.HELD
    assert story.battery.since == 100.0 + QUIET
    assert story.state(100.0 + HELD_AT_MOST, UNHEARD) is LinkState.NO_RECEIVER
    assert alive(-90).state(100.0 + QUIET, UNHEARD) is LinkState.NO_RECEIVER


def test_an_idle_battery_falls_asleep_and_its_values_hold() -> None:
    story = alive(idle=True)
    assert story.state(100.0 + DOZE - 1, UNHEARD) is LinkState.AWAKE
    assert story.state(100.0 + DOZE, UNHEARD) is LinkState.ASLEEP
    assert story.available(100.0 + NAP - 1, UNHEARD)
    assert not story.available(100.0 + NAP, UNHEARD)
    assert story.state(100.0 + NAP, UNHEARD) is LinkState.NO_RECEIVER


def test_waking_keeps_the_values_until_the_next_poll() -> None:
    story = alive(idle=True)
    story.state(8000.0, UNHEARD)
    assert story.hear(8000.0, -60, "hall")
    assert not story.hear(8001.0, -60, "hall")
    assert story.battery.sleeper
    assert story.available(8000.0 + MIN_GRACE - 1, HEARD)
    story.hear(8000.0 + MIN_GRACE, -60, "hall")
    assert not story.available(8000.0 + MIN_GRACE, HEARD)


def test_a_known_sleeper_may_sleep_although_current_flowed() -> None:
    story = alive(idle=True)
    story.hear(8000.0, -60, "hall")
    story.read(8001.0, idle=False)
    assert story.state(8001.0 + DOZE, UNHEARD) is LinkState.ASLEEP


def test_an_app_does_not_teach_sleep() -> None:
    story = alive()
    assert story.hear(1000.0, -60, "hall")
    assert not story.battery.sleeper


def test_a_dead_scanner_is_no_sleep() -> None:
    story = alive(idle=True)
    assert story.state(1000.0, DEAF) is LinkState.NO_RECEIVER
    other = Coverage(working=frozenset({"garage"}), hearing=NONE, connecting=NONE)
    assert story.state(1001.0, other) is LinkState.NO_RECEIVER
    assert story.hear(1002.0, -80, "garage")
    assert story.battery.heard_by == {"garage": -80}
    assert not story.battery.sleeper


def test_a_password_does_not_come_by_waiting() -> None:
    story = alive().fail(Failure.AUTH)
    story.hear(5000.0, -60, "hall")
    assert story.state(5000.0, HEARD) is LinkState.AUTH


def test_an_open_link_is_no_silence() -> None:
    story = alive(idle=True)
    story.link(110.0, is_open=True)
    assert story.state(9000.0, UNHEARD) is LinkState.AWAKE
    story.link(9000.0, is_open=False)
    assert story.state(9000.0 + DOZE - 1, UNHEARD) is LinkState.AWAKE
    assert story.battery.talk.longest < DOZE


def test_a_missed_poll_keeps_the_values_for_the_grace() -> None:
    story = alive().fail(Failure.SILENT)
    for now, there in (
        (100.0, True),
        (100.0 + MIN_GRACE - 1, True),
        (100.0 + MIN_GRACE, False),
        (101.0 + MIN_GRACE, False),
    ):
        story.look(now, HEARD)
        assert story.battery.there is there
    story.read(300.0)
    assert story.available(300.0, HEARD)


def test_a_pause_with_an_end_keeps_the_values() -> None:
    story = alive()
    story.look(110.0, HEARD)
    story.battery.apply(Paused(1000.0), 110.0)
    assert story.state(999.0, HEARD) is LinkState.PAUSED
    assert story.available(1000.0 + MIN_GRACE - 1, HEARD)
    story.battery.apply(Resumed(), 400.0)
    story.hear(400.0, -60, "hall")
    assert story.state(400.0, HEARD) is LinkState.AWAKE
    assert story.available(400.0 + MIN_GRACE - 1, HEARD)
    assert not story.available(400.0 + MIN_GRACE, HEARD)


def test_a_pause_without_an_end_and_one_of_a_lost_battery_keep_nothing() -> None:
    story = alive()
    story.look(110.0, HEARD)
    story.battery.apply(Paused(), 110.0)
    assert story.state(5000.0, HEARD) is LinkState.PAUSED
    assert not story.available(5000.0, HEARD)
    story.look(5000.0, HEARD)
    story.battery.apply(Paused(6000.0), 5000.0)
    story.battery.apply(Resumed(), 5500.0)
    assert not story.available(5500.0, HEARD)


def test_an_earlier_run_counts() -> None:
    first = alive(idle=True)
    first.hear(8000.0, -60, "hall")
    second = Story()
    second.battery.apply(Learned(first.battery.learned()), 0.0)
    second.battery.apply(Restored(age=3600.0, idle=True), 10.0)
    assert second.battery.sleeper
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
    story = Story()
    now = 0.0
    for kind, pause in events:
        now += pause
        if kind == "hear":
            story.hear(now, -60, "hall")
        elif kind == "ok":
            story.read(now, idle=idle)
        elif kind == "fail":
            story.fail(Failure.CONNECT, 1)
        elif kind == "link":
            story.link(now, is_open=not story.battery.linked)
        shown = story.available(now, HEARD)
        assert not shown or story.battery.read_at is not None
        if shown and not idle and story.battery.read_at is not None:
            assert now - story.battery.read_at < MIN_GRACE
        assert story.state(now, HEARD) in LinkState


def test_gaps_of_a_minute_are_no_naps() -> None:
    story = alive(idle=True)
    now = 100.0
    for _ in range(20):
        story.hear(now := now + 90.0, -80, "hall")
        story.read(now + 1, idle=True)
    assert story.state(now + 3600, UNHEARD) is LinkState.ASLEEP


def test_a_refusal_that_lasts_is_nobodys_app() -> None:
    story, now, seen = alive().fail(Failure.CONNECT), 100.0, []
    while now < 100.0 + HELD_AT_MOST + 60.0:
        story.hear(now := now + 10.0, -60, "hall")
        if (state := story.state(now, HEARD)) not in seen:
            seen.append(state)
            since = now
    assert seen == [LinkState.HELD, LinkState.CONNECT_FAILED]
    assert since == 110.0 + HELD_AT_MOST


@rows(("idle", "state"), [(True, LinkState.ASLEEP), (False, LinkState.NO_RECEIVER)])
def test_what_is_not_known_yet_is_no_state(idle: bool, state: LinkState) -> None:
    story = Story(born=1000.0)
    story.battery.apply(Restored(age=3600.0, idle=idle), 1000.0)
    patience = DOZE if idle else QUIET
    for now in (1000.0, 1000.0 + patience - 1):
        for coverage in (HEARD, UNHEARD, DEAF):
            assert story.state(now, coverage) is None
        # It may well sleep.
        assert story.available(now, UNHEARD) is idle
    assert story.state(1000.0 + patience, UNHEARD) is state
    assert story.available(1000.0 + patience, UNHEARD) is idle
    story.hear(1000.0 + patience + 1, -60, "hall")
    assert story.state(1000.0 + patience + 2, HEARD) is LinkState.AWAKE


def test_what_is_known_is_told_at_once() -> None:
    story = Story(born=0.0)
    story.look(0.0, UNHEARD)
    story.battery.apply(Paused(), 0.0)
    assert story.state(1.0, UNHEARD) is LinkState.PAUSED
    story.battery.apply(Resumed(), 2.0)
    assert story.state(3.0, UNHEARD) is None
    assert story.fail(Failure.AUTH).state(4.0, UNHEARD) is LinkState.AUTH
    story.hear(5.0, -60, "hall")


def test_only_what_was_learned_is_gone_on_with() -> None:
    story = Story()
    story.battery.apply(Learned({}), 0.0)
    story.battery.apply(Learned({"naps": (7.0, 20)}), 0.0)
    assert story.battery.learned() == {"talk": (0.0, 0), "naps": (7.0, 20)}
