"""Where the dialogues of the activation talk, how long they wait, and what comes out of them.

Service FE95 holds all characteristics named here. ``service/characteristic`` is the full name of one
inside a service; a link that knows such names is asked by them, because other services of the same
device repeat the low numbers. Source: the GATT tables of devices of each generation.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from ..model.errors import ActivationRefused, Unreachable
from ..model.steps import Listening, Notification, Read, Wait

_BASE: Final = "0000{}-0000-1000-8000-00805f9b34fb"

SERVICE: Final = _BASE.format("fe95")
TOKEN: Final = _BASE.format("0001")  # older generation: notifications and writes
VERSION: Final = _BASE.format("0004")
CONTROL: Final = _BASE.format("0010")
BEACON_KEY: Final = _BASE.format("0014")  # older generation
SECURE: Final = _BASE.format("0016")  # secure chip: only the vendor's cloud can do it
DATA: Final = _BASE.format("0019")

STEP: Final = 5.0  # s, an awaited frame
SLOW_STEP: Final = 10.0  # s, where a device computes or waits for its button
RUN: Final = 25.0  # s, registration on one connection; devices hang up after 20
LOGIN: Final = 15.0  # s, the login that proves a new token


class ErrorCode(StrEnum):
    """Why an activation failed; never anything secret."""

    # Another run would end the same way.
    ALREADY_REGISTERED = "already_registered"  # reset the device first
    PROTOCOL_02 = "protocol_02"  # its key has to be fetched from the cloud
    PROTOCOL_UNKNOWN = "protocol_unknown"
    SECURE_CHIP = "secure_chip"
    NO_SERVICE = "no_service"
    UNKNOWN_PRODUCT = "unknown_product"
    # Another run on a fresh connection may help.
    REFUSED = "refused"
    TIMEOUT = "timeout"
    BUSY = "busy"
    CANCELLED = "cancelled"
    GARBAGE = "garbage"
    DECRYPTION = "decryption"
    NOT_REGISTERED = "not_registered"
    LOGIN_FAILED = "login_failed"
    WRONG_CONFIRMATION = "wrong_confirmation"
    NOT_PAIRING = "not_pairing"
    UNCONFIRMED = "unconfirmed"  # the device may or may not have stored the key


class Stage(StrEnum):
    """How far an activation has come."""

    CONNECTING = "connecting"
    READING_ID = "reading_id"
    EXCHANGING_KEYS = "exchanging_keys"
    SENDING_CONFIRMATION = "sending_confirmation"
    REGISTERING = "registering"
    CHECKING_LOGIN = "checking_login"
    DONE = "done"


class Procedure(StrEnum):
    """The ways to a key."""

    STANDARD = "standard"  # ECDH P-256, 16-byte key; replaces that of the vendor's app
    LEGACY = "legacy"  # RC4, the remote hands out its own 12-byte key


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivationResult:
    """What was agreed on with a device; token and key stay out of ``repr``.

    ``bind_key`` has 16 bytes, or 12 from a legacy remote, which has neither ``device_id`` (text) nor
    ``token`` (12 bytes). ``protocol`` is the device's registration version. ``checked``: a login with
    the new token succeeded.
    """

    address: str
    procedure: Procedure
    bind_key: bytes = field(repr=False)
    token: bytes | None = field(default=None, repr=False)
    device_id: str | None = None
    firmware: str | None = None
    protocol: int | None = None
    checked: bool = False

    @property
    def mi32_key(self) -> str:
        """Return key and address as Tasmota takes them: upper-case hex without separators."""
        return self.bind_key.hex().upper() + self.address.replace(":", "").upper()


def hear(seconds: float) -> Listening[Notification | None]:
    """Return the next notification; None after ``seconds`` of silence."""
    heard = yield Wait(seconds)
    first = heard[0] if heard else None
    return first if isinstance(first, Notification) else None


def read(uuid: str) -> Listening[bytes | None]:
    """Return the value of a characteristic; None when it cannot be read."""
    try:
        answer = yield Read(uuid, optional=True)
    except Unreachable:
        # If the link itself is gone, the next write will say so.
        return None
    return answer if isinstance(answer, bytes) else None


def qualified(uuid: str) -> str:
    """Return the full name of a characteristic inside the service."""
    return f"{SERVICE}/{uuid}"


def inside(characteristics: Collection[str]) -> frozenset[str]:
    """Return the UUIDs of the service's own characteristics; all of a link that knows no full names."""
    prefix = qualified("")
    own = {
        name.removeprefix(prefix) for name in characteristics if name.startswith(prefix)
    }
    return frozenset(own or characteristics)


def choose(characteristics: Collection[str]) -> Procedure:
    """Return the procedure that the GATT table allows; raises ``ActivationRefused`` where there is none."""
    own = inside(characteristics)
    if SECURE in own:
        raise ActivationRefused(ErrorCode.SECURE_CHIP)
    if own >= {CONTROL, DATA}:
        return Procedure.STANDARD
    if own >= {CONTROL, TOKEN, BEACON_KEY}:
        return Procedure.LEGACY
    raise ActivationRefused(ErrorCode.NO_SERVICE)
