"""The scheduler shares few slots among many batteries, and no one starves."""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from math import inf

from hypothesis import given, settings, strategies as st

from custom_components.mi_bms.proto.scheduler.battery import (
    ASTRAY_PAUSE,
    BORROW,
    DOUBT_PAUSE,
    NO_SLOT_PAUSE,
    WAKE_EVERY,
    Battery,
)
from custom_components.mi_bms.proto.scheduler.decision import Decision, Order, Settings
from custom_components.mi_bms.proto.scheduler.events import (
    Advert,
    Asked,
    Closed,
    Doubted,
    Failed,
    Looked,
    Opened,
    Paced,
    Paused,
    Reached,
    Read,
    Released,
    Resumed,
)
from custom_components.mi_bms.proto.scheduler.keeping import CROWDED
from custom_components.mi_bms.proto.scheduler.link_state import (
    Coverage,
    Failure,
    LinkState,
    Phase,
)
from custom_components.mi_bms.proto.scheduler.pace import Raised
from custom_components.mi_bms.proto.scheduler.schedule import LOOK, Scheduler
from custom_components.mi_bms.proto.scheduler.slots import (
    SILENT_AFTER,
    Hearing,
    Scanner,
    Slots,
)
from custom_components.mi_bms.proto.scheduler.visits import (
    LASTS,
    PATIENCE,
    REST,
    WATCHED_LASTS,
)
from tests.bench import schedule_sim as sim, share_cases
from tests.each import rows

HALL = frozenset({"hall"})
HEARD = Coverage(working=HALL, hearing=HALL, connecting=HALL)
A, B, C, D = (f"A4:C1:38:00:00:0{number}" for number in range(1, 5))


def scanner(
    *heard: str,
    source: str = "hall",
    slots: int = 3,
    others: int = 0,
    ours: Iterable[str] = (),
    rssi: int = -60,
    connectable: bool = True,
    connecting: int = 0,
) -> Scanner:
    mine = frozenset(ours)
    return Scanner(
        source=source,
        slots=slots,
        free=slots - others - len(mine),
        allocated=mine | {f"guest {number}" for number in range(others)},
        connectable=connectable,
        connecting=connecting,
        hears={address: Hearing(rssi, 0.0) for address in heard},
    )


def scheduler(
    *addresses: str, keeps: bool = False, interval: float = 30.0, **options: float
) -> Scheduler:
    made = Scheduler(lambda: 0.5, Settings(**options))  # type: ignore[arg-type]
    for address in addresses:
        add(made, address, 0.0, interval, keeps=keeps)
    return made


def add(
    made: Scheduler, address: str, now: float, interval: float, *, keeps: bool = False
) -> None:
    battery = Battery(address=address, interval=interval, born=now, keeps=keeps)
    made.add(battery, now)


def asleep(made: Scheduler, address: str, now: float) -> None:
    """Let a battery have gone to sleep some minutes ago."""
    battery = made.batteries[address]
    battery.idle, battery.heard_at, battery.heard_by = True, now - 500.0, {"hall": -60}
    made.apply(address, Looked(Coverage(working=frozenset({"hall"}))), now)
    assert battery.state(now) is LinkState.ASLEEP


def read(decision: Decision) -> list[str]:
    return [order.address for order in decision.read]


def serve(
    made: Scheduler, now: float, *scanners: Scanner, seconds: float = 1.0
) -> Decision:
    """Let everything that is ordered at a time succeed."""
    decision = made.decide(now, scanners)
    for order in decision.read:
        made.apply(order.address, Read(seconds=seconds), now + seconds)
    return decision


def fail(made: Scheduler, now: float, where: Scanner, failure: Failure) -> float:
    """Let the one battery fail once; gives the pause that follows."""
    (order,) = made.decide(now, [where]).read
    made.apply(order.address, Failed(failure=failure), now)
    return made.batteries[order.address].retry_at - now


def test_a_battery_is_read_when_due_and_its_link_closed() -> None:
    made = scheduler(A)
    decision = made.decide(0.0, [scanner(A)])
    assert decision.read == (
        Order(address=A, scanner="hall", open=False, gentle=False),
    )
    assert made.decide(0.5, [scanner(A, ours=[A])]).read == ()
    made.apply(A, Opened("hall"), 0.0)
    made.apply(A, Opened(None), 0.0)
    made.apply(A, Read(seconds=1.0), 1.0)
    decision = made.decide(1.0, [scanner(A, ours=[A])])
    assert decision.release == (A,)
    assert made.batteries[A].phase is Phase.CLOSING
    made.apply(A, Released(), 0.0)
    decision = made.decide(1.1, [scanner(A)])
    assert decision == Decision(read=(), release=(), again=30.0)
    assert read(made.decide(30.0, [scanner(A)])) == [A]


def test_nobody_who_is_not_heard_by_a_connecting_scanner_is_tried() -> None:
    made = scheduler(A)
    assert made.decide(0.0, []).read == ()
    assert made.decide(0.0, [scanner(B)]).read == ()
    decision = made.decide(0.0, [scanner(A, connectable=False)])
    assert decision == Decision(read=(), release=(), again=LOOK)


def test_earliest_deadline_first_and_one_start_at_a_time() -> None:
    made = scheduler()
    add(made, A, 0.0, 60.0)
    add(made, B, 0.0, 30.0)
    add(made, C, 0.0, 45.0)
    all_heard = (A, B, C)
    first = made.decide(0.0, [scanner(*all_heard)])
    assert read(first) == [B]
    assert first.again == 0.5
    assert read(made.decide(0.5, [scanner(*all_heard, ours=[B])])) == [C]
    assert read(made.decide(1.0, [scanner(*all_heard, ours=[B, C])])) == [A]


def test_starts_at_different_scanner_do_not_wait() -> None:
    made = scheduler(A, B)
    scanners = [scanner(A), scanner(B, source="garage")]
    assert read(made.decide(0.0, scanners)) == [A, B]


def test_a_battery_that_waits_becomes_the_most_urgent() -> None:
    made = scheduler(stagger=0.0)
    add(made, A, 0.0, 10.0)
    add(made, B, 0.0, 600.0)
    where = scanner(A, B, slots=1)
    served = []
    for second in range(0, 1300, 10):
        decision = made.decide(float(second), [where])
        served += read(decision)
        for order in decision.read:
            made.apply(order.address, Read(seconds=10.0), second + 10.0)
            made.decide(second + 10.0, [where])
            made.apply(order.address, Released(), 0.0)
    assert served.count(B) >= 2


def test_the_last_slot_of_a_shared_scanner_is_left_alone() -> None:
    made = scheduler(A, B)
    assert read(made.decide(0.0, [scanner(A, B, others=1)])) == [A]
    waiting = made.decide(5.0, [scanner(A, B, others=1, ours=[A])])
    assert waiting.read == ()
    assert waiting.again == 6.0


def test_the_reserve_is_a_setting_and_never_all_of_a_scanner() -> None:
    assert scheduler(A, reserve=0).decide(0.0, [scanner(A, others=2)]).read
    assert not scheduler(A).decide(0.0, [scanner(A, others=2)]).read
    made = scheduler(A)
    assert not made.decide(0.0, [scanner(A, slots=1, others=1)]).read
    assert made.decide(1.0, [scanner(A, slots=1)]).read


def test_old_data_let_a_battery_borrow_a_reserved_slot_for_one_read() -> None:
    made = scheduler(A, B, stagger=0.0, keeps=True)
    crowded = scanner(A, B, others=2)
    assert made.decide(BORROW * 30 - 1, [crowded]).read == ()
    assert read(made.decide(BORROW * 30, [crowded])) == [A]
    assert made.batteries[A].borrows
    made.apply(A, Read(seconds=1.0), 61.0)
    # Nobody else meanwhile, and the link is not kept.
    taken = made.decide(61.0, [scanner(A, B, others=2, ours=[A])])
    assert taken.read == ()
    assert taken.release == (A,)
    made.apply(A, Released(), 0.0)
    assert read(made.decide(62.0, [crowded])) == [B]
    made.apply(B, Released(), 0.0)
    suspects(made, B)
    made.batteries[A].due = inf
    assert made.decide(1000.0, [crowded]).read == ()


def test_no_more_than_one_slot_is_borrowed() -> None:
    made = scheduler(A, reserve=2)
    assert made.decide(60.0, [scanner(A, others=2)]).read == ()
    assert read(made.decide(61.0, [scanner(A, others=1)])) == [A]


def test_no_connect_while_the_stack_may_take_a_slot_that_is_kept() -> None:
    made = scheduler(A)
    far = scanner(A, source="far", rssi=-70)
    # The near one has only its reserve left, but seems worse while somebody connects there.
    busy = scanner(A, others=2, connecting=1)
    assert Slots([busy, far], {}, (), 1).path(A) == "far"
    assert made.decide(0.0, [busy, far]).read == ()
    # One that is full is no danger, unless one of ours is about to leave it.
    full = scanner(A, others=2, ours=[B])
    add(made, B, 0.0, 30.0)
    made.batteries[B].phase, made.batteries[B].scanner = Phase.CLOSING, "hall"
    assert made.decide(1.0, [full, far]).read == ()
    made.batteries[B].phase = Phase.HELD
    made.batteries[B].due = inf
    (order,) = made.decide(1.0, [full, far]).read
    assert order.scanner == "far"


def test_an_attempt_of_ours_counts_once_against_its_scanner() -> None:
    near = scanner(A, connecting=1)
    far = Scanner(source="far", hears={A: Hearing(-77, 0.0)}, failures={A: 1})
    slots = Slots([near, far], {B: "hall"}, (), 1)
    assert slots.path(A) == "hall"
    slots.take("hall")
    assert slots.path(A) == "far"


def test_others_are_forgotten_after_a_while() -> None:
    made = scheduler(A, shared_for=100.0, interval=600.0)
    made.decide(0.0, [scanner(A, slots=2, others=2)])
    assert not made.decide(100.0, [scanner(A, slots=2, others=1)]).read
    assert made.decide(201.0, [scanner(A, slots=2)]).read


def test_a_link_of_ours_that_nobody_counts_yet_takes_its_slot() -> None:
    made = scheduler(A, B, stagger=0.0)
    assert read(made.decide(0.0, [scanner(A, B, slots=1)])) == [A]
    assert made.decide(0.1, [scanner(A, B, slots=1)]).read == ()


def test_the_path_is_the_one_that_the_stack_takes() -> None:
    near, far = scanner(A), scanner(A, source="far", rssi=-80)

    def path(*scanners: Scanner) -> str | None:
        return Slots(scanners, {}, (), 1).path(A)

    assert path(near, far) == "hall"
    assert path(scanner(A, others=3), far) == "far"
    assert path(scanner(A, others=2, connecting=1), far) == "far"
    twice = Scanner(source="hall", hears=near.hears, failures={A: 2})
    assert path(twice, far) == "far"
    assert path(scanner(A, connectable=False)) is None
    assert Slots([near, far], {}, (), 1).home(A) == "hall"
    assert Slots([], {}, (), 1).home(A) is None


def silent(*heard: str, failures: int = 0) -> Scanner:
    """Make the near scanner without power."""
    return replace(
        scanner(*heard), quiet_for=SILENT_AFTER, failures=dict.fromkeys(heard, failures)
    )


def test_a_silent_scanner_is_tried_while_the_stack_would_take_it_in_any_case() -> None:
    made = scheduler(A)
    far = scanner(A, source="far", rssi=-80)
    now = 0.0
    for failures in range(2):
        (order,) = made.decide(now, [silent(A, failures=failures), far]).read
        assert order.scanner == "hall"
        made.apply(A, Failed(failure=Failure.CONNECT), now := now + 5.0)
        # It is not the battery that failed, and the next try is closer to the other scanner.
        assert made.batteries[A].own_failures == 0
        assert made.batteries[A].retry_at == now + ASTRAY_PAUSE
        now += ASTRAY_PAUSE
    assert made.sick("hall")
    assert not made.sick("far")
    (order,) = made.decide(now, [silent(A, failures=2), far]).read
    assert order.scanner == "far"
    made.apply(A, Failed(failure=Failure.CONNECT), now)
    assert made.batteries[A].own_failures == 1


def test_a_silent_scanner_is_not_tried_when_waiting_for_another_one_helps() -> None:
    made = scheduler(A)
    busy = scanner(A, source="far", rssi=-80, connecting=1)
    gone = silent(A, failures=2)
    assert Slots([gone, busy], {}, (), 1).path(A) == "hall"
    assert made.decide(0.0, [gone, busy]).read == ()
    (order,) = made.decide(1.0, [gone, replace(busy, connecting=0)]).read
    assert order.scanner == "far"


def test_a_quiet_scanner_that_connects_counts_failures_like_any_other() -> None:
    made = scheduler(A)
    far = scanner(A, source="far", rssi=-80)
    now, tries = 0.0, 0
    while now < 600:
        decision = made.decide(now, [silent(A), far])
        if decision.read:
            tries += 1
            # The stack counts no failure: the battery was connected.
            made.apply(A, Opened("hall"), 0.0)
            made.apply(A, Failed(failure=Failure.LOST), now := now + 2.0)
        else:
            now = max(now + 0.05, decision.again)
    assert made.batteries[A].own_failures == tries < 40


@rows(
    "other",
    [
        scanner(A, source="far", rssi=-80, slots=1),
        scanner(A, source="far", others=2),
        scanner(A, source="far", rssi=-50, others=3),
    ],
)
def test_a_silent_scanner_is_tried_when_waiting_for_the_other_one_is_no_use(
    other: Scanner,
) -> None:
    made = scheduler(A)
    gone = silent(A, failures=1 if other.free else 0)
    assert Slots([gone, other], {}, (), 1).path(A) == "hall"
    (order,) = made.decide(0.0, [gone, other]).read
    assert order.scanner == "hall"


def test_no_held_link_is_given_up_for_one_that_lacks_no_slot() -> None:
    made = scheduler(A, B, keeps=True)
    far = scanner(B, source="far", rssi=-80)
    serve(made, 0.0, far)
    made.apply(B, Opened("far"), 0.0)
    busy = scanner(A, B, source="far", rssi=-80, connecting=1, ours=[B])
    decision = made.decide(2.0, [silent(A, failures=2), busy])
    assert decision.read == decision.release == ()
    assert decision.again <= 3.0


def test_a_failure_at_a_scanner_that_nobody_knows_blames_none() -> None:
    made = scheduler(A)
    (order,) = made.decide(0.0, [scanner(A)]).read
    made.batteries[A].scanner = None
    made.apply(order.address, Failed(failure=Failure.CONNECT), 1.0)
    assert made.batteries[A].own_failures == 1
    assert not made.scanners


def test_a_scanner_that_hears_only_its_own_battery_is_not_sick() -> None:
    made = scheduler(A)
    made.decide(0.0, [silent(A), scanner(B, source="far")])
    assert not made.sick("hall")


@rows("others", [(), (replace(scanner(A, source="far"), quiet_for=99.0),)])
def test_where_all_scanners_are_silent_that_says_nothing(
    others: tuple[Scanner, ...],
) -> None:
    made = scheduler(A)
    where = [silent(A), *others]
    (order,) = made.decide(0.0, where).read
    made.apply(order.address, Failed(failure=Failure.CONNECT), 5.0)
    assert made.batteries[A].own_failures == 1


def test_a_link_stays_open_while_slots_are_spare() -> None:
    made = scheduler(A, keeps=True)
    serve(made, 0.0, scanner(A))
    assert made.decide(1.0, [scanner(A, ours=[A])]).release == ()
    decision = made.decide(30.0, [scanner(A, ours=[A])])
    assert decision.read == (Order(address=A, scanner="hall", open=True, gentle=False),)


@rows(
    ("where", "interval", "keeps"),
    [
        (scanner(A, ours=[A]), 600.0, True),
        (scanner(A, ours=[A]), 30.0, False),
        (scanner(A, source="other", ours=[A]), 30.0, True),
        (scanner(A, B, slots=1, ours=[A]), 30.0, True),
        (scanner(A, B, slots=2, others=1, ours=[A]), 30.0, True),
    ],
)
def test_a_link_is_closed_when_it_does_not_pay(
    where: Scanner, interval: float, keeps: bool
) -> None:
    made = scheduler(A, keeps=keeps, interval=interval)
    serve(made, 0.0, scanner(A))
    add(made, B, 0.0, 30.0)
    made.batteries[B].due = 20.0
    assert made.decide(1.0, [where]).release == (A,)


def test_a_held_link_makes_room_for_those_that_wait() -> None:
    made = scheduler(A, B, keeps=True)
    serve(made, 0.0, scanner(A, B, slots=2))
    serve(made, 1.0, scanner(A, B, slots=2, ours=[A]))
    assert made.decide(2.5, [scanner(A, B, slots=2, ours=[A, B])]).release == ()
    add(made, C, 3.0, 30.0)
    crowded = made.decide(3.0, [scanner(A, B, C, slots=2, ours=[A, B])])
    assert crowded.release == (B, A)
    assert made.decide(3.1, [scanner(A, B, C, slots=2, ours=[A, B])]).release == ()
    made.apply(A, Released(), 0.0)
    made.apply(B, Released(), 0.0)
    serve(made, 4.0, scanner(A, B, C, slots=2))
    # Nobody keeps a link here for a while.
    assert made.decide(5.0, [scanner(A, B, C, slots=2, ours=[C])]).release == (C,)
    made.remove(B)
    made.apply(C, Released(), 0.0)
    serve(made, 5.0 + CROWDED, scanner(A, C, slots=3))
    made.decide(7.0 + CROWDED, [scanner(A, C, slots=3, ours=[A])])
    assert made.batteries[A].kept


def test_those_that_wait_do_not_take_a_link_while_a_slot_comes_back() -> None:
    made = scheduler(A, keeps=True)
    serve(made, 0.0, scanner(A, slots=2))
    made.decide(1.0, [scanner(A, slots=2, ours=[A])])
    add(made, B, 2.0, 30.0)
    add(made, C, 2.0, 40.0)
    made.batteries[C].due = 3.0
    made.decide(2.0, [scanner(A, B, C, slots=2, ours=[A])])
    assert made.batteries[B].phase is Phase.READING
    assert made.decide(3.0, [scanner(A, B, C, slots=2, ours=[A, B])]).release == ()
    late = made.decide(14.0, [scanner(A, B, C, slots=2, ours=[A, B])])
    assert late.release == (A,)


def test_a_held_link_elsewhere_makes_no_room_here() -> None:
    made = scheduler(A, keeps=True)
    serve(made, 0.0, scanner(A, source="garage"))
    garage = scanner(A, source="garage", ours=[A])
    made.decide(1.0, [garage])
    add(made, B, 2.0, 30.0)
    decision = made.decide(2.0, [garage, scanner(B, others=3)])
    assert decision.release == ()
    assert decision.read == ()


def test_a_held_link_that_breaks_is_no_failure() -> None:
    made = scheduler(A, keeps=True)
    serve(made, 0.0, scanner(A))
    made.decide(1.0, [scanner(A, ours=[A])])
    made.apply(A, Closed(), 1.5)
    assert made.batteries[A].own_failures == 0
    order = made.decide(30.0, [scanner(A)]).read[0]
    assert not order.open


def test_pauses_grow_to_a_limit_and_end_with_success() -> None:
    made = scheduler(A, longest_pause=100.0)
    now, pauses = 1000.0, []
    made.batteries[A].read_at = 0.0
    for _ in range(8):
        pauses.append(fail(made, now, scanner(A), Failure.SILENT))
        now += pauses[-1]
    assert pauses == [7.5, 15.0, 30.0, 60.0, 100.0, 100.0, 100.0, 100.0]
    assert made.decide(now, [scanner(A)]).read[0].gentle
    made.apply(A, Read(seconds=1.0), now)
    assert made.batteries[A].own_failures == 0


def test_pauses_are_no_longer_than_a_third_of_the_outage() -> None:
    made = scheduler(A)
    now = 0.0
    for _ in range(20):
        pause = fail(made, now, scanner(A), Failure.SILENT)
        assert pause <= max(7.5, now / 3)
        now += pause
    assert pause == 300.0


def test_pauses_vary_so_that_failures_do_not_march_in_step() -> None:
    for chance, pause in ((0.0, 7.5 * 0.75), (1.0, 7.5 * 1.25)):
        made = Scheduler(lambda chance=chance: chance)
        add(made, A, 0.0, 30.0)
        assert fail(made, 0.0, scanner(A), Failure.SILENT) == pause


def test_a_battery_that_connects_again_is_soon_tried_again() -> None:
    made = scheduler(A)
    now = 10_000.0
    made.batteries[A].read_at = 0.0
    for _ in range(6):
        now += fail(made, now, scanner(A), Failure.CONNECT)
    assert fail(made, now, scanner(A), Failure.SILENT) == 7.5
    assert fail(made, now + 7.5, scanner(A), Failure.SILENT) == 15.0
    assert made.batteries[A].own_failures == 8


@rows("failure", [Failure.AUTH, Failure.UNSUPPORTED])
def test_what_time_does_not_heal_is_tried_rarely(failure: Failure) -> None:
    assert fail(scheduler(A), 0.0, scanner(A), failure) == 300.0


def test_a_missing_slot_is_not_the_batterys_fault() -> None:
    made = scheduler(A)
    assert fail(made, 0.0, scanner(A), Failure.NO_SLOT) == NO_SLOT_PAUSE
    assert made.batteries[A].own_failures == 0
    assert made.batteries[A].quality.polls == 0


def test_somebody_elses_battery_is_tried_regularly() -> None:
    made = scheduler(A)
    made.batteries[A].read_at = 0.0
    now = 1000.0
    for _ in range(8):
        made.apply(A, Advert(-60, "hall"), now)
        made.apply(A, Looked(HEARD), now)
        pause = fail(made, now, scanner(A), Failure.CONNECT)
        now += pause
    assert pause == 30.0
    assert made.batteries[A].state(now) is LinkState.HELD
    assert made.decide(now, [scanner(A)]).read[0].gentle


def suspects(made: Scheduler, *addresses: str) -> None:
    for address in addresses:
        made.batteries[address].own_failures = 3
        made.batteries[address].read_at = -1000.0


def test_those_that_fail_stand_behind_and_one_at_a_time() -> None:
    made = scheduler(A, B, C, D, stagger=0.0)
    suspects(made, A, B)
    heard = (A, B, C, D)
    assert read(made.decide(0.0, [scanner(*heard, slots=4)])) == [C, D, A]
    assert made.decide(1.0, [scanner(*heard, slots=4, ours=[A, C, D])]).read == ()
    made.apply(A, Failed(failure=Failure.SILENT), 2.0)
    assert read(made.decide(2.0, [scanner(*heard, slots=4, ours=[C, D])])) == [B]


def test_those_that_fail_get_their_turn_after_a_while() -> None:
    made = scheduler(A, stagger=0.0, patience=60.0)
    suspects(made, A)
    add(made, B, 59.0, 30.0)
    assert read(made.decide(59.0, [scanner(A, B, slots=1)])) == [B]
    made.apply(B, Released(), 0.0)
    assert read(made.decide(61.0, [scanner(A, B, slots=1)])) == [A]


def test_when_a_scanner_fails_for_all_the_first_success_brings_all_back() -> None:
    made = scheduler(A, B, C, stagger=0.0)
    where = scanner(A, B, C)
    now = 1000.0
    for _ in range(6):
        decision = made.decide(now, [where])
        for order in decision.read:
            made.apply(order.address, Failed(failure=Failure.CONNECT), now)
        now += 30.0
    assert made.sick("hall")
    assert not made.sick("garage")
    assert made.batteries[A].quality.share == 0.0
    assert not made.sick(None)
    assert all(pack.retry_at <= now for pack in made.batteries.values())
    made.batteries[B].retry_at = made.batteries[C].retry_at = inf
    made.batteries[C].failed_at = "garage"
    assert read(made.decide(now, [where])) == [A]
    made.apply(A, Read(seconds=1.0), now)
    assert not made.sick("hall")
    assert read(made.decide(now, [where])) == [B]
    assert made.batteries[C].retry_at == inf
    assert made.scanners["hall"].share is not None


def test_one_battery_that_fails_makes_no_scanner_sick() -> None:
    made = scheduler(A, B, stagger=0.0)
    now = 1000.0
    made.decide(now, [scanner(A, B)])
    made.apply(A, Failed(failure=Failure.CONNECT), now)
    made.apply(B, Read(seconds=1.0), now)
    assert made.batteries[A].own_failures == 1


def test_a_pause_of_the_user() -> None:
    made = scheduler(A, B, keeps=True, stagger=0.0)
    serve(made, 0.0, scanner(A, B, slots=4))
    made.decide(1.0, [scanner(A, B, slots=4, ours=[A, B])])
    made.apply(A, Paused(60.0), 0.0)
    made.apply(B, Paused(), 0.0)
    assert not made.apply(A, Asked(), 0.0)
    decision = made.decide(2.0, [scanner(A, B, slots=4, ours=[A, B])])
    assert decision.release == (A, B)
    made.apply(A, Released(), 0.0)
    made.apply(B, Released(), 0.0)
    assert made.decide(31.0, [scanner(A, B)]) == Decision(
        read=(), release=(), again=60.0
    )
    assert read(made.decide(60.0, [scanner(A, B)])) == [A]
    made.apply(B, Resumed(), 61.0)
    assert read(made.decide(61.0, [scanner(A, B, ours=[A])])) == [B]


def test_a_pause_in_the_middle_of_a_read() -> None:
    made = scheduler(A)
    made.decide(0.0, [scanner(A)])
    made.apply(A, Paused(100.0), 0.0)
    assert made.decide(0.5, [scanner(A, ours=[A])]).release == (A,)
    made.apply(A, Failed(failure=Failure.LOST), 0.6)
    assert made.batteries[A].own_failures == 0
    assert made.batteries[A].phase is Phase.CLOSED
    made.apply(A, Resumed(), 1.0)
    made.decide(1.0, [scanner(A)])
    made.apply(A, Paused(), 0.0)
    made.decide(1.5, [scanner(A, ours=[A])])
    made.apply(A, Read(seconds=1.0), 1.6)
    assert made.batteries[A].phase is Phase.CLOSING


def test_a_battery_is_tried_after_a_release_although_it_was_silent() -> None:
    """While an app has it, it does not advertise: that is no sleep."""
    made = scheduler(A)
    asleep(made, A, 500.0)
    made.apply(A, Paused(600.0), 500.0)
    assert made.decide(501.0, [scanner(A)]).read == ()
    assert read(made.decide(600.0, [scanner(A)])) == [A]
    made.apply(A, Failed(failure=Failure.CONNECT), 620.0)
    assert made.batteries[A].state(700.0) is LinkState.ASLEEP
    assert made.decide(700.0, [scanner(A)]).read == ()
    made.apply(A, Paused(), 700.0)
    made.apply(A, Resumed(), 800.0)
    assert read(made.decide(800.0, [scanner(A)])) == [A]


def test_refresh_goes_first() -> None:
    made = scheduler(A, B)
    serve(made, 0.0, scanner(A, B))
    made.decide(1.0, [scanner(A, B)])
    made.apply(A, Released(), 0.0)
    suspects(made, A)
    asleep(made, A, 2.0)
    assert made.apply(A, Asked(), 2.0)
    assert read(made.decide(2.0, [scanner(A, B)])) == [A]
    made.apply(A, Read(seconds=1.0), 2.0)
    assert not made.batteries[A].urgent
    assert made.batteries[A].state(2.0) is not LinkState.ASLEEP


def test_a_sleeping_battery_is_left_alone_and_read_when_it_wakes() -> None:
    made = scheduler(A)
    asleep(made, A, 0.0)
    assert made.decide(0.0, [scanner(A)]) == Decision(read=(), release=(), again=LOOK)
    assert made.apply(A, Advert(-60, "hall"), 10.0)
    assert read(made.decide(10.0, [scanner(A)])) == [A]
    made.apply(A, Failed(failure=Failure.SILENT), 11.0)
    made.apply(A, Reached(), 10.0 + WAKE_EVERY - 1)
    assert made.batteries[A].own_failures == 1
    made.apply(A, Reached(), 10.0 + WAKE_EVERY)
    assert made.batteries[A].own_failures == 0
    made.apply(A, Advert(-60, "hall"), 10.0 + WAKE_EVERY)
    made.decide(10.0 + WAKE_EVERY, [scanner(A)])
    made.apply(A, Reached(), 10.0 + 2 * WAKE_EVERY)
    assert made.batteries[A].phase is Phase.READING


def test_a_battery_that_is_heard_again_is_tried_at_once() -> None:
    made = scheduler(A)
    now = 1000.0
    made.batteries[A].read_at = 0.0
    for _ in range(6):
        now += fail(made, now, scanner(A), Failure.CONNECT)
    made.decide(now - 100.0, [])
    assert read(made.decide(now, [scanner(A)])) == [A]
    made.apply(A, Read(seconds=1.0), now + 1)
    made.decide(now + 1, [scanner(A)])
    made.apply(A, Released(), 0.0)
    made.decide(now + 2, [])
    # Its plan is no worse for a gap in the adverts.
    assert made.decide(now + 3, [scanner(A)]).read == ()


def test_an_unbelievable_sample_is_checked_soon() -> None:
    made = scheduler(A, keeps=True)
    made.decide(0.0, [scanner(A)])
    made.apply(A, Doubted(seconds=1.0), 1.0)
    assert made.batteries[A].read_at is None
    decision = made.decide(1.0 + DOUBT_PAUSE, [scanner(A, ours=[A])])
    assert decision.read[0].open


def test_a_battery_that_goes_on_lying_gets_no_more_turns() -> None:
    made = scheduler(A)
    for now, due in ((0.0, 1.0 + DOUBT_PAUSE), (3.0, 33.0)):
        made.decide(now, [scanner(A)])
        made.apply(A, Doubted(seconds=1.0), now + 1)
        assert made.batteries[A].due == due
        made.decide(now + 1, [scanner(A)])
        made.apply(A, Released(), 0.0)


def test_what_a_sick_scanner_forgets_of_a_battery_that_is_gone() -> None:
    made = scheduler(A, B, stagger=0.0)
    for address in (A, B):
        made.decide(1000.0, [scanner(A, B)])
        made.apply(address, Failed(failure=Failure.CONNECT), 1000.0)
    assert made.sick("hall")
    made.remove(A)
    assert not made.sick("hall")


def test_a_report_that_nobody_ordered_concerns_no_scanner() -> None:
    made = scheduler(A)
    made.apply(A, Failed(failure=Failure.CONNECT), 1.0)
    assert not made.scanners
    made.apply(A, Read(seconds=1.0), 2.0)
    assert not made.scanners
    assert made.batteries[A].phase is Phase.CLOSED


def test_an_interval_that_cannot_be_kept_is_raised() -> None:
    made = scheduler(A, interval=5.0)
    now = 0.0
    for _ in range(5):
        assert made.batteries[A].raised is None
        serve(made, now, scanner(A), seconds=8.0)
        made.decide(now + 8.0, [scanner(A)])
        made.apply(A, Released(), 0.0)
        now += 10.0
    assert made.batteries[A].raised == Raised(5.0, 10.0)
    assert made.batteries[A].effective == 10.0
    made.apply(A, Paced(interval=30.0), 0.0)
    assert made.batteries[A].raised is None


def test_a_new_interval_counts_from_the_last_read() -> None:
    made = scheduler(A)
    made.apply(A, Paced(interval=60.0), 0.0)
    assert made.batteries[A].due == 0.0
    serve(made, 0.0, scanner(A))
    made.apply(A, Paced(interval=10.0), 0.0)
    assert made.batteries[A].due == 10.0
    made.apply(A, Paced(interval=10.0), 0.0)


def test_a_battery_that_was_removed_reports_into_the_void() -> None:
    made = scheduler(A, B, stagger=0.0)
    made.decide(0.0, [scanner(A, B)])
    made.apply(A, Failed(failure=Failure.CONNECT), 1.0)
    made.remove(A)
    made.remove(A)
    made.apply(A, Opened("hall"), 0.0)
    made.apply(A, Read(seconds=1.0), 1.0)
    made.apply(A, Doubted(seconds=1.0), 1.0)
    made.apply(A, Failed(failure=Failure.LOST), 1.0)
    made.apply(A, Released(), 0.0)
    made.apply(A, Released(), 0.0)
    assert not made.apply(A, Advert(-60, "hall"), 1.0)
    assert list(made.batteries) == [B]


def test_a_visit_goes_when_no_battery_needs_the_slot() -> None:
    made = scheduler(A, stagger=0.0)
    visit = made.visits.ask(C, 0.0)
    where = scanner(A, C, slots=1)
    decision = made.decide(0.0, [where])
    assert read(decision) == [A]
    assert decision.visits == ()
    assert decision.again == 1.0
    made.apply(A, Read(seconds=1.0), 1.0)
    made.decide(1.0, [where])
    made.apply(A, Released(), 0.0)
    assert made.decide(1.1, [where]).visits == (visit,)
    assert visit.scanner == "hall"
    # Its slot is taken, before and while the scanner counts it.
    assert made.decide(30.0, [where]).read == ()
    assert made.decide(31.0, [scanner(A, C, slots=1, ours=[C])]).read == ()
    made.visits.end(visit, 32.0)
    assert read(made.decide(32.0, [where])) == [A]


def test_a_visit_is_no_stranger_at_its_scanner() -> None:
    made = scheduler(A)
    assert made.batteries[A].quality.share is None
    visit = made.visits.ask(C, 0.0)
    assert made.visits.addresses == {C}
    made.batteries[A].due = 10.0
    made.decide(0.0, [scanner(A, C, slots=2)])
    made.decide(5.0, [scanner(A, C, slots=2, ours=[C])])
    made.visits.end(visit, 6.0)
    assert read(made.decide(10.0, [scanner(A, C, slots=2, ours=[C])])) == [A]
    # One that is still connected when all of ours is long over belongs to somebody else.
    made.apply(A, Released(), 0.0)
    made.batteries[A].due = 50.0
    assert made.decide(50.0, [scanner(A, C, slots=2, ours=[C])]).read == ()


def test_a_visit_waits_for_a_scanner_that_hears_its_device_and_leaves_the_reserve() -> (
    None
):
    made = scheduler()
    visit = made.visits.ask(C, 0.0)
    for where in (scanner(A), scanner(C, connectable=False)):
        assert made.decide(0.0, [where]).visits == ()
        assert not visit.heard
    assert made.decide(60.0, [scanner(C, others=2)]).visits == ()
    assert visit.heard
    assert made.decide(61.0, [scanner(C, others=1)]).visits == (visit,)


def test_few_visits_at_a_time() -> None:
    made = scheduler()
    ask = made.visits.ask
    first, same, beside = ask(A, 0.0), ask(A, 0.0), ask(B, 0.0)
    second, third = ask(C, 0.0), ask(D, 0.0)
    scanners = [
        scanner(A, B),
        scanner(A, C, source="garage", rssi=-70),
        scanner(D, source="shed"),
    ]
    assert made.decide(0.0, scanners).visits == (first, second)
    assert made.decide(60.0, scanners).visits == ()
    made.visits.end(second, 60.0)
    # The same device through another scanner, or the same scanner for another device: neither.
    assert made.decide(61.0, scanners).visits == (third,)
    made.visits.end(first, 62.0)
    assert made.decide(63.0, scanners).visits == (same,)
    made.visits.end(same, 64.0)
    assert made.decide(65.0, scanners).visits == (beside,)


def test_a_visit_that_waits_long_goes_between_two_batteries() -> None:
    made = scheduler(A, B, stagger=0.0)
    where = scanner(A, B, C, slots=1)
    visit = made.visits.ask(C, 0.0)
    assert read(made.decide(0.0, [where])) == [A]
    made.apply(A, Released(), 0.0)
    assert read(made.decide(PATIENCE, [where])) == []
    assert visit.scanner == "hall"
    made.visits.end(visit, 20.0)
    # After that, batteries that wait have the scanner for a while.
    made.visits.ask(C, 0.0)
    for now in (20.0, 20.0 + REST - 1):
        (name,) = read(made.decide(now, [where]))
        made.batteries[name].retry_at = -inf
        made.apply(name, Released(), 0.0)
    decision = made.decide(20.0 + REST, [where])
    assert decision.read == ()
    assert len(decision.visits) == 1


def test_visits_and_connects_are_staggered() -> None:
    made = scheduler()
    visit = made.visits.ask(C, 0.0)
    where = [scanner(A, B, C, slots=4)]
    made.decide(0.0, where)
    add(made, A, 0.1, 30.0)
    assert made.decide(0.1, where).read == ()
    assert read(made.decide(0.5, where)) == [A]
    made.visits.end(visit, 0.6)
    late = made.visits.ask(C, 0.6)
    assert made.decide(0.7, where).visits == ()
    assert made.decide(1.0, where).visits == (late,)


def test_a_visit_that_lasts_leaves_when_a_battery_waits() -> None:
    made = scheduler(A)
    made.batteries[A].due = 1000.0
    visit = made.visits.ask(C, 0.0)
    where = scanner(A, C, slots=1)
    made.decide(0.0, [where])
    assert made.decide(999.0, [where]).leave == ()
    assert made.decide(1000.0, [where]).leave == (visit,)
    assert made.decide(1001.0, [where]).leave == ()


def test_a_battery_waits_for_a_visit_that_is_short() -> None:
    made = scheduler(A)
    made.batteries[A].due = 1.0
    visit = made.visits.ask(C, 0.0)
    where = scanner(A, C, slots=1)
    made.decide(0.0, [where])
    assert made.decide(LASTS - 1, [where]).leave == ()
    assert made.decide(LASTS, [where]).leave == (visit,)


def test_a_visit_that_somebody_watches_takes_its_time() -> None:
    made = scheduler(A)
    made.batteries[A].due = 1.0
    visit = made.visits.ask(C, 0.0, watched=True)
    where = scanner(A, C, slots=1)
    made.decide(0.0, [where])
    assert made.decide(WATCHED_LASTS - 1, [where]).leave == ()
    assert made.decide(WATCHED_LASTS, [where]).leave == (visit,)


def test_a_visit_that_somebody_watches_may_have_the_slot_that_is_kept() -> None:
    made = scheduler()
    other = made.visits.ask(C, 0.0)
    watched = made.visits.ask(D, 0.0, watched=True)
    assert made.decide(0.0, [scanner(C, D, others=3)]).visits == ()
    assert made.decide(60.0, [scanner(C, D, others=2)]).visits == (watched,)
    made.visits.end(watched, 61.0)
    assert made.decide(120.0, [scanner(C, D, others=2)]).visits == ()
    assert made.decide(121.0, [scanner(C, D, others=1)]).visits == (other,)


def test_visits_that_somebody_watches_go_beside_each_other_where_no_battery_waits() -> (
    None
):
    made = scheduler(A)
    made.batteries[A].due = 100.0
    ask, where = made.visits.ask, scanner(A, B, C, D)
    first, second = ask(B, 0.0, watched=True), ask(C, 0.0, watched=True)
    assert made.decide(0.0, [where]).visits == (first,)
    assert made.decide(0.4, [where]).visits == ()
    assert made.decide(0.5, [where]).visits == (second,)
    made.visits.end(second, 1.0)
    ask(C, 1.0)
    assert made.decide(2.0, [where]).visits == ()


def test_no_visit_goes_beside_another_one_where_a_battery_waits() -> None:
    made = scheduler(A)
    made.batteries[A].due = 2 * PATIENCE
    ask, where = made.visits.ask, scanner(A, B, C, others=1)
    first = ask(B, 0.0, watched=True)
    assert made.decide(0.0, [where]).visits == (first,)
    second = ask(C, 1.0, watched=True)
    # The slot that is left is kept for others.
    decision = made.decide(2 * PATIENCE, [where])
    assert decision.read == decision.visits == ()
    made.visits.end(first, 2 * PATIENCE)
    decision = made.decide(2 * PATIENCE + 1, [where])
    assert read(decision) == [A]
    assert decision.visits == ()
    assert made.decide(2 * PATIENCE + 2, [where]).visits == (second,)


def test_a_held_link_makes_room_for_a_visit() -> None:
    made = scheduler(A, keeps=True)
    serve(made, 0.0, scanner(A, slots=1))
    held = scanner(A, C, slots=1, ours=[A])
    assert made.decide(1.0, [held]).release == ()
    visit = made.visits.ask(C, 2.0)
    assert made.decide(2.0, [held]).release == (A,)
    made.apply(A, Released(), 0.0)
    assert made.decide(3.0, [scanner(A, C, slots=1)]).visits == (visit,)


def test_a_visit_that_waits_for_another_to_end_waits_in_line() -> None:
    made = scheduler()
    for address in (A, B, C):
        made.visits.ask(address, 0.0)
    scanners = [scanner(A), scanner(B, source="garage"), scanner(C, source="shed")]
    assert len(made.decide(0.0, scanners).visits) == 2
    assert made.visits.waiting == []
    assert made.decide(1.0, scanners).again == 1.0 + LOOK


def test_a_visit_that_never_had_its_turn_ends() -> None:
    made = scheduler()
    made.visits.end(made.visits.ask(C, 0.0), 1.0)
    assert made.decide(1.0, [scanner(C)]).visits == ()


def crowd(
    slots: int, packs: int, others: int, loss: float, dead: int, end: float = 600.0
) -> sim.Scenario:
    """Make batteries near two scanners, one of which others use for a time."""
    return sim.Scenario(
        make=lambda: (
            [
                sim.SimScanner(
                    name="one", slots=slots, others=((end / 6, end * 2 / 3, others),)
                ),
                sim.SimScanner(name="two", slots=slots),
            ],
            [
                sim.SimPack(
                    name=f"pack {number}",
                    rssi={"one": -50 - number, "two": -70 + number},
                    interval=20.0 + 10 * number,
                    keeps=bool(number % 2),
                    refuses=((0.0, inf),) if number < dead else (),
                )
                for number in range(packs)
            ],
        ),
        seconds=end,
        loss=loss,
    )


SCENARIO = st.builds(
    crowd,
    slots=st.integers(1, 4),
    packs=st.integers(1, 10),
    others=st.integers(0, 3),
    loss=st.sampled_from((0.0, 0.05, 0.3)),
    dead=st.integers(0, 3),
    end=st.just(200.0),
)


def test_what_may_be_borrowed_anywhere_counts_as_borrowed() -> None:
    """A connect of another battery that ends just now lets the stack take the scanner without room."""
    world, _ = sim.simulate(
        crowd(slots=4, packs=5, others=1, loss=0, dead=2), "scheduled", 88
    )
    assert world.last_slot_taken == 0
    assert world.borrowed > 0


@settings(max_examples=30, deadline=None)
@given(SCENARIO, st.integers(0, 100))
def test_whatever_happens_slots_are_kept_to_and_none_leaks(
    scenario: sim.Scenario, seed: int
) -> None:
    world, driver = sim.simulate(scenario, "scheduled", seed)
    assert isinstance(driver, sim.Scheduled)
    assert driver.leaked() == 0
    assert all(one.busiest <= one.slots for one in world.scanners.values())
    shared = [one for one in world.scanners.values() if one.slots > 1]
    assert len(shared) < 2 or world.last_slot_taken == 0


# Some minutes after the last thing that happens in it there is nothing more to see.
ENDS = {
    "12 packs, 2 scanners of 3 slots": 600.0,
    "6 packs, 1 scanner of 1 slot": 600.0,
    "a dead pack at 1 slot": 1500.0,
    "a silent pack at 1 slot": 1500.0,
    "a pack answers every third time": 600.0,
    "one of two scanners dies": 1020.0,
    "two packs held by phones": 1020.0,
    "a near and a far scanner": 1020.0,
    "visits at 1 slot": 600.0,
    "visits at 2 scanners": 900.0,
    "visits that stay too long at 1 slot": 900.0,
    "others hold slots": 1220.0,
    "the only scanner dies twice": 1450.0,
    "three packs asleep": 1600.0,
}


def scenario(name: str) -> sim.Scenario:
    return replace(sim.SCENARIOS[name], seconds=ENDS.get(name, 3600.0))


@cache
def outcome(name: str) -> tuple[sim.World, sim.Scheduled]:
    world, driver = sim.simulate(scenario(name), "scheduled")
    assert isinstance(driver, sim.Scheduled)
    return world, driver


# Nobody but the one that the scenario is about may suffer.
EXEMPT = {
    "a pack answers every third time": {"pack 01"},
    "one of two scanners dies": {f"pack {number:02}" for number in range(1, 13, 2)},
}


@rows("name", sim.SCENARIOS)
def test_nobody_starves(name: str) -> None:
    world, driver = outcome(name)
    assert driver.leaked() == 0
    assert world.last_slot_taken == 0
    for pack in world.packs.values():
        if pack.name not in EXEMPT.get(name, ()):
            assert max(pack.ages) <= 3 * pack.interval, pack.name


# In the other scenarios no battery is ever lost, so none recovers.
FAULTS = (
    "a dead pack at 1 slot",
    "a silent pack at 1 slot",
    "the only scanner dies twice",
    "three packs asleep",
    "two packs held by phones",
)


@rows("name", FAULTS)
def test_after_a_fault_all_is_well_within_an_interval(name: str) -> None:
    # Without chance losses: they would be counted as the fault's.
    clean = replace(scenario(name), loss=0.0)
    world, _ = sim.simulate(clean, "scheduled")
    assert any(pack.recoveries for pack in world.packs.values())
    for pack in world.packs.values():
        assert all(after <= pack.interval + 5 for after in pack.recoveries), pack.name


@rows("name", [name for name in sim.SCENARIOS if "visits" in name])
def test_visits_get_their_turn(name: str) -> None:
    world, _ = outcome(name)
    for visitor in world.visitors:
        assert visitor.turned_away == 0
        assert len(visitor.waits) > 10
        assert max(visitor.waits) <= sim.VISIT_WITHIN


def test_a_bad_battery_gives_what_it_can() -> None:
    world, _ = outcome("a pack answers every third time")
    assert sim.percentile(world.packs["pack 01"].ages, 95) <= 3 * 30.0


def test_a_scanner_that_dies_delays_by_no_more_than_the_time_to_notice() -> None:
    world, _ = outcome("one of two scanners dies")
    assert max(max(pack.ages) for pack in world.packs.values()) <= 4 * 30.0
    assert sum(pack.lost for pack in world.packs.values()) == 0


def test_only_the_batteries_concerned_are_lost() -> None:
    for name, lost in (
        ("12 packs, 2 scanners of 3 slots", set()),
        ("three packs asleep", set()),
        ("two packs held by phones", {"pack 01", "pack 02"}),
        ("a dead pack at 1 slot", {"pack 6"}),
    ):
        world, _ = outcome(name)
        assert {pack.name for pack in world.packs.values() if pack.lost} == lost


def test_states_tell_what_happened() -> None:
    night, _ = outcome("three packs asleep")
    phone, _ = outcome("two packs held by phones")
    for pack in list(night.packs.values())[:3]:
        assert pack.states[LinkState.ASLEEP] * sim.LISTEN > 1000
    for pack in list(phone.packs.values())[:2]:
        assert pack.states[LinkState.HELD] * sim.LISTEN > 500
        assert pack.states[LinkState.ASLEEP] == 0


def test_each_case_of_the_house_is_compared_with_a_scenario() -> None:
    assert {case.baseline for case in share_cases.CASES.values()} <= {*sim.SCENARIOS}


def test_ours_is_better_than_what_others_do() -> None:
    name = "12 packs, 2 scanners of 3 slots"
    world, _ = outcome(name)
    oldest = max(max(pack.ages[120:]) for pack in world.packs.values())
    for way in ("held", "timers"):
        other, _ = sim.simulate(scenario(name), way)
        assert oldest < max(max(pack.ages[120:]) for pack in other.packs.values())
