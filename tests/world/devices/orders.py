"""What a board does with orders: it obeys, or behaves as real boards and their radio sometimes do.

Everything that was written to it, and every change of what is locked, stands in a ledger: that is the
truth which Home Assistant is compared with.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from random import Random
import time
from typing import Final

from .battery import Pack

type Entry = dict[str, object]

LONGEST_DELAY: Final = 60.0  # s
ALARM: Final = "alarm"  # not a lock: what is held for no reason is given up


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Hold an order that a board has understood.

    ``wishes``: what shall be allowed or locked; without any it changes nothing. ``status`` other than
    0 is a refusal. ``reply`` makes the frames for a status.
    """

    wishes: Mapping[str, bool]
    reply: Callable[[int], list[bytes]]
    status: int = 0


@dataclass(slots=True, kw_only=True)
class Manner:
    """Say how a board takes orders; shares are 0 to 1.

    ``lose_frame``: share of whole frames, either way, that get lost; ``lose_ack``: share of
    acknowledgements that never leave; ``idle``: it acknowledges and does nothing; ``delay``: seconds
    until it acts; ``refuse``: the status that it refuses with, where its language has one, else silence.
    """

    lose_frame: float = 0.0
    lose_ack: float = 0.0
    idle: bool = False
    delay: float = 0.0
    refuse: int = 0

    def update(self, changes: Mapping[str, object]) -> None:
        """Change some; raise ``ValueError`` that names a wrong one and leave all as they were."""
        most = {
            "lose_frame": 1,
            "lose_ack": 1,
            "idle": True,
            "delay": LONGEST_DELAY,
            "refuse": 255,
        }
        for name, value in changes.items():
            if name not in most:
                raise ValueError(f"manner {name!r} is not one of {', '.join(most)}")
            kind = type(getattr(self, name))
            kinds = (int, float) if kind is float else (kind,)
            wrong = type(value) not in kinds
            if (
                wrong
                or not isinstance(value, int | float)
                or not 0 <= value <= most[name]
            ):
                raise ValueError(
                    f"manner {name} = {value!r} is not within 0 … {most[name]}"
                )
        for name, value in changes.items():
            setattr(self, name, value)

    def clear(self) -> None:
        """Be a faithful board."""
        for one in fields(self):
            setattr(self, one.name, one.default)


@dataclass(kw_only=True)
class Obedience:
    """Carry out the orders of one board, and keep its ledger."""

    pack: Pack
    rng: Random
    manner: Manner = field(default_factory=Manner)
    ledger: list[Entry] = field(default_factory=list)
    _later: list[tuple[float, Mapping[str, bool], str]] = field(default_factory=list)

    def loses_frame(self) -> bool:
        """Tell whether the next frame gets lost."""
        return self.rng.random() < self.manner.lose_frame

    def carry_out(self, order: Order, frame: bytes) -> list[bytes]:
        """Do what is wanted, or not; return what the board says to it."""
        status = order.status or self.manner.refuse
        outcome = "done"
        if status:
            outcome = "refused"
        elif self.manner.idle:
            outcome = "idle"
        elif self.manner.delay:
            outcome = "later"
            due = self.pack.time + self.manner.delay
            self._later.append((due, order.wishes, "order"))
        self.note("order", frame, order.wishes, outcome)
        if outcome == "done":
            self.change(order.wishes, "order")
        if self.rng.random() < self.manner.lose_ack:
            return []
        return order.reply(status)

    def tick(self) -> None:
        """Do what is due by now."""
        due = [one for one in self._later if one[0] <= self.pack.time]
        self._later = [one for one in self._later if one not in due]
        for _, wishes, by in due:
            self.change(wishes, by)

    def change(self, wishes: Mapping[str, bool], by: str) -> None:
        """Allow and lock; ``by`` whom stands in the ledger where it makes a difference."""
        before = set(self.pack.locked)
        for name, allowed in wishes.items():
            if name == ALARM:
                self.pack.clear()
            else:
                self.pack.switch(name, allowed=allowed)
        if before != self.pack.locked:
            self.note(by, b"", wishes, "changed")

    def note(
        self, by: str, frame: bytes, wishes: Mapping[str, bool], outcome: str
    ) -> None:
        """Write into the ledger."""
        self.ledger.append(
            {
                "at": time.time(),
                "by": by,
                "frame": frame.hex(),
                "wishes": dict(wishes),
                "outcome": outcome,
                "locked": sorted(self.pack.locked),
            }
        )
