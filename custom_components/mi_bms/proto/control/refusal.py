"""Why a command is not carried out: one word for each reason, which is translated. Pure."""

from collections.abc import Mapping
from enum import StrEnum


class SwitchRefusal(StrEnum):
    """Why nothing was written."""

    NOT_ALLOWED = "not_allowed"  # the option that allows switching is off
    NOT_OFFERED = "not_offered"  # this type of battery cannot be switched so
    NOT_ARMED = "not_armed"
    TOO_SOON = "too_soon"
    TOO_MANY = "too_many"
    BUSY = "busy"  # another command took all the time
    RELEASED = "released"  # the battery is left to another app, or reading is off
    UNREACHABLE = "unreachable"
    IMPLAUSIBLE = "implausible"  # what it said just before cannot be
    INCOMPLETE = "incomplete"  # it was read, but without what this is judged by
    OTHER_FAMILY = "other_family"  # what answers is another type of battery
    LOAD_FLOWS = "load_flows"
    CHARGE_PROTECTION = "charge_protection"
    TOO_COLD = "too_cold"
    UNDERVOLTAGE = "undervoltage"
    POWERS_HOME = "powers_home"
    POWERS_HOME_TOO_LONG = "powers_home_too_long"
    OTHER_BANK = "other_bank"  # of a bank: a member belongs to another one, too
    OTHER_UNKNOWN = "other_unknown"  # it would switch something else along
    NOT_STORED = "not_stored"  # when it ends by itself would be lost in a crash
    WRONG_PASSWORD = "wrong_password"  # noqa: S105 (a word; it may be missing, too)


class SwitchRefused(Exception):
    """Tell why a command was not carried out: nothing was written because of it.

    ``fill`` has what the sentence names: numbers with their units, words to be translated as they are.
    """

    def __init__(
        self, refusal: SwitchRefusal, fill: Mapping[str, str] | None = None
    ) -> None:
        """Keep the reason, and what its sentence names."""
        super().__init__(refusal)
        self.refusal = refusal
        self.fill = dict(fill or {})
