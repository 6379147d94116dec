"""The words for how a battery stands, why a poll gave nothing, and what its connection does.

Pure. How they follow from what is known of a battery stands in ``standing``.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ..model.errors import (
    AuthNeeded,
    AuthRejected,
    FrameError,
    MiBmsError,
    PairingNeeded,
    Unreachable,
    Unsupported,
)


class Failure(StrEnum):
    """Why a poll gave nothing."""

    NOT_HEARD = "not_heard"
    NO_SLOT = "no_slot"
    CONNECT = "connect"
    LOST = "lost"
    SILENT = "silent"
    GARBLED = "garbled"
    AUTH = "auth"
    PAIRING = "pairing"
    UNSUPPORTED = "unsupported"


class LinkState(StrEnum):
    """How a battery stands; the words from ``no_receiver`` on say why it is unreachable."""

    AWAKE = "awake"
    ASLEEP = "asleep"
    HELD = "held"  # by another client
    PAUSED = "paused"  # by the user
    NO_RECEIVER = "no_receiver"  # none hears it
    ADVERTS_ONLY = "adverts_only"  # only scanners hear it that cannot connect
    NO_SLOT = "no_slot"
    CONNECT_FAILED = "connect_failed"
    SILENT = "silent"  # connected, without a valid answer
    AUTH = "auth"  # wants a password, or another one
    PAIRING = "pairing"  # talks over a paired link only

    @property
    def unreachable(self) -> bool:
        """Return whether somebody may have to do something about it."""
        return self not in {self.AWAKE, self.ASLEEP, self.HELD, self.PAUSED}


class Phase(StrEnum):
    """What the scheduler lets a battery's connection do."""

    CLOSED = "closed"
    READING = "reading"  # from the order on, connecting included
    HELD = "held"
    CLOSING = "closing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """The scanners around a battery, as they were looked at last.

    ``working`` receive anything at all, ``hearing`` of them receive the battery, ``connecting`` of
    these can connect. ``troubled``: connecting lately fails there for other batteries too.
    """

    working: frozenset[str] = frozenset()
    hearing: frozenset[str] = frozenset()
    connecting: frozenset[str] = frozenset()
    troubled: bool = False


# Failures before there was a connection: the scanner may be to blame as well as the battery.
NO_LINK: Final = frozenset({Failure.CONNECT, Failure.LOST})

# What a person has to do first, whatever the scanners do.
WANTS: Final = {Failure.AUTH: LinkState.AUTH, Failure.PAIRING: LinkState.PAIRING}

_REASONS: Final = {
    "not_heard": Failure.NOT_HEARD,
    "no_slot": Failure.NO_SLOT,
    "connect": Failure.CONNECT,
    "pairing": Failure.PAIRING,
}


def failure_of(err: MiBmsError) -> Failure:
    """Return the word for what a poll raised."""
    if isinstance(err, Unreachable):
        return _REASONS.get(err.reason, Failure.LOST)
    if isinstance(err, AuthNeeded | AuthRejected):
        return Failure.AUTH
    if isinstance(err, Unsupported):
        return Failure.UNSUPPORTED
    return Failure.GARBLED if isinstance(err, FrameError) else Failure.SILENT


def reason_of(err: MiBmsError) -> str:
    """Return the most exact word for what a poll raised, as it is counted for diagnostics."""
    if isinstance(err, PairingNeeded) and err.code is not None:
        return f"{err.reason}_att_{err.code}"
    if isinstance(err, FrameError | Unreachable):
        return err.reason
    return type(err).__name__
