"""Tell what went wrong between us and a sensor, in the language of the house and with what to do."""

from collections.abc import Iterator
import contextlib

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from ..const import DOMAIN
from ..proto.active.change import LimitsRefused
from ..proto.model.errors import (
    FrameError,
    MiBmsError,
    NoAnswer,
    PairingNeeded,
    Unreachable,
    Unsupported,
)
from .gatt import ActiveSensor


@contextlib.contextmanager
def told(active: ActiveSensor) -> Iterator[None]:
    """Turn the errors of what is done inside into ones that a person can read."""
    try:
        yield
    except LimitsRefused as err:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="limits_refused"
        ) from err
    except MiBmsError as err:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key=f"sensor_{_key(err)}",
            translation_placeholders={"name": active.name},
        ) from err


def _key(err: MiBmsError) -> str:
    """Return the text for what was wrong with the connection, or with what was answered."""
    match err:
        case Unreachable(reason="not_heard" | "no_slot" as reason):
            return reason
        case PairingNeeded():
            return "paired_only"
        case Unreachable():
            return "lost"
        case NoAnswer():
            return "silent"
        case Unsupported():
            return "cannot"
        case FrameError(reason="not_taken"):
            return "kept"
    return "garbled"
