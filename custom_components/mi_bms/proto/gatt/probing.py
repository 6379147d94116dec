"""Find out the family of a device by asking it."""

from collections.abc import Callable, Iterable
from dataclasses import replace
import time
from typing import Final

from ..bms.contract import Ask, Family, Talk
from ..model.errors import FrameError, NoAnswer, PairingNeeded, Unsupported
from .line import Device, Line, Memory, fitting_wires
from .link import GattLink

PROBE_TRIES: Final = 2


async def probe(
    link: GattLink,
    device: Device,
    families: Iterable[Family],
    *,
    clock: Callable[[], float] = time.time,
) -> str | None:
    """Return the family of a device, found by asking; only read-only questions, the first valid answer decides.

    The order of ``families`` is the order of asking. Returns the id, or None when nothing fits; a device
    that wants a password first raises ``AuthNeeded``, one that wants a pairing ``PairingNeeded``.
    """
    line: Line | None = None
    refused: PairingNeeded | None = None
    for family in families:
        if family.probe is None:
            continue
        try:
            wire = fitting_wires(family, link)[0]
        except Unsupported:
            continue
        line = Line(family, link, device, wire, Memory(), before=line)
        line.context.now = int(clock())
        try:
            await line.runner.run(_first(line, family.probe))
        except FrameError, NoAnswer:
            continue
        except PairingNeeded as err:
            if err.code is None:
                raise
            # What one family writes to may be closed, what the next one writes to open.
            refused = err
        else:
            return family.id
    if refused is not None:
        raise refused
    return None


def _first(line: Line, question: Ask) -> Talk[None]:
    """Ask a family's first question."""
    yield from line.subscribe()
    yield replace(question, tries=PROBE_TRIES, optional=False)
