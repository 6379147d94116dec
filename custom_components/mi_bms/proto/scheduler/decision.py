"""What the scheduler is set to, and what it decides; all times in seconds."""

from dataclasses import dataclass

from .visits import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What is set for all batteries; times in seconds.

    ``reserve`` slots of a scanner stay free when others used it within ``shared_for``. ``stagger`` is
    the least time between two connects at one scanner, ``longest_pause`` the longest after failures.
    Links of batteries with a longer interval than ``hold_up_to`` are not kept.
    """

    reserve: int = 1
    shared_for: float = 3600.0
    stagger: float = 0.5
    longest_pause: float = 300.0
    patience: float = 300.0
    hold_up_to: float = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order to read a battery: over its open link, or over a new one expected at ``scanner``.

    ``gentle``: it failed before, so one attempt to connect is enough.
    """

    address: str
    scanner: str | None
    open: bool
    gentle: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What to do now: reads to start, links to close (even in the middle), when to ask again.

    ``visits`` have their turn from now on, ``leave`` are visits that must end.
    """

    read: tuple[Order, ...]
    release: tuple[str, ...]
    again: float
    visits: tuple[Visit, ...] = ()
    leave: tuple[Visit, ...] = ()
