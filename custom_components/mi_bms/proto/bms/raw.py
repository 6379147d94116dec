"""Read the numbers and texts of a reply.

A raw number is written like ``">u2"``: byte order, kind (u unsigned, i two's complement, f IEEE-754)
and size in bytes. Values stay integers until the last step and are rounded once, to the digits of
their scale.
"""

from decimal import Decimal
from math import isfinite
import struct

from ..model.errors import FrameError


def size(raw: str) -> int:
    """Return the bytes of a raw number such as ``">u2"``."""
    return int(raw[2:])


def number(body: bytes, at: int, raw: str) -> int | float:
    """Return one raw number; raise ``FrameError`` when it lies outside the body or is no number."""
    end = at + size(raw)
    if at < 0 or end > len(body):
        raise FrameError("short")
    if raw[1] == "f":
        value: float = struct.unpack_from(raw[0] + "f", body, at)[0]
        if not isfinite(value):
            raise FrameError("number")
        return value
    return int.from_bytes(
        body[at:end], "little" if raw[0] == "<" else "big", signed=raw[1] == "i"
    )


def real(body: bytes, at: int, raw: str = "<f4") -> float | None:
    """Return a float to three decimals, None for NaN or infinity; raise ``FrameError`` outside the body."""
    try:
        return round(float(number(body, at, raw)), 3)
    except FrameError as error:
        if error.reason != "number":
            raise
        return None


def integer(body: bytes, at: int, raw: str) -> int:
    """Return one raw integer; raise ``FrameError`` when it lies outside the body."""
    return int(number(body, at, raw))


def _decimals(value: float) -> int:
    """Return how many digits are behind the decimal point."""
    exponent = Decimal(repr(value)).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def scaled(
    raw: float, scale: float = 1, offset: float = 0, digits: int | None = None
) -> float:
    """Return (raw + offset) x scale, rounded once; integers stay integers with a whole scale."""
    value = (raw + offset) * scale
    if isinstance(value, int):
        return value
    if digits is None:
        digits = 3 if isinstance(raw, float) else _decimals(scale) + _decimals(offset)
    # A sum with zero has no negative zero, which a negative scale would leave.
    return round(value, digits) + 0.0 if digits else round(value)


def text(raw: bytes) -> str | None:
    """Return ASCII up to the first character that cannot be printed; None when nothing is left."""
    end = next((n for n, byte in enumerate(raw) if not 32 <= byte < 127), len(raw))
    return raw[:end].decode("ascii").strip() or None
