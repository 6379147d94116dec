"""The words for what goes wrong while a battery is read: the errors of its forms."""

from collections.abc import Mapping
from typing import Final

from ..proto.model.errors import (
    AuthNeeded,
    AuthRejected,
    FrameError,
    MiBmsError,
    NoAnswer,
    PairingNeeded,
    Unreachable,
    Unsupported,
)

ERRORS: Final[Mapping[type[MiBmsError], str]] = {
    PairingNeeded: "pairing_needed",
    Unreachable: "cannot_connect",
    NoAnswer: "no_answer",
    FrameError: "invalid_reply",
    AuthRejected: "invalid_auth",
    AuthNeeded: "auth_required",
    Unsupported: "not_supported",
}
_ECHO: Final = "pairing_echo"


def word_of(err: MiBmsError) -> str:
    """Return the word for what went wrong."""
    if isinstance(err, PairingNeeded) and err.code is None:
        return _ECHO
    return ERRORS[type(err)]
