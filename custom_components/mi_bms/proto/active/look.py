"""Ask a sensor what it can tell: everything that is wanted, over as few connections as possible.

What one connection brought is kept when it breaks; the next one asks for the rest.
"""

from collections.abc import Collection
from dataclasses import dataclass, field as default
from typing import Final

from ..gatt.link import GattLink
from ..gatt.runner import Use
from ..model.errors import FrameError, MiBmsError, NoAnswer, Unsupported
from ..model.fields import Field
from ..model.reading import Value
from ..model.steps import Ask, Pause, Subscribe, Talk, Write
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
from .wire import SPEAK, Now, carry_out, read, worth_a_retry

REAL_TIME: Final = bytes.fromhex("a01f")
TRIES: Final = 3  # live values of a plant, until they are valid
_AGAIN: Final = 1.0  # s
_PROMPT: Final = 2.0  # s of an answer that tells a time

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
    """What a sensor has told; ``ahead`` in seconds, ``missing`` is what it cannot do after all."""

    values: dict[Field, Value] = default(default_factory=dict)
    dial: Dial | None = None
    unit: Unit | None = None
    comfort: Comfort | None = None
    done: set[Function] = default(default_factory=set)
    missing: set[Function] = default(default_factory=set)
    failure: MiBmsError | None = None


@dataclass(slots=True)
class _Asker:
    """What all connections ask for; ``failed`` once one of them did not bring everything."""

    spec: ActiveSpec
    now: Now
    functions: Collection[Function]
    found: Look = default(default_factory=Look)
    failed: bool = False

    def talk(self, link: GattLink) -> Talk[None]:
        """Ask for what is still unknown."""
        failure: MiBmsError | None = None
        for function in self.functions:
            if function in self.found.done | self.found.missing:
                continue
            try:
                yield from self._tell(link, function)
            except Unsupported as err:
                # The table of services may be of an older firmware; a second connection knows it anew.
                if self.failed:
                    self.found.missing.add(function)
                else:
                    failure = err
            except (FrameError, NoAnswer) as err:
                failure = failure or err
            else:
                self.found.done.add(function)
        if failure is not None:
            raise failure

    def worth(self, err: MiBmsError) -> bool:
        """Return whether another connection may bring more."""
        self.failed = True
        return worth_a_retry(err)

    def _tell(self, link: GattLink, function: Function) -> Talk[None]:
        """Ask for one thing; raises what the connection or the answer was wrong with."""
        found = self.found
        match function:
            case Function.BATTERY if self.spec.battery is not None:
                share = codec.battery((yield from read(self.spec.battery)))
                found.values[Field.BATTERY] = share
            case Function.FIRMWARE:
                of_plant = self.spec.firmware == PLANT_STATUS
                decode = codec.plant_firmware if of_plant else codec.firmware
                told = decode((yield from read(self.spec.firmware)))
                found.values[Field.FIRMWARE] = told
            case Function.CLOCK:
                asked = self.now()
                found.dial = codec.dial((yield from read(TIME)))
                heard = self.now()
                # An answer that was long on its way does not tell what is shown now.
                if heard.unix - asked.unix <= _PROMPT:
                    found.values[Field.CLOCK_DRIFT] = round(found.dial.ahead(heard))
            case Function.UNIT:
                found.unit = codec.unit((yield from read(UNIT)))
            case Function.COMFORT:
                found.comfort = codec.comfort((yield from read(COMFORT)))
            case _:
                found.values.update((yield from live(link, self.spec)))


def live(link: GattLink, spec: ActiveSpec) -> Talk[codec.Live]:
    """Return live values; raises ``NoAnswer`` from a sensor that does not speak."""
    if spec.values in (Values.PLANT, Values.POT):
        return (yield from _plant(spec))
    data = None
    if spec.spoken:
        yield Subscribe(spec.live)
        data = yield Ask(source=spec.live, timeout=SPEAK, optional=True)
        if data is None and "read" not in link.properties(spec.live):
            raise NoAnswer
    if data is None:
        data = yield from read(spec.live)
    return codec.live(spec.values, data)


def _plant(spec: ActiveSpec) -> Talk[codec.Live]:
    left = TRIES
    while True:
        yield Write(REAL_TIME, PLANT_COMMAND)
        yield Pause(spec.settle)
        try:
            return codec.live(spec.values, (yield from read(spec.live)))
        except FrameError:
            left -= 1
            if not left:
                raise
        yield Pause(_AGAIN)


async def look(
    use: Use, spec: ActiveSpec, wanted: Collection[Function], now: Now
) -> Look:
    """Return all that is wanted and could be read.

    Raises what was wrong when there is nothing to show for it; else the failure stands in the answer.
    """
    # A battery that follows from the voltage comes with the live values.
    spare = spec.battery is None and Function.LIVE in wanted
    skip = {Function.BATTERY} if spare else set()
    functions = [one for one in _ORDER if one in wanted and one not in skip]
    asker = _Asker(spec, now, functions)
    try:
        await carry_out(use, asker.talk, worth=asker.worth)
    except MiBmsError as err:
        asker.found.failure = err
        if not asker.found.done:
            raise
    return asker.found
