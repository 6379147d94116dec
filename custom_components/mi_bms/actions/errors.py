"""What can go wrong with actions; those on the air tell the number that scripts go by."""

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from ..const import DOMAIN
from ..proto.gatt.operations import Code, Impossible, OperationFailed
from ..proto.model.errors import Unreachable

# Reasons of ``Unreachable`` that a person can act on.
_TELLING = frozenset({"not_heard", "no_slot"})


def refusal(key: str, **fill: str) -> ServiceValidationError:
    """Return what is wrong with an action on a device of ours."""
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders=fill
    )


def mistake(key: str, code: Code, **fill: str) -> ServiceValidationError:
    """Return what is wrong with what was asked for."""
    return refusal(f"air_{key}", code=str(int(code)), **fill)


def failure(key: str, code: Code, **fill: str) -> HomeAssistantError:
    """Return what went wrong on the way."""
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key=f"air_{key}",
        translation_placeholders={"code": str(int(code)), **fill},
    )


def unreachable(err: Unreachable, address: str) -> HomeAssistantError:
    """Return why there was no connection, or none any more."""
    reason = err.reason if err.reason in _TELLING else "no_connection"
    return failure(reason, Code.CONNECTION, address=address)


def failed_step(err: OperationFailed) -> HomeAssistantError:
    """Return which step of a list could not be done."""
    say = mistake if isinstance(err, Impossible) else failure
    return say(err.reason, err.code, step=str(err.number), what=err.what)
