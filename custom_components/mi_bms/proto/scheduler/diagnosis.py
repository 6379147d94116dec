"""Say in one word why a battery cannot be reached, and in one what helps; the words are translated.

Pure: the facts at hand in, one diagnosis out; of a battery that is read by turns they come from its
record, as its state does. The most specific cause wins: a table of rules is gone through from the top,
and each rule knows the facts that the ones before it ruled out.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from .facts import Facts
from .link_state import Failure

WEAK: Final = -85  # dBm; below it connecting fails more often than not
# Without an advert for so long (s) a battery does not advertise: one that does sends one in seconds, and
# Home Assistant remembers it for minutes.
QUIET: Final = 30.0


class Cause(StrEnum):
    """Why a battery cannot be reached."""

    PAUSED = "paused"
    PASSWORD_MISSING = "password_missing"  # noqa: S105 (a word, no password)
    PASSWORD_WRONG = "password_wrong"  # noqa: S105 (a word, no password)
    PAIRING = "pairing"
    NO_BLUETOOTH = "no_bluetooth"
    ADAPTER_STUCK = "adapter_stuck"
    RECEIVERS_SILENT = "receivers_silent"
    HELD = "held"
    ASLEEP = "asleep"
    OUT_OF_RANGE = "out_of_range"
    NEVER_HEARD = "never_heard"
    FELL_SILENT = "fell_silent"
    ADVERTS_ONLY = "adverts_only"
    RESERVED = "reserved"
    SLOTS_OTHERS = "slots_others"
    SLOTS_OURS = "slots_ours"
    UNSUPPORTED = "unsupported"
    SILENT = "silent"
    GARBLED = "garbled"
    UNBELIEVED = "unbelieved"
    WEAK_SIGNAL = "weak_signal"
    RECEIVER_TROUBLED = "receiver_troubled"
    REFUSED = "refused"
    NOT_YET = "not_yet"
    UNKNOWN = "unknown"


class Remedy(StrEnum):
    """What helps."""

    RESUME = "resume"
    ENTER_PASSWORD = "enter_password"  # noqa: S105 (a word, no password)
    CHECK_PASSWORD = "check_password"  # noqa: S105 (a word, no password)
    PAIR = "pair"
    ADD_RECEIVER = "add_receiver"
    REPLUG_ADAPTER = "replug_adapter"
    RESTART_RECEIVERS = "restart_receivers"
    CLOSE_APP = "close_app"
    WAKE = "wake"
    WAKE_OR_CLOSE = "wake_or_close"
    CHECK_POWER = "check_power"
    MOVE_CLOSER = "move_closer"
    ADD_CONNECTING_RECEIVER = "add_connecting_receiver"
    LOWER_RESERVE = "lower_reserve"
    ADD_SLOTS = "add_slots"
    LENGTHEN_INTERVAL = "lengthen_interval"
    CHECK_FAMILY = "check_family"
    RESTART_RECEIVER = "restart_receiver"
    RESTART_BATTERY = "restart_battery"
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One cause and one remedy; the placeholders are for both sentences.

    ``repair`` says whether it is worth a repair issue: it lasts until somebody does something.
    """

    cause: Cause
    remedy: Remedy
    repair: bool
    placeholders: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Rule:
    """One line of the table."""

    when: Callable[[Facts], bool]
    cause: Cause
    remedy: Remedy
    repair: bool = True


def _connect_fails(facts: Facts) -> bool:
    return facts.failure in {Failure.CONNECT, Failure.LOST}


def _fell_silent(facts: Facts) -> bool:
    """Return whether a battery of which no more is known has stopped to advertise: asleep, or in somebody's hands."""
    new, silence = facts.read_for is None, facts.heard_for
    return new and _connect_fails(facts) and silence is not None and silence >= QUIET


def _reserved(facts: Facts) -> bool:
    """Return whether slots are free, but all of them are kept for others."""
    if facts.failure not in {None, Failure.NO_SLOT}:
        return False
    return any(scanner.free for scanner in facts.connecting) and all(
        scanner.free <= (facts.reserve if scanner.others else 0)
        for scanner in facts.connecting
    )


def _no_slot(facts: Facts) -> bool:
    """Return whether no slot is free; some scanners do not tell how many they have until a connect fails."""
    if facts.failure is None and facts.connecting:
        return all(not scanner.free for scanner in facts.connecting)
    return facts.failure is Failure.NO_SLOT


_RULES: Final = (
    _Rule(
        lambda facts: facts.paused_for is not None,
        Cause.PAUSED,
        Remedy.RESUME,
        repair=False,
    ),
    _Rule(
        lambda facts: facts.failure is Failure.AUTH and facts.has_password,
        Cause.PASSWORD_WRONG,
        Remedy.CHECK_PASSWORD,
    ),
    _Rule(
        lambda facts: facts.failure is Failure.AUTH,
        Cause.PASSWORD_MISSING,
        Remedy.ENTER_PASSWORD,
    ),
    _Rule(
        lambda facts: facts.failure is Failure.PAIRING,
        Cause.PAIRING,
        Remedy.PAIR,
    ),
    _Rule(
        # Before anything about who hears it: while it is connected it does not advertise.
        lambda facts: facts.unbelieved,
        Cause.UNBELIEVED,
        Remedy.REPORT,
        repair=False,
    ),
    _Rule(lambda facts: not facts.scanners, Cause.NO_BLUETOOTH, Remedy.ADD_RECEIVER),
    _Rule(
        lambda facts: (
            all(scanner.silent for scanner in facts.scanners)
            and all(scanner.local for scanner in facts.scanners)
        ),
        Cause.ADAPTER_STUCK,
        Remedy.REPLUG_ADAPTER,
    ),
    _Rule(
        lambda facts: all(scanner.silent for scanner in facts.scanners),
        Cause.RECEIVERS_SILENT,
        Remedy.RESTART_RECEIVERS,
    ),
    _Rule(
        lambda facts: facts.held_for is not None,
        Cause.HELD,
        Remedy.CLOSE_APP,
        repair=False,
    ),
    _Rule(
        lambda facts: facts.asleep_for is not None,
        Cause.ASLEEP,
        Remedy.WAKE,
        repair=False,
    ),
    _Rule(
        lambda facts: (
            not facts.hearing and facts.heard_for is None and facts.read_for is None
        ),
        Cause.NEVER_HEARD,
        Remedy.MOVE_CLOSER,
    ),
    _Rule(lambda facts: not facts.hearing, Cause.OUT_OF_RANGE, Remedy.CHECK_POWER),
    _Rule(
        lambda facts: not facts.connecting,
        Cause.ADVERTS_ONLY,
        Remedy.ADD_CONNECTING_RECEIVER,
    ),
    _Rule(
        _reserved,
        Cause.RESERVED,
        Remedy.LOWER_RESERVE,
    ),
    _Rule(
        lambda facts: (
            _no_slot(facts) and any(scanner.others for scanner in facts.connecting)
        ),
        Cause.SLOTS_OTHERS,
        Remedy.ADD_SLOTS,
    ),
    _Rule(_no_slot, Cause.SLOTS_OURS, Remedy.LENGTHEN_INTERVAL),
    _Rule(_fell_silent, Cause.FELL_SILENT, Remedy.WAKE_OR_CLOSE),
    _Rule(
        lambda facts: facts.failure is Failure.UNSUPPORTED,
        Cause.UNSUPPORTED,
        Remedy.CHECK_FAMILY,
    ),
    _Rule(
        # A weak signal loses answers, but what arrives is whole.
        lambda facts: facts.failure is Failure.GARBLED,
        Cause.GARBLED,
        Remedy.CHECK_FAMILY,
    ),
    _Rule(
        lambda facts: (facts.connecting[0].rssi or 0) < WEAK,
        Cause.WEAK_SIGNAL,
        Remedy.MOVE_CLOSER,
    ),
    _Rule(
        lambda facts: facts.failure is Failure.SILENT and facts.read_for is None,
        Cause.SILENT,
        Remedy.CHECK_FAMILY,
    ),
    _Rule(
        lambda facts: facts.failure is Failure.SILENT,
        Cause.SILENT,
        Remedy.RESTART_BATTERY,
    ),
    _Rule(
        lambda facts: _connect_fails(facts) and facts.connecting[0].troubled,
        Cause.RECEIVER_TROUBLED,
        Remedy.RESTART_RECEIVER,
    ),
    _Rule(
        lambda facts: _connect_fails(facts) and facts.read_for is None,
        Cause.REFUSED,
        Remedy.CLOSE_APP,
    ),
    _Rule(_connect_fails, Cause.REFUSED, Remedy.RESTART_BATTERY),
    _Rule(
        # Nothing has failed: what was tried last has not ended.
        lambda facts: facts.failure is None,
        Cause.NOT_YET,
        Remedy.WAKE_OR_CLOSE,
        repair=False,
    ),
    _Rule(lambda _: True, Cause.UNKNOWN, Remedy.REPORT, repair=False),
)


def diagnose(facts: Facts) -> Diagnosis:
    """Return the one cause that the facts show best, and its remedy."""
    rule = next(rule for rule in _RULES if rule.when(facts))
    return Diagnosis(rule.cause, rule.remedy, rule.repair, _placeholders(facts))


def _placeholders(facts: Facts) -> dict[str, str]:
    """Return what sentences may name; every key is always there, so that no text can miss one."""
    connecting = facts.connecting
    best = next(iter(connecting or facts.hearing), None)
    return {
        "receiver": best.name if best else "-",
        "rssi": str(best.rssi) if best else "-",
        "receivers": _names(one.name for one in facts.scanners),
        "hearing": _names(f"{one.name} ({one.rssi} dBm)" for one in facts.hearing),
        "slots": str(sum(one.slots for one in connecting)),
        "ours": str(sum(one.ours for one in connecting)),
        "others": str(sum(one.others for one in connecting)),
        "users": _names(sorted({user for one in connecting for user in one.users})),
        "failures": str(facts.failures),
        "minutes": str(round(facts.lasting / 60)),
    }


def _names(names: Iterable[str]) -> str:
    return ", ".join(names) or "-"
