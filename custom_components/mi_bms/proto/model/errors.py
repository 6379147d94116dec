"""The few errors that protocol code raises; Home Assistant code maps each once.

No message carries a key, a password or a full frame: reasons are short fixed words.
"""

from typing import Final

# What reading bytes that nobody thought of may end in; it never leaves a framer or a dialogue.
BROKEN: Final = (ValueError, LookupError, ArithmeticError)
LOST: Final = (
    "lost"  # the reason of an ``Unreachable`` whose connection broke by itself
)


class MiBmsError(Exception):
    """Be the parent of every error that protocol code raises on purpose."""


class FrameError(MiBmsError):
    """Report bytes that are no valid frame: ``reason`` is one short word such as ``checksum``."""

    def __init__(self, reason: str) -> None:
        """Keep the reason, for counters and for a person."""
        super().__init__(reason)
        self.reason = reason


class KeyFormatError(MiBmsError, ValueError):
    """Report text that is no key: ``reason`` is ``length`` or ``not_hex``."""

    def __init__(self, reason: str) -> None:
        """Keep the reason, never the text."""
        super().__init__(reason)
        self.reason = reason


class Implausible(MiBmsError):
    """Report a sample that physics forbids: ``field`` names the value that gave it away."""

    def __init__(self, field: str) -> None:
        """Keep the name of the refused field, never its value."""
        super().__init__(field)
        self.field = field


class Unreachable(MiBmsError):
    """Report that no connection came about: no path, no slot, or the connect failed."""

    def __init__(self, reason: str) -> None:
        """Keep why no connection came about."""
        super().__init__(reason)
        self.reason = reason


class PairingNeeded(Unreachable):
    """Report a device that talks over a paired link only.

    ``code`` is the ATT error that it refused with; None when it gives back whatever it is asked.
    """

    def __init__(self, code: int | None = None) -> None:
        """Keep the number of the refusal."""
        super().__init__("pairing")
        self.code = code


class NoAnswer(MiBmsError):
    """Report a device that is connected and stays silent."""


class AuthNeeded(MiBmsError):
    """Report a device that wants a password that was not given."""


class AuthRejected(MiBmsError):
    """Report a device that refused the password it was given."""


class Unsupported(MiBmsError):
    """Report a family or firmware that is not known: ``what`` names it."""

    def __init__(self, what: str) -> None:
        """Keep what is not supported."""
        super().__init__(what)
        self.what = what


class ActivationError(MiBmsError):
    """Report an activation that failed but may succeed on a fresh connection.

    ``reason`` is one word of ``activation.contract.ErrorCode``; it never holds anything secret.
    """

    def __init__(self, reason: str) -> None:
        """Keep the reason, for a person."""
        super().__init__(reason)
        self.reason = reason


class ActivationRefused(ActivationError):
    """Report an activation that would fail the same way again: somebody has to act first."""
