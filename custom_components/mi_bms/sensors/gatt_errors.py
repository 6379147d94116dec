"""What went wrong between us and a sensor, in the language of the house and with what to do."""

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
    except MiBmsError as err:
        raise _told(active.name, err) from err


def _told(name: str, err: MiBmsError) -> HomeAssistantError:
    """Return what was wrong with the connection, with what was wanted, or with what was answered."""
    match err:
        case LimitsRefused():
            return ServiceValidationError(
                translation_domain=DOMAIN, translation_key="limits_refused"
            )
        case Unreachable(reason="not_heard"):
            return _trouble("not_heard", name=name)
        case Unreachable(reason="no_slot"):
            return _trouble("no_slot", name=name)
        case PairingNeeded():
            return _trouble("paired_only", name=name)
        case Unreachable():
            return _trouble("lost", name=name)
        case NoAnswer():
            return _trouble("silent", name=name)
        case Unsupported():
            return _trouble("cannot", name=name)
        case FrameError(reason="not_taken"):
            return _trouble("kept", name=name)
    return _trouble("garbled", name=name)


def _trouble(key: str, **fill: str) -> HomeAssistantError:
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key=f"sensor_{key}",
        translation_placeholders=fill,
    )
