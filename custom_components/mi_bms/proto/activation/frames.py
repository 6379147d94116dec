"""Frames of the reliable transfer on characteristic 0019, 20 bytes at most from our side.

A frame begins with a 16-bit number, little-endian. 0 marks a control frame (mode, then what the mode
says); 1 … n is a fragment of the parcel in transfer. Fragments from a device may be of any length.
Source: the vendor's embedded stack, traces of several clients.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

FRAGMENT: Final = 18  # bytes of data in one of our frames


class FrameMode(IntEnum):
    """The kinds of control frames."""

    BEGIN = 0
    ACK = 1
    SINGLE = 2
    SINGLE_ACK = 3
    MANAGE = 4
    MANAGE_ACK = 5


class AckCode(IntEnum):
    """What an acknowledgement says."""

    SUCCESS = 0
    READY = 1
    BUSY = 2
    TIMEOUT = 3
    CANCEL = 4
    LOST = 5


class Parcel(IntEnum):
    """The parcels that the procedures exchange."""

    INFORMATION = 0x00  # also the encrypted device id
    PUBLIC_KEY = 0x03
    APP_PROOF = 0x0A
    APP_RANDOM = 0x0B
    DEVICE_PROOF = 0x0C
    DEVICE_RANDOM = 0x0D


@dataclass(frozen=True, slots=True)
class Begin:
    """The announcement of a parcel in ``count`` fragments."""

    kind: int
    count: int


@dataclass(frozen=True, slots=True)
class Single:
    """A whole parcel in one frame."""

    kind: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Ack:
    """An acknowledgement; ``missing`` are the numbers to send again."""

    code: int
    missing: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Manage:
    """Proposed link parameters; they are accepted by sending them back."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Fragment:
    """One numbered piece of a parcel."""

    number: int
    data: bytes


type Frame = Begin | Single | Ack | Manage | Fragment

READY: Final = bytes((0, 0, FrameMode.ACK, AckCode.READY))
SUCCESS: Final = bytes((0, 0, FrameMode.ACK, AckCode.SUCCESS))
SINGLE_SUCCESS: Final = bytes((0, 0, FrameMode.SINGLE_ACK, AckCode.SUCCESS))


def parse(frame: bytes) -> Frame | None:
    """Return the frame that bytes are; None for other bytes."""
    number = int.from_bytes(frame[:2], "little")
    if len(frame) < 3 or (not number and len(frame) < 4):
        return None
    if number:
        return Fragment(number, frame[2:])
    mode, what, rest = frame[2], frame[3], frame[4:]
    match mode:
        case FrameMode.BEGIN if len(rest) >= 2:
            return Begin(what, _number(rest, 0))
        case FrameMode.SINGLE:
            return Single(what, rest)
        case FrameMode.ACK | FrameMode.SINGLE_ACK:
            missing = tuple(_number(rest, at) for at in range(0, len(rest) - 1, 2))
            return Ack(what, missing)
        case FrameMode.MANAGE:
            return Manage(frame[3:])
    return None


def _number(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "little")


def begin(kind: Parcel, count: int) -> bytes:
    """Return the announcement of a parcel of ours."""
    return bytes((0, 0, FrameMode.BEGIN, kind)) + count.to_bytes(2, "little")


def lost(missing: Iterable[int]) -> bytes:
    """Return the request for missing fragments, as many as fit into one frame."""
    numbers = b"".join(number.to_bytes(2, "little") for number in missing)
    return bytes((0, 0, FrameMode.ACK, AckCode.LOST)) + numbers[: FRAGMENT - 2]


def manage_back(proposal: Manage) -> bytes:
    """Return the acceptance of proposed link parameters."""
    return bytes((0, 0, FrameMode.MANAGE_ACK)) + proposal.data


def cut(data: bytes) -> list[bytes]:
    """Return the fragments of a parcel, ready to be written."""
    pieces = [data[at : at + FRAGMENT] for at in range(0, len(data), FRAGMENT)]
    return [
        number.to_bytes(2, "little") + piece for number, piece in enumerate(pieces, 1)
    ]
