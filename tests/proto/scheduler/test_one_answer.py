"""Whatever comes in whatever order: how a battery stands has one answer, and a wish is kept."""

from collections.abc import Callable
from math import inf
import pickle
from random import Random

from custom_components.mi_bms.proto.scheduler.battery import Battery
from custom_components.mi_bms.proto.scheduler.decision import Order
from custom_components.mi_bms.proto.scheduler.diagnosis import Cause, diagnose
from custom_components.mi_bms.proto.scheduler.events import (
    Advert,
    Asked,
    Closed,
    Cured,
    Doubted,
    Event,
    Failed,
    Learned,
    Lent,
    Looked,
    Opened,
    Paced,
    Paused,
    Reached,
    Read,
    Released,
    Restored,
    Resumed,
    Returned,
)
from custom_components.mi_bms.proto.scheduler.facts import ScannerReport, facts_of
from custom_components.mi_bms.proto.scheduler.link_state import (
    Coverage,
    Failure,
    LinkState,
    Phase,
)
from custom_components.mi_bms.proto.scheduler.schedule import Scheduler
from custom_components.mi_bms.proto.scheduler.slots import Hearing, Scanner

A = "A4:C1:38:00:00:01"
HALL = frozenset({"hall"})
NONE: frozenset[str] = frozenset()
BEGUN = 1000.0

# Words that say the same in a state and in a diagnosis.
SAME = {
    LinkState.PAUSED: Cause.PAUSED,
    LinkState.HELD: Cause.HELD,
    LinkState.ASLEEP: Cause.ASLEEP,
}


class House:
    """One battery, its scheduler, and what the user wished of it."""

    def __init__(self) -> None:
        self.now = BEGUN
        self.scheduler = Scheduler(lambda: 0.5)
        self.battery = Battery(address=A, interval=30.0, born=BEGUN, keeps=True)
        self.scheduler.add(self.battery, BEGUN)
        self.heard = True
        self.wish = -inf
        self.seen: set[LinkState | None] = set()
        self.ordered: set[LinkState | None] = set()

    def happen(self, event: Event) -> None:
        if isinstance(event, Paused):
            self.wish = event.until
        elif isinstance(event, Resumed):
            self.wish = -inf
        elif isinstance(event, Looked):
            self.heard = bool(event.coverage.hearing)
        self.scheduler.apply(A, event, self.now)

    def decide(self) -> tuple[Order, ...]:
        hears = {A: Hearing(-60, self.now)} if self.heard else {}
        scanner = Scanner(source="hall", hears=hears)
        return self.scheduler.decide(self.now, [scanner]).read

    def cause(self) -> Cause:
        reports = [ScannerReport(name="hall", rssi=-60 if self.heard else None)]
        facts = facts_of(self.battery, self.now, reports, has_password=False, reserve=0)
        return diagnose(facts).cause

    def check_telling(self) -> None:
        """Compare all that is told of the battery; telling it changes nothing."""
        before = pickle.dumps(self.battery)
        self.check_answers()
        assert pickle.dumps(self.battery) == before

    def check_answers(self) -> None:
        battery, now = self.battery, self.now
        state, cause = battery.state(now), self.cause()
        paused = now < self.wish
        assert (state is LinkState.PAUSED) == paused
        assert battery.paused == (self.wish == inf)
        for word, same in SAME.items():
            assert (state is word) == (cause is same), (state, cause)
        ready = battery.ready_at(now) <= now
        assert not (ready and (paused or now < battery.lent_until))
        if state is LinkState.ASLEEP and not battery.urgent:
            assert battery.ready_at(now) >= min(inf, battery.lent_until)
            assert not ready
        if battery.available(now):
            assert battery.read_at is not None
            fresh = now - battery.read_at < battery.grace or now < battery.kept_until
            assert fresh or state in {LinkState.ASLEEP, None}
        elif state is LinkState.ASLEEP:
            # Its values were lost before, and nobody has read it since.
            assert battery.read_at is None or battery.there is False
        assert battery.rank(now, 300.0) == battery.rank(now, 300.0)

    def check_orders(self) -> None:
        """Compare what the scheduler does with what was told."""
        battery, now = self.battery, self.now
        state, asked = battery.state(now), battery.urgent
        alone = now < max(self.wish, battery.lent_until)
        ended = battery.lent_until <= now < inf and battery.lent_until > -inf
        orders = self.decide()
        self.seen.add(state)
        self.ordered |= {state} if orders else set()
        if alone:
            assert not orders
            assert battery.phase in {Phase.CLOSED, Phase.CLOSING}
        if state is LinkState.ASLEEP and not asked and not ended:
            assert not orders
        if state is LinkState.HELD:
            assert all(order.gentle for order in orders)
        assert battery.due > -inf


SPANS = (0.0, 0.5, 1.0, 5.0, 12.0, 31.0, 61.0, 130.0, 200.0, 4000.0, 50_000.0)
ALL = Coverage(working=HALL, hearing=HALL, connecting=HALL)
COVERAGE = (
    ALL,
    ALL,
    Coverage(working=HALL, hearing=HALL, connecting=HALL, troubled=True),
    Coverage(working=HALL, hearing=HALL),
    Coverage(working=HALL),
    Coverage(),
)
# What happens, and how often beside the others.
EVENTS: tuple[tuple[int, Callable[[Random, float], Event]], ...] = (
    (6, lambda chance, _: Advert(chance.choice((-60, -60, -90)), "hall")),
    (6, lambda chance, _: Looked(chance.choice(COVERAGE))),
    (4, lambda chance, _: Read(seconds=1.0, idle=chance.random() < 0.5)),
    (6, lambda _chance, _: Failed(failure=Failure.CONNECT)),
    (2, lambda chance, _: Failed(failure=chance.choice(list(Failure)))),
    (1, lambda _chance, _: Doubted(seconds=1.0)),
    (1, lambda _chance, _: Opened("hall")),
    (2, lambda _chance, _: Closed()),
    (3, lambda _chance, _: Released()),
    (1, lambda chance, now: Paused(now + chance.choice((300.0, 3000.0, inf)))),
    (1, lambda _chance, _: Resumed()),
    (1, lambda chance, now: Lent(now + chance.choice((20.0, 600.0)))),
    (1, lambda _chance, _: Returned()),
    (1, lambda _chance, _: Asked()),
    (1, lambda chance, _: Paced(interval=chance.choice((30.0, 60.0)), grace=600.0)),
    (1, lambda _chance, _: Cured()),
    (1, lambda _chance, _: Reached()),
    (1, lambda _chance, _: Learned({"talk": (60.0, 20), "naps": (7000.0, 3)})),
    (1, lambda chance, _: Restored(age=60.0, idle=chance.random() < 0.5)),
)
WEIGHTS, MAKERS = zip(*EVENTS, strict=True)


def tell(seed: int) -> House:
    """Let some hundred things happen to a battery, and check after each."""
    chance, house = Random(seed), House()
    for _ in range(150):
        # Most of what happens, happens soon.
        house.now += chance.choice(SPANS[:6] if chance.random() < 0.8 else SPANS)
        if house.wish <= house.now:
            house.wish = -inf
            house.decide()
        house.check_answers()
        (make,) = chance.choices(MAKERS, WEIGHTS)
        event, state = make(chance, house.now), house.battery.state(house.now)
        house.happen(event)
        house.check_telling()
        if isinstance(event, Lent | Returned | Asked):
            # A form of ours is no wish of the user, and asking is no news of the battery.
            assert house.battery.state(house.now) is state
        house.check_orders()
        house.check_answers()
    return house


def test_all_who_ask_get_one_answer() -> None:
    houses = [tell(seed) for seed in range(12)]
    # The stories were long enough to tell something.
    for state in SAME:
        assert sum(state in house.seen for house in houses) >= 6, state
    assert sum(LinkState.HELD in house.ordered for house in houses) >= 2


def test_the_end_of_a_form_does_not_end_a_pause() -> None:
    house = House()
    house.happen(Lent(BEGUN + 600.0))
    house.happen(Paused())
    house.happen(Returned())
    house.happen(Asked())
    assert house.battery.state(BEGUN) is LinkState.PAUSED
    assert house.decide() == ()


def test_a_form_that_is_forgotten_does_not_stop_a_battery_for_good() -> None:
    house = House()
    house.happen(Lent(BEGUN + 600.0))
    assert house.decide() == ()
    house.now = BEGUN + 600.0
    assert [order.address for order in house.decide()] == [A]


def test_the_end_of_a_pause_does_not_take_the_battery_from_a_form() -> None:
    house = House()
    house.happen(Paused(BEGUN + 60.0))
    house.happen(Lent(BEGUN + 600.0))
    house.happen(Resumed())
    assert house.battery.state(BEGUN) is None
    assert house.decide() == ()
    house.happen(Returned())
    assert [order.address for order in house.decide()] == [A]
