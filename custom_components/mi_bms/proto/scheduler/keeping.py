"""Which links stay open between two reads, and which is given up for somebody who waits. Pure."""

from collections.abc import Collection, Sequence
from math import ceil, inf
from typing import Final

from .battery import Battery
from .link_state import Phase
from .slots import Slots
from .visits import Visit

HEADROOM: Final = 2.0  # slots kept for rotation, as a multiple of what the reads take
CROWDED: Final = 120.0  # s without held links at a scanner after one had to be given up


class Keeping:
    """The choice of links that are held."""

    def __init__(self) -> None:
        """Begin with no crowd anywhere."""
        self._crowded_at: dict[str, float] = {}

    def make_room(
        self,
        now: float,
        slots: Slots,
        waiting: Sequence[Battery | Visit],
        leaving: Collection[Battery],
        batteries: Collection[Battery],
    ) -> list[Battery]:
        """Return whose held link is given up for those that wait, the one that is needed last first."""
        given: list[Battery] = []
        # Each link that is closed already makes room for one.
        coming = len(leaving) + sum(one.phase is Phase.CLOSING for one in batteries)
        for guest in waiting[coming:]:
            near = {one.source for one in slots.paths(guest.address)}
            if _soon(guest, now, near, batteries):
                continue
            held = [
                one
                for one in batteries
                if one.phase is Phase.HELD and one.scanner in near
            ]
            held = [one for one in held if one not in given and one not in leaving]
            if held:
                # One whose link is not kept anyway goes first, and says nothing of a crowd.
                victim = max(held, key=lambda one: (not one.keeps, one.due))
                given.append(victim)
                if victim.keeps:
                    self._crowded_at[victim.scanner or ""] = now
        return given

    def keep(
        self,
        battery: Battery,
        now: float,
        slots: Slots,
        hold_up_to: float,
        batteries: Collection[Battery],
    ) -> bool:
        """Return whether a link may stay open: the family gains, and enough slots are left for the others."""
        scanner = battery.scanner
        return (
            battery.keeps
            and battery.effective <= hold_up_to
            and scanner in slots.scanners
            # What was borrowed for one read is given back after it.
            and not battery.borrows
            and now - self._crowded_at.get(scanner, -inf) >= CROWDED
            and _spare(battery, scanner, now, slots, batteries) >= 0
        )


def _soon(
    guest: Battery | Visit,
    now: float,
    near: Collection[str | None],
    batteries: Collection[Battery],
) -> bool:
    """Return whether a slot comes back by itself in good time: a read takes a second or two."""
    # To give up a held link costs its battery a new connect, so a short wait is the better choice.
    return guest.waited(now) < guest.effective / 4 and any(
        one.phase is Phase.READING and not one.kept and one.scanner in near
        for one in batteries
    )


def _spare(
    battery: Battery,
    scanner: str,
    now: float,
    slots: Slots,
    batteries: Collection[Battery],
) -> int:
    """Return how many slots of a scanner are left over when this link stays and the rest rotates."""
    rotating = [
        one
        for one in batteries
        if not one.kept
        and one is not battery
        and scanner == (one.scanner or slots.home(one.address))
        and one.ready_at(now) < inf
    ]
    # As many slots as are busy on the average, twice: reads do not come evenly.
    load = sum((one.quality.seconds or 1.0) / one.effective for one in rotating)
    need = min(len(rotating), ceil(load * HEADROOM))
    returning = sum(
        one.phase is not Phase.CLOSED and one.scanner == scanner for one in rotating
    )
    return slots.room(scanner) + returning - need
