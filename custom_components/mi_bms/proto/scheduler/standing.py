"""How a battery stands and whether its values hold: pure functions of its record and the time."""

from typing import Final

from ..model.availability import MULTIPLE
from .link_state import WANTS, Failure, LinkState
from .record import Record

DOZE: Final = 60.0  # s without an advert, for a battery that has reason to sleep
MISSES: Final = (
    2  # failures in a row that mean something; one is normal on a shared scanner
)
STRONG: Final = -75  # dBm; from here on a failing connect is not the distance
HELD_AT_MOST: Final = (
    3600.0  # s; a silence, or a refusal, that lasts longer is not somebody's app
)
LACKS: Final = 60.0  # s without a slot until that is said

_OBSTACLES: Final = {
    Failure.NOT_HEARD: LinkState.NO_RECEIVER,
    Failure.NO_SLOT: LinkState.NO_SLOT,
    Failure.CONNECT: LinkState.CONNECT_FAILED,
    Failure.LOST: LinkState.CONNECT_FAILED,
    Failure.SILENT: LinkState.SILENT,
    Failure.GARBLED: LinkState.SILENT,
    Failure.UNSUPPORTED: LinkState.SILENT,
}


def state(battery: Record, now: float) -> LinkState | None:
    """Return how a battery stands, None while that is not known."""
    # What the user wished goes before everything that can be guessed.
    if now < battery.away_until:
        return LinkState.PAUSED
    # Neither an advert nor a silence brings a password.
    if battery.failure in WANTS:
        return WANTS[battery.failure]
    heard_at = battery.heard_at
    if silent(battery, now - (battery.born if heard_at is None else heard_at)):
        return _of_silence(battery, now)
    return None if heard_at is None else _of_failures(battery, now)


def asleep(battery: Record, now: float) -> bool:
    """Return whether a battery sleeps: it is left in peace until it is heard."""
    # Most batteries have no reason to sleep, and this is asked for all of them all the time.
    may = battery.idle or battery.sleeper
    return may and state(battery, now) is LinkState.ASLEEP


def available(battery: Record, now: float) -> bool:
    """Return whether the last values of a battery still hold."""
    if battery.read_at is None:
        return False
    # ``kept_until`` is a promise given when it woke or was released: no failure meanwhile takes it back.
    if now - battery.read_at < battery.grace or now < battery.kept_until:
        return True
    # What was lost after it had been heard again comes back with a poll only: a battery that is hardly
    # heard would otherwise seem to sleep between any two adverts, and its values come and go.
    if battery.unread and battery.there is False:
        return False
    # Past the grace only a sleep keeps values: everything else may have changed what they say.
    stands = state(battery, now)
    if stands is None:
        # Just after a start it may well sleep; to say that it is gone would be a guess.
        return sleeps(battery, now - battery.read_at)
    return stands is LinkState.ASLEEP


def silent(battery: Record, silence: float) -> bool:
    """Return whether a silence of so many seconds is longer than this battery's usual one."""
    # While it is connected it does not advertise.
    if battery.linked:
        return False
    limit = battery.talk.limit
    if battery.idle or battery.sleeper:
        # It falls silent within a minute of going to sleep, and who looks then should read so. But one
        # that is hardly heard has longer gaps all day, which are no sleep.
        limit = min(limit, max(DOZE, battery.talk.longest * MULTIPLE))
    return silence >= limit


def sleeps(battery: Record, silence: float) -> bool:
    """Return whether a silence fits a sleep: it has reason to, or is known for it, and not for too long."""
    return (battery.idle or battery.sleeper) and silence < battery.naps.limit


def unheard(battery: Record) -> bool:
    """Return whether none of the scanners that usually hear a battery works."""
    working = battery.coverage.working
    return not (working & battery.heard_by.keys() if battery.heard_by else working)


def _of_silence(battery: Record, now: float) -> LinkState:
    """Explain why nothing is heard of a battery."""
    last = battery.read_at if battery.heard_at is None else battery.heard_at
    # A scanner without power makes all around it silent: that says nothing of them.
    if last is None or unheard(battery):
        return LinkState.NO_RECEIVER
    silence = now - last
    if battery.idle or battery.sleeper:
        fits = sleeps(battery, silence)
        return LinkState.ASLEEP if fits else LinkState.NO_RECEIVER
    # A battery that works does not fall silent while current flows, unless somebody is connected.
    if _strong(battery) and battery.read_at is not None and silence < HELD_AT_MOST:
        return LinkState.HELD
    return LinkState.NO_RECEIVER


def _of_failures(battery: Record, now: float) -> LinkState:
    """Explain how a battery that is heard can be read, or why it cannot."""
    coverage = battery.coverage
    # Between two adverts nothing has changed: one that is hardly heard is not "awake" meanwhile.
    only = coverage.hearing or battery.seen is LinkState.ADVERTS_ONLY
    if only and not coverage.connecting and not battery.linked:
        return LinkState.ADVERTS_ONLY
    if battery.failure is None or battery.failures < MISSES:
        # Where all slots are known to be taken nothing is even tried, so nothing fails.
        return LinkState.NO_SLOT if _crowded(battery, now) else LinkState.AWAKE
    obstacle = _OBSTACLES[battery.failure]
    # A strong battery that worked and now refuses is in somebody's hands, but no app holds it for hours.
    if obstacle is LinkState.CONNECT_FAILED and _refuses(battery):
        held_at = now if battery.held_at is None else battery.held_at
        if now - held_at < HELD_AT_MOST:
            return LinkState.HELD
    return obstacle


def _crowded(battery: Record, now: float) -> bool:
    """Return whether a battery has been waiting for a slot for some time."""
    since = battery.lacking_since
    return since is not None and now - since >= LACKS


def _strong(battery: Record) -> bool:
    return max(battery.heard_by.values(), default=STRONG - 1) >= STRONG


def _refuses(battery: Record) -> bool:
    """Return whether a battery that used to work refuses, although neither signal nor scanner is bad."""
    worked = battery.read_at is not None
    return _strong(battery) and worked and not battery.coverage.troubled
