"""Print how activations end when one message is spoiled, and how many succeed when many get lost.

    python -m tests.bench.activation_matrix [activations]

A cell says how many connections it took; the first column is what the message was. Writes are never
out of order, so they have no entry there.
"""

from collections import Counter
import random
import sys
from typing import Final

from tests.replay.activation import Air, Fault, Outcome, Trouble, activate_in, start
from tests.world.devices import KINDS

ACTIVATIONS: Final = 200
LOSS: Final = 0.05
KINDS_SHOWN: Final = (
    "MI_FRESH",
    "MI_REGISTERED",
    "MI_SLOW_KEY",
    "MI_LOSES_FRAGMENT",
    "MI_OVERTAKES",
    "MI_LEAVES",
    "MI_REFUSING",
    "MI_PROTOCOL_02",
    "MI_SECURE_CHIP",
    "MI_LEGACY_REMOTE",
)
ADDRESS: Final = "A4:C1:38:12:34:56"
PRODUCT: Final = 0x03B6


def clean() -> list[str]:
    """Return the messages of an undisturbed activation by name."""
    trouble = Trouble()
    activate_in(Air(KINDS["MI_FRESH"](address=ADDRESS), trouble), start(ADDRESS))
    return trouble.names


def spoiled(fault: Fault, at: int) -> Outcome:
    """Activate while one message is spoiled."""
    device = KINDS["MI_FRESH"](address=ADDRESS)
    return activate_in(Air(device, Trouble(fault, at)), start(ADDRESS))


def lossy(count: int, *, resends: int) -> list[Outcome]:
    """Activate many devices while notifications get lost."""
    return [
        activate_in(
            Air(
                KINDS["MI_FRESH"](address=ADDRESS),
                Trouble(loss=LOSS, rng=random.Random(number)),
            ),
            start(ADDRESS, seed=number, resends=resends),
        )
        for number in range(count)
    ]


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


def _print_matrix() -> None:
    _say(f"{'message':34}" + "".join(f"{fault:>15}" for fault in Fault))
    total: Counter[str] = Counter()
    for at, name in enumerate(clean(), 1):
        cells = []
        for fault in Fault:
            if fault is Fault.REORDER and name.startswith("app"):
                cells.append("-")
                continue
            cells.append(spoiled(fault, at).text)
        total.update(cells)
        _say(f"{at:3} {name:30}" + "".join(f"{cell:>15}" for cell in cells))
    _say("\n" + ", ".join(f"{text}: {n}" for text, n in sorted(total.items())) + "\n")


def _print_kinds() -> None:
    for kind in KINDS_SHOWN:
        outcome = activate_in(
            Air(KINDS[kind](address=ADDRESS)), start(ADDRESS, product_id=PRODUCT)
        )
        _say(f"{kind:20} {outcome.text:34} {outcome.seconds:5.1f} s")
    _say("")


def _print_loss(count: int) -> None:
    for title, resends in (("with", 3), ("without", 0)):
        outcomes = lossy(count, resends=resends)
        good = [one for one in outcomes if one.result is not None]
        needed = Counter(one.connections for one in good)
        mean = sum(one.seconds for one in good) / len(good)
        _say(
            f"{LOSS:.0%} of notifications lost, {title} re-sending: "
            f"{len(good)} of {count} succeed, {mean:.1f} s on average; "
            + ", ".join(f"{n} connections: {m}" for n, m in sorted(needed.items()))
        )


if __name__ == "__main__":
    _print_kinds()
    _print_matrix()
    _print_loss(int(sys.argv[1]) if len(sys.argv) > 1 else ACTIVATIONS)
