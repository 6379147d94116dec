"""Say what went wrong between us and a sensor, in the language of the house and with what to do."""

from collections.abc import Iterator
import contextlib

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from .active import ActiveSensor
from .const import DOMAIN
from .proto.active.change import Refused
from .proto.model.errors import (
    FrameError,
    MiBmsError,
    NoAnswer,
    Unreachable,
    Unsupported,
)


@contextlib.contextmanager
def told(active: ActiveSensor) -> Iterator[None]:
    """Turn the errors of what is done inside into ones that a person can read."""
    try:
        yield
    except MiBmsError as err:
        raise _told(active.name, err) from err


def _told(name: str, err: MiBmsError) -> HomeAssistantError:
    """Say what was wrong with the connection, or with what was wanted."""
    match err:
        case Refused():
            return ServiceValidationError(
                translation_domain=DOMAIN, translation_key="limits_refused"
            )
        case Unreachable(reason="not_heard"):
            return HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="sensor_not_heard",
                translation_placeholders={"name": name},
            )
        case Unreachable(reason="no_slot"):
            return HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="sensor_no_slot",
                translation_placeholders={"name": name},
            )
        case Unreachable():
            return HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="sensor_lost",
                translation_placeholders={"name": name},
            )
    return _answer(name, err)


def _answer(name: str, err: MiBmsError) -> HomeAssistantError:
    """Say what was wrong with what a sensor that is connected answered."""
    match err:
        case NoAnswer():
            return HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="sensor_silent",
                translation_placeholders={"name": name},
            )
        case Unsupported():
            return HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="sensor_cannot",
                translation_placeholders={"name": name},
            )
        case FrameError(reason="not_taken"):
            return HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="sensor_kept",
                translation_placeholders={"name": name},
            )
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key="sensor_garbled",
        translation_placeholders={"name": name},
    )
