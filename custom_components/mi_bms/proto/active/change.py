"""Change a sensor: its clock, its unit, its comfort limits, its light. What was written is read back."""

from itertools import cycle
from typing import Final

from ..gatt.link import GattLink
from ..gatt.runner import Use
from ..model.errors import FrameError, MiBmsError
from ..model.steps import Talk, Write
from . import codec
from .codec import Comfort, Unit
from .spec import (
    COMFORT,
    PLANT_COMMAND,
    QINGPING_COMMAND,
    TIME,
    UNIT,
    ActiveSpec,
    Function,
)
from .wire import ATTEMPTS, Now, carry_out, read

FLASH: Final = bytes.fromhex("fdff")
NEAR: Final = 30.0  # s between what was written and what is read back
WRITES: Final = 2  # in one connection; some devices lose the first

TEMPERATURES: Final = (-20.0, 60.0)  # °C of comfort limits
HUMIDITIES: Final = (10.0, 90.0)  # %
_LEAST_TEMPERATURE: Final = 2.0  # K between the limits
_LEAST_HUMIDITY: Final = 5.0  # %


async def set_clock(use: Use, spec: ActiveSpec, now: Now) -> None:
    """Set a clock and prove it; raises what was wrong with the last attempt.

    The time is taken anew for every attempt. A link that breaks at the write proves nothing: the
    device has often taken it, so the clock is read on a fresh connection before it is written again.
    """
    if Function.SET_CLOCK in spec.functions:
        await carry_out(
            use, lambda _: _say(codec.set_local_dial(now()), QINGPING_COMMAND)
        )
        return
    turns = cycle((_write_clock, _check_clock))
    await carry_out(use, lambda _: next(turns)(now), attempts=2 * ATTEMPTS)


def _say(data: bytes, uuid: str) -> Talk[None]:
    yield Write(data, uuid)


def _write_clock(now: Now) -> Talk[None]:
    before = yield from read(TIME)
    # What has no length of a clock is none: the table of services may be of an older firmware.
    codec.dial(before)
    left = WRITES
    while True:
        yield Write(codec.set_dial(now(), len(before)), TIME)
        try:
            return (yield from _check_clock(now))
        except FrameError:
            left -= 1
            if not left:
                raise


def _check_clock(now: Now) -> Talk[None]:
    moment = now()
    dial = codec.dial((yield from read(TIME)))
    zone = codec.whole_hours(moment.offset)
    if dial.offset not in {None, zone} or abs(dial.ahead(moment)) > NEAR:
        raise FrameError("not_taken")


async def set_unit(use: Use, spec: ActiveSpec, wanted: Unit) -> None:
    """Set the unit of a display; raises ``FrameError`` if the display keeps the other."""

    def write(_: GattLink) -> Talk[None]:
        if codec.unit((yield from read(UNIT))) is wanted:
            return
        # Firmware differs in what it takes for °C.
        for celsius in (spec.celsius, 0xFF - spec.celsius):
            yield Write(codec.set_unit(wanted, celsius), UNIT)
            if codec.unit((yield from read(UNIT))) is wanted:
                return
        raise FrameError("not_taken")

    await carry_out(use, write)


def fits(limits: Comfort) -> bool:
    """Return whether comfort limits make sense to a sensor."""
    warm, cold, wet, dry = limits
    return (
        TEMPERATURES[0] <= cold <= warm - _LEAST_TEMPERATURE
        and warm <= TEMPERATURES[1]
        and HUMIDITIES[0] <= dry <= wet - _LEAST_HUMIDITY
        and wet <= HUMIDITIES[1]
    )


async def set_comfort(use: Use, limit: str, value: float) -> Comfort:
    """Set one comfort limit and return all; raises ``LimitsRefused`` and leaves all as they are.

    ``limit`` is a field of ``Comfort``. Raises ``FrameError`` if the sensor keeps what it had.
    """

    def write(_: GattLink) -> Talk[Comfort]:
        before = yield from read(COMFORT)
        limits = codec.comfort(before)._replace(**{limit: value})
        if not fits(limits):
            raise LimitsRefused
        data = codec.set_comfort(limits, len(before))
        for _attempt in range(WRITES):
            yield Write(data, COMFORT)
            if (yield from read(COMFORT)) == data:
                return codec.comfort(data)
        raise FrameError("not_taken")

    return await carry_out(use, write)


class LimitsRefused(MiBmsError):
    """Limits that make no sense: too close together, or out of range."""


async def blink(use: Use) -> None:
    """Let a sensor flash once."""
    await carry_out(use, lambda _: _say(FLASH, PLANT_COMMAND))
