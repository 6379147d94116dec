"""Ask a sensor what it can tell: everything that is wanted, over as few connections as possible.

What one connection brought is kept when it breaks; the next one asks for the rest.
"""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field as default
from typing import Final

from ..gatt.link import GattLink
from ..model.errors import FrameError, MiBmsError, NoAnswer, Unreachable, Unsupported
from ..model.fields import Field
from ..model.reading import Value
from . import codec
from .codec import Comfort, Dial, Unit
from .spec import (
    COMFORT,
    PLANT_COMMAND,
    PLANT_STATUS,
    TIME,
    UNIT,
    ActiveSpec,
    Function,
    Values,
)
from .wire import ATTEMPTS, PAUSE, SPEAK, Now, Use, Wire, next_of, worth_a_retry

REAL_TIME: Final = bytes.fromhex("a01f")
TRIES: Final = 3  # live values of a plant, until they are valid
_AGAIN: Final = 1.0  # s

# Links of plants break after some seconds: the quick and rare ones first.
_ORDER: Final = (
    Function.BATTERY,
    Function.FIRMWARE,
    Function.CLOCK,
    Function.UNIT,
    Function.COMFORT,
    Function.LIVE,
)
ASKED: Final = frozenset(_ORDER)


@dataclass(slots=True)
class Look:
    """Hold what a sensor has told; ``ahead`` in seconds, ``missing`` is what it cannot do after all."""

    values: dict[Field, Value] = default(default_factory=dict)
    dial: Dial | None = None
    unit: Unit | None = None
    comfort: Comfort | None = None
    done: set[Function] = default(default_factory=set)
    missing: set[Function] = default(default_factory=set)
    failure: MiBmsError | None = None


class _Talk:
    """Be one connection."""

    def __init__(self, link: GattLink, spec: ActiveSpec, now: Now, found: Look) -> None:
        self.wire, self.spec, self.now, self.found = Wire(link), spec, now, found

    async def ask(self, function: Function) -> None:
        """Ask for one thing; raises what the connection or the answer was wrong with."""
        match function:
            case Function.BATTERY if self.spec.battery is not None:
                share = codec.battery(await self.wire.read(self.spec.battery))
                self.found.values[Field.BATTERY] = share
            case Function.FIRMWARE:
                await self._firmware()
            case Function.CLOCK:
                dial = codec.dial(await self.wire.read(TIME))
                self.found.dial = dial
                ahead = round(dial.ahead(self.now()))
                self.found.values[Field.CLOCK_DRIFT] = ahead
            case Function.UNIT:
                self.found.unit = codec.unit(await self.wire.read(UNIT))
            case Function.COMFORT:
                self.found.comfort = codec.comfort(await self.wire.read(COMFORT))
            case _:
                self.found.values.update(await live(self.wire, self.spec))

    async def _firmware(self) -> None:
        decode = codec.firmware
        if self.spec.firmware == PLANT_STATUS:
            decode = codec.plant_firmware
        told = decode(await self.wire.read(self.spec.firmware))
        self.found.values[Field.FIRMWARE] = told


async def live(wire: Wire, spec: ActiveSpec) -> codec.Live:
    """Read live values; raises ``NoAnswer`` from a sensor that does not speak."""
    if spec.values in (Values.PLANT, Values.POT):
        return await _plant(wire, spec)
    if not spec.spoken:
        return codec.live(spec.values, await wire.read(spec.live))
    heard = await wire.listen(spec.live)
    data = await next_of(heard, SPEAK)
    if data is None:
        if "read" not in wire.link.properties(spec.live):
            raise NoAnswer
        data = await wire.read(spec.live)
    return codec.live(spec.values, data)


async def _plant(wire: Wire, spec: ActiveSpec) -> codec.Live:
    left = TRIES
    while True:
        await wire.write(PLANT_COMMAND, REAL_TIME)
        if spec.settle:
            await asyncio.sleep(spec.settle)
        try:
            return codec.live(spec.values, await wire.read(spec.live))
        except FrameError:
            left -= 1
            if not left:
                raise
        await asyncio.sleep(_AGAIN)


async def look(
    use: Use, spec: ActiveSpec, wanted: Collection[Function], now: Now
) -> Look:
    """Ask for all that is wanted.

    Raises what was wrong when there is nothing to show for it; else the failure stands in the answer.
    """
    found = Look()
    # A battery that follows from the voltage comes with the live values.
    spare = spec.battery is None and Function.LIVE in wanted
    skip = {Function.BATTERY} if spare else set()
    functions = [one for one in _ORDER if one in wanted and one not in skip]
    for attempt in range(ATTEMPTS):
        if attempt:
            await asyncio.sleep(PAUSE)
        found.failure = None
        last = attempt > 0

        async def ask(link: GattLink, *, last: bool = last) -> None:
            await _ask(_Talk(link, spec, now, found), functions, last=last)

        try:
            await use(ask)
        except MiBmsError as err:
            found.failure = err
        if found.failure is None or not worth_a_retry(found.failure):
            break
    if found.failure is not None and not found.done:
        raise found.failure
    return found


async def _ask(talk: _Talk, functions: Collection[Function], *, last: bool) -> None:
    """Ask for what is still unknown; a second connection knows the table of services anew."""
    failure: MiBmsError | None = None
    for function in functions:
        if function in talk.found.done | talk.found.missing:
            continue
        try:
            await talk.ask(function)
        except Unreachable:
            raise
        except Unsupported as err:
            if last:
                talk.found.missing.add(function)
            else:
                failure = err
        except (FrameError, NoAnswer) as err:
            failure = failure or err
        else:
            talk.found.done.add(function)
    if failure is not None:
        raise failure
