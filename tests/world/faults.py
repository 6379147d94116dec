"""What can go wrong between one device and its listeners; set from a scenario or at run time."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
import random


@dataclass(slots=True, kw_only=True)
class Faults:
    """Hold the faults of one device; shares are 0 to 1, times are seconds, ``*_next`` counts down."""

    advert_loss: float = 0.0  # share of adverts that a proxy misses
    drop: float = 0.0  # share of notifications that get lost
    drop_next: int = 0
    corrupt: float = 0.0  # share of notifications with one damaged byte
    corrupt_next: int = 0
    latency: float = 0.0  # added to each answer and each notification
    connect_delay: float = 0.0
    refuse: int = 0  # error number that a connect ends with; 0 = none
    refuse_next: int = -1  # how many connects ``refuse`` still meets; -1 = all
    hang: bool = False  # a connect is never answered
    disconnect_after: float = (
        0.0  # the device leaves this long after the connect; 0 = never
    )
    disconnect_reason: int = 0x08
    lose_first_write: bool = False  # the first write of each connection never arrives
    asleep: bool = False  # no adverts, no connection, links are lost
    held: bool = False  # another client has it, or takes it as soon as it is free
    write_loss: float = 0.0  # share of writes that never arrive
    mute: bool = False  # connected, but no notification comes out
    handles_moved: int = 0  # its table has moved by so many handles, as after an update
    exchanged: bool = False  # another module is there, with none of its services

    def update(self, changes: Mapping[str, object]) -> None:
        """Set some faults; raise ``ValueError`` that names a wrong one and leave all as they were."""
        kinds = {one.name: one.type for one in fields(self)}
        good: dict[str, float | int | bool] = {}
        for name, value in changes.items():
            if name not in kinds:
                msg = f"unknown fault {name!r} (known: {', '.join(kinds)})"
                raise ValueError(msg)
            good[name] = _checked(name, value, kinds[name])
        for name, value in good.items():
            setattr(self, name, value)

    def clear(self) -> None:
        """Take all faults away."""
        for one in fields(self):
            setattr(self, one.name, one.default)

    def active(self) -> dict[str, object]:
        """Return the faults that differ from none."""
        return {
            one.name: getattr(self, one.name)
            for one in fields(self)
            if getattr(self, one.name) != one.default
        }

    def take_refusal(self) -> int:
        """Return the error number that this connect ends with, 0 for none, and count it."""
        if not self.refuse or not self.refuse_next:
            return 0
        if self.refuse_next > 0:
            self.refuse_next -= 1
        return self.refuse

    def pass_on(self, data: bytes, rng: random.Random) -> bytes | None:
        """Return what of a notification arrives: itself, a damaged copy, or None."""
        if self.mute:
            return None
        if self.drop_next > 0:
            self.drop_next -= 1
            return None
        if self.drop and rng.random() < self.drop:
            return None
        if self.corrupt_next > 0:
            self.corrupt_next -= 1
        elif not self.corrupt or rng.random() >= self.corrupt:
            return data
        return damaged(data, rng)


def damaged(data: bytes, rng: random.Random) -> bytes:
    """Change one byte."""
    if not data:
        return data
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ rng.randint(1, 255)]) + data[at + 1 :]


def _checked(name: str, value: object, kind: object) -> float | int | bool:
    if kind is bool:
        if isinstance(value, bool):
            return value
        msg = f"fault {name!r} must be true or false"
        raise ValueError(msg)
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or (kind is int and not isinstance(value, int))
    ):
        msg = f"fault {name!r} must be a {'whole number' if kind is int else 'number'}"
        raise ValueError(msg)
    share = name in {"advert_loss", "drop", "corrupt", "write_loss"}
    if kind is float and not 0 <= value <= (1 if share else 3600):
        msg = f"fault {name!r} must lie between 0 and {1 if share else 3600}"
        raise ValueError(msg)
    return value
