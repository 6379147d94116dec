"""JK boards: their requests, and what of them can be switched.

Request ``AA 55 90 EB register len value*4 0*9 sum``, little endian, 8-bit sum. A command is acknowledged
by register C8, which does not name the one it answers. Settings (type 01) tell the commands, cell
information tells what conducts. Source: captures and clients of esphome-jk-bms, batmon-ha.
"""

from collections.abc import Mapping
from typing import Final

from ..checksum import sum8
from ..codec import Draft
from ..contract import Ask, Context, Note, Talk
from ..control import Commands, Confidence, Control, Switch, Target, writer
from ..raw import integer

HEAD: Final = b"\x55\xaa\xeb\x90"
ANSWER_HEAD: Final = b"\xaa\x55\x90\xeb"
READY: Final = ANSWER_HEAD + b"\xc8"
SETTINGS, CELLS, INFO = b"\x01", b"\x02", b"\x03"
# Notes in the memory of a device.
VERSION: Final = "version"
FLOATS: Final = "floats"
WIDE: Final = 11  # the first version with 32 cells

_REGISTERS: Final[Mapping[Target, int]] = {
    Target.CHARGE: 0x1D,
    Target.DISCHARGE: 0x1E,
    Target.BALANCER: 0x1F,
    Target.HEATER: 0x27,
}
_TOLD_AT: Final[Mapping[Target, int]] = {
    Target.CHARGE: 118,
    Target.DISCHARGE: 122,
    Target.BALANCER: 126,
}
_HEATER_AT: Final = 282


def request(command: int, data: bytes = b"") -> bytes:
    """Return a request; data is the value of a register."""
    core = ANSWER_HEAD + bytes((command, len(data))) + data.ljust(13, b"\0")
    return core + bytes((sum8(core),))


def _switch(target: Target) -> Switch:
    """Make the row of a target."""
    off, on = (
        request(_REGISTERS[target], value.to_bytes(4, "little")) for value in (0, 1)
    )
    return Switch(
        target=target,
        confidence=Confidence.PROVEN,
        source="captured and switched by esphome-jk-bms, switched by batmon-ha",
        on=(on,),
        off=(off,),
        told=True,
    )


def fits(memory: Mapping[str, Note], target: Target) -> bool:
    """Return whether a board has a target: none with floats, a heater only those for 32 cells."""
    version = memory.get(VERSION)
    if memory.get(FLOATS) or not isinstance(version, int):
        return False
    return target is not Target.HEATER or version >= WIDE


def read_settings(memory: Mapping[str, Note], frame: bytes, draft: Draft) -> None:
    """Read which commands are in force; what is neither on nor off is left out."""
    for target, at in _TOLD_AT.items():
        if fits(memory, target) and (raw := integer(frame, at, "<u4")) in (0, 1):
            draft.switches[target] = bool(raw)
    if fits(memory, Target.HEATER):
        draft.switches[Target.HEATER] = bool(integer(frame, _HEATER_AT, ">u1") & 1)


def _ask(context: Context) -> Talk[Commands]:
    """Ask for the settings; the stream of cell information goes on behind them."""
    frame = yield Ask(request=request(0x96), reply=HEAD + SETTINGS)
    draft = Draft()
    read_settings(context.memory, frame or b"", draft)
    return draft.switches


CONTROL: Final = Control(
    switches=tuple(map(_switch, _REGISTERS)),
    write=writer(lambda _request, frame: frame.startswith(READY)),
    ask=_ask,
    names=False,
    fits=fits,
)
