"""What goes wrong in each measured run, and when: a table of faults for ``tests.bench.share``."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

type Order = tuple[str, Mapping[str, Any]]  # path of the world's remote control, body

RESTART: Final = (
    "restart"  # an order to the runner itself: end Home Assistant, start it again
)

CLOCK: Final = "clock"  # an order to the runner itself: shift Home Assistant's clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Hold one fault; times are seconds from the start of the measurement.

    ``cut``: addresses that nobody can read meanwhile; for all others nothing may be seen of it.
    ``shows``: what the connection of these has to be called before the fault ends.
    """

    title: str
    begin: float
    end: float
    start: tuple[Order, ...]
    stop: tuple[Order, ...] = ()
    cut: tuple[str, ...] = ()
    shows: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Hold one run: a scenario file, its faults, and what the pure simulation calls the same world.

    ``clock``: the wall clock of Home Assistant can be shifted. It lasts ``minutes`` unless told otherwise.
    """

    scenario: str
    faults: tuple[Fault, ...] = ()
    baseline: str
    clock: bool = False
    minutes: float = 5.0


def _proxy(name: str, action: str, **more: Any) -> Order:
    return "/proxy", {"name": name, "action": action, **more}


def _fault(address: str, **faults: Any) -> Order:
    return "/fault", {"address": address, "faults": faults}


def _jbd(world: int, number: int) -> str:
    return f"A5:C2:37:00:{world}:{number:02}"


ONE_SLOT: Final = tuple(_jbd(13, number) for number in range(1, 7))
SLEEPERS: Final = tuple(_jbd(15, number) for number in range(1, 4))
HELD: Final = _jbd(12, 1)
DEAF: Final = _jbd(12, 2)

CASES: Final[Mapping[str, Case]] = {
    "twelve": Case(scenario="twelve", baseline="12 packs, 2 scanners of 3 slots"),
    "one_slot": Case(scenario="one_slot", baseline="6 packs, 1 scanner of 1 slot"),
    "proxy_dies": Case(
        scenario="twelve",
        faults=(
            Fault(
                title="one of two proxies without power",
                begin=60,
                end=180,
                start=(_proxy("garage", "stop"),),
                stop=(_proxy("garage", "start"),),
            ),
        ),
        baseline="one of two scanners dies",
    ),
    "half_open": Case(
        scenario="twelve",
        faults=(
            Fault(
                title="one of two proxies without power, nobody is told",
                begin=60,
                end=200,
                start=(_proxy("garage", "freeze"),),
                stop=(_proxy("garage", "thaw"),),
            ),
        ),
        baseline="one of two scanners dies",
    ),
    "clock": Case(
        scenario="twelve",
        faults=(
            Fault(
                title="the clock is 20 min ahead",
                begin=40,
                end=110,
                start=((CLOCK, {"seconds": 1200}),),
                stop=((CLOCK, {"seconds": 0}),),
            ),
            Fault(
                title="the clock is 20 min behind",
                begin=120,
                end=190,
                start=((CLOCK, {"seconds": -1200}),),
                stop=((CLOCK, {"seconds": 0}),),
            ),
            Fault(
                title="the clock is set by 3 s",
                begin=200,
                end=250,
                start=((CLOCK, {"seconds": 3}),),
                stop=((CLOCK, {"seconds": 0}),),
            ),
        ),
        baseline="12 packs, 2 scanners of 3 slots",
        clock=True,
    ),
    "only_dies": Case(
        scenario="one_slot",
        faults=(
            Fault(
                title="the only proxy without power",
                begin=60,
                end=220,
                start=(_proxy("hall", "stop"),),
                stop=(_proxy("hall", "start"),),
                cut=ONE_SLOT,
            ),
        ),
        baseline="the only scanner dies twice",
    ),
    "phone": Case(
        scenario="twelve",
        faults=(
            Fault(
                title="a phone holds one battery",
                begin=45,
                end=645,
                start=(_fault(HELD, held=True), ("/disconnect", {"address": HELD})),
                stop=(_fault(HELD, held=False),),
                cut=(HELD,),
                shows="held",
            ),
        ),
        baseline="two packs held by phones",
        minutes=12.0,
    ),
    "guests": Case(
        scenario="twelve",
        faults=(
            Fault(
                title="others hold two slots of one proxy",
                begin=60,
                end=200,
                start=(_proxy("kitchen", "occupy", slots=2),),
                stop=(_proxy("kitchen", "occupy", slots=0),),
            ),
            Fault(
                title="others hold all slots of one proxy",
                begin=200,
                end=260,
                start=(_proxy("kitchen", "occupy", slots=3),),
                stop=(_proxy("kitchen", "occupy", slots=0),),
            ),
        ),
        baseline="others hold slots",
    ),
    "third": Case(
        scenario="twelve",
        faults=(
            Fault(
                title="a battery answers one request in three",
                begin=30,
                end=240,
                start=(_fault(DEAF, write_loss=2 / 3),),
                stop=(_fault(DEAF, write_loss=0.0),),
                cut=(DEAF,),
            ),
        ),
        baseline="a pack answers every third time",
    ),
    "restart": Case(
        scenario="twelve",
        faults=(
            Fault(
                title="Home Assistant restarts",
                begin=100,
                end=100,
                start=((RESTART, {}),),
            ),
        ),
        baseline="12 packs, 2 scanners of 3 slots",
    ),
    "far_near": Case(
        scenario="far_near",
        faults=(
            Fault(
                title="the near proxy without power",
                begin=60,
                end=180,
                start=(_proxy("near", "stop"),),
                stop=(_proxy("near", "start"),),
            ),
        ),
        baseline="a near and a far scanner",
    ),
    "night": Case(
        scenario="night",
        faults=(
            Fault(
                title="three batteries sleep",
                begin=60,
                end=260,
                start=tuple(_fault(one, asleep=True) for one in SLEEPERS),
                stop=tuple(_fault(one, asleep=False) for one in SLEEPERS),
                cut=SLEEPERS,
                shows="asleep",
            ),
        ),
        baseline="three packs asleep",
    ),
}
# Faults after which the values of a battery that is cut off must hold all the same.
HOLDING: Final = frozenset({"three batteries sleep"})
