"""Change a sensor: its clock, its unit, its comfort limits, its light. What was written is read back."""

import asyncio
from typing import Final

from ..gatt.link import GattLink
from ..model.errors import FrameError, MiBmsError
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
from .wire import ATTEMPTS, PAUSE, Now, Use, Wire, persist, worth_a_retry

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
        await persist(use, lambda link: _command_clock(link, now))
        return
    left = ATTEMPTS
    while not await _attempt(use, now, last=left == 1):
        left -= 1
        await asyncio.sleep(PAUSE)


async def _attempt(use: Use, now: Now, *, last: bool) -> bool:
    """Write a clock and look whether it was taken; false if it is worth another attempt."""
    try:
        await use(lambda link: _write_clock(link, now))
    except MiBmsError as err:
        if not worth_a_retry(err):
            raise
    else:
        return True
    await asyncio.sleep(PAUSE)
    try:
        await use(lambda link: _check_clock(Wire(link), now))
    except MiBmsError as err:
        if last or not worth_a_retry(err):
            raise
        return False
    return True


async def _command_clock(link: GattLink, now: Now) -> None:
    await Wire(link).write(QINGPING_COMMAND, codec.set_local_dial(now()))


async def _write_clock(link: GattLink, now: Now) -> None:
    wire = Wire(link)
    before = await wire.read(TIME)
    # What has no length of a clock is none: the table of services may be of an older firmware.
    codec.dial(before)
    left = WRITES
    while True:
        await wire.write(TIME, codec.set_dial(now(), len(before)))
        try:
            return await _check_clock(wire, now)
        except FrameError:
            left -= 1
            if not left:
                raise


async def _check_clock(wire: Wire, now: Now) -> None:
    moment = now()
    dial = codec.dial(await wire.read(TIME))
    zone = codec.whole_hours(moment.offset)
    if dial.offset not in {None, zone} or abs(dial.ahead(moment)) > NEAR:
        raise FrameError("not_taken")


async def set_unit(use: Use, spec: ActiveSpec, wanted: Unit) -> None:
    """Set the unit of a display; raises ``FrameError`` if the display keeps the other."""

    async def write(link: GattLink) -> None:
        wire = Wire(link)
        if codec.unit(await wire.read(UNIT)) is wanted:
            return
        # Firmware differs in what it takes for °C.
        for celsius in (spec.celsius, 0xFF - spec.celsius):
            await wire.write(UNIT, codec.set_unit(wanted, celsius))
            if codec.unit(await wire.read(UNIT)) is wanted:
                return
        raise FrameError("not_taken")

    await persist(use, write)


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
    """Set one comfort limit and give all; ``Refused`` leaves all as they are.

    ``limit`` is a field of ``Comfort``. Raises ``FrameError`` if the sensor keeps what it had.
    """

    async def write(link: GattLink) -> Comfort:
        wire = Wire(link)
        before = await wire.read(COMFORT)
        limits = codec.comfort(before)._replace(**{limit: value})
        if not fits(limits):
            raise Refused
        data = codec.set_comfort(limits, len(before))
        for _ in range(WRITES):
            await wire.write(COMFORT, data)
            if await wire.read(COMFORT) == data:
                return codec.comfort(data)
        raise FrameError("not_taken")

    return await persist(use, write)


class Refused(MiBmsError):
    """Report limits that make no sense: too close together, or out of range."""


async def blink(use: Use) -> None:
    """Let a sensor flash once."""
    await persist(use, lambda link: Wire(link).write(PLANT_COMMAND, FLASH))
