"""A command to a battery, and who gives it. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from ..bms.control import Target


class Issuer(StrEnum):
    """Name who gives a command."""

    USER = "user"
    AUTOMATION = "automation"
    WINDOW = "window"  # the charge window, which an administrator has set up
    RETURN = "return"  # what puts back what was switched for a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A wish to switch a target, for so many minutes where they are given.

    ``force`` accepts what a person may decide: that a load is cut off.
    """

    target: Target
    on: bool
    minutes: float | None = None
    force: bool = False
    by: Issuer = Issuer.USER

    @property
    def releases(self) -> bool:
        """Return whether it gives back by itself what was switched for a time, so that nobody has to be asked."""
        return self.by is Issuer.RETURN or (self.by is Issuer.WINDOW and self.on)
