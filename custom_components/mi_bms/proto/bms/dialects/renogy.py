"""Renogy batteries: Modbus RTU device 30, one notification per reply, big endian. Source: what aiobmsble reads.

Current and device number of the replies differ between the two families. The level is not sent: it
follows from the two charges. The alarms are 112 bits wide; three of them are states, not alarms.
Several batteries behind one module answer as devices 30 to 37.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from ...model.fields import Field
from ..alarms import Alarm
from ..codec import (
    Bit,
    Cells,
    Count,
    Draft,
    Flags,
    Num,
    Probes,
    Row,
    Text,
    decode,
    decode_extra,
)
from ..contract import REST, Ask, Context, Family, Talk, Wire, extra, unless_refused
from . import modbus

_DEVICE: Final = 0x30
_FURTHER: Final = tuple(range(0x31, 0x38))
_PACKS: Final = "packs"
_SOUGHT: Final = "sought"
_STATES: Final = 0x0E  # bits of the last alarm byte: the FETs among them
_WAIT: Final = 0.7  # s; answers of a battery that is there come within half of it
_ALARMS: Final = (1 << 112) - 1 - _STATES

# Which way a cell's own bits point is disputed, so they say no more than that it is a cell.
_BITS: Final[Mapping[int, Alarm]] = {
    **dict.fromkeys(range(80, 112), Alarm.CELL_FAULT),
    16 + 31: Alarm.BOARD_OVERTEMPERATURE,
    16 + 30: Alarm.UNDERTEMPERATURE,
    16 + 29: Alarm.AMBIENT_OVERTEMPERATURE,
    16 + 28: Alarm.AMBIENT_UNDERTEMPERATURE,
    16 + 27: Alarm.HEATER_FAULT,
    16 + 26: Alarm.HEATER_FAULT,
    16 + 21: Alarm.CHARGE_OVERCURRENT,
    16 + 19: Alarm.DISCHARGE_OVERCURRENT,
    0: Alarm.SHORT_CIRCUIT,
    4: Alarm.CHARGE_OVERCURRENT,
    5: Alarm.DISCHARGE_OVERCURRENT,
    6: Alarm.PACK_OVERVOLTAGE,
    7: Alarm.CELL_UNDERVOLTAGE,
    8: Alarm.CELL_OVERVOLTAGE,
    9: Alarm.CHARGE_OVERCURRENT,
    10: Alarm.DISCHARGE_OVERCURRENT,
    11: Alarm.DISCHARGE_UNDERTEMPERATURE,
    12: Alarm.DISCHARGE_OVERTEMPERATURE,
    13: Alarm.CHARGE_UNDERTEMPERATURE,
    14: Alarm.CHARGE_OVERTEMPERATURE,
    15: Alarm.PACK_UNDERVOLTAGE,
}
_WARNINGS: Final[Mapping[int, Alarm]] = {
    0: Alarm.CELL_UNDERVOLTAGE_WARNING,
    1: Alarm.CELL_OVERVOLTAGE_WARNING,
    2: Alarm.PACK_UNDERVOLTAGE_WARNING,
    3: Alarm.PACK_OVERVOLTAGE_WARNING,
    4: Alarm.CHARGE_UNDERTEMPERATURE_WARNING,
    5: Alarm.CHARGE_OVERTEMPERATURE_WARNING,
    6: Alarm.DISCHARGE_UNDERTEMPERATURE_WARNING,
    7: Alarm.DISCHARGE_OVERTEMPERATURE_WARNING,
    11: Alarm.LEVEL_HIGH,
}
# Of the second status word: neither warnings nor states.
_UNNAMED: Final = 1 << 9 | 1 << 10 | 1 << 12

_CELLS: Final[tuple[Row, ...]] = (
    Num(Field.CELL_COUNT, 0, ">u2"),
    Cells(2, Count(0, ">u2", most=16), scale=0.1),
    Num(Field.TEMP_SENSORS, 34, ">u2"),
    Probes(36, Count(34, ">u2", most=16), ">i2", 0.1),
)

_STATUS: Final[tuple[Row, ...]] = (
    Flags(0, ">u14", _BITS, mask=_ALARMS),
    Flags(14, ">u2", _WARNINGS, mask=0, serious=_UNNAMED),
    Bit(Field.CHRG_MOSFET, 13, 0x02),
    Bit(Field.DISCHRG_MOSFET, 13, 0x04),
    Bit(Field.HEATER, 14, 0x20),
)

_INFO: Final[tuple[Row, ...]] = (
    Text("serial_number", 12, 16),
    Text("name", 36, 16),
    Text("sw_version", 52, 4),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dialogue:
    """The questions to the batteries of one family: ``main`` are the rows of the first reply."""

    main: tuple[Row, ...]
    answers: bytes

    def question(self, device: int, register: int, count: int, *rows: Row) -> Ask:
        """Return the question for registers of a device."""
        return modbus.question(
            register, count, rows, device=device, answers=self.answers
        )

    def poll(self, context: Context) -> Talk[Draft]:
        """Read the battery, and the further ones behind the same module."""
        ask = self.question(_DEVICE, 0x13B2, 7)
        first = (yield from self._pack(context, _DEVICE, ask)) or Draft()
        if self.answers:
            return first
        known = bytes(context.memory.get(_PACKS, b""))  # type: ignore[arg-type]
        packs = [first]
        for device in _candidates(context, known):
            ask = replace(self.question(device, 0x13B2, 7), optional=True)
            if device not in known:
                ask = replace(ask, tries=1, timeout=_WAIT)
            found = yield from self._pack(context, device, ask)
            if found is not None and device not in known:
                known += bytes((device,))
            if device in known:
                # One that is silent now keeps its place: without it the sums are not known.
                packs.append(found or Draft())
        context.memory[_PACKS] = known
        return Draft(packs=packs) if known else first

    def _pack(self, context: Context, device: int, ask: Ask) -> Talk[Draft | None]:
        """Read one battery; None if it does not answer."""
        frame = yield ask
        if frame is None:
            return None
        draft = decode(self.main, modbus.body(frame), Draft())
        frame = yield from unless_refused(context, self.question(device, 0x13EC, 8))
        if frame is None:
            draft.unknown.add(Field.PROBLEM)
        else:
            decode(_STATUS, modbus.body(frame), draft)
        frame = yield from extra(context, self.question(device, 0x1388, 34))
        return decode_extra(_CELLS, frame and modbus.body(frame), draft)


def family(
    family_id: str,
    wires: tuple[Wire, ...],
    *,
    ampere: float,
    cycles: Row,
    answers: bytes = b"",
    uncertain: bool = False,
) -> Family:
    """Make a family: ``ampere`` is the unit of the current, ``answers`` who may reply to everything.

    Where devices answer by their own number, several of them are sought.
    """
    dialogue = _Dialogue(
        main=(
            Num(Field.CURRENT, 0, ">i2", ampere),
            Num(Field.VOLTAGE, 2, ">u2", 0.1),
            Num(Field.CYCLE_CHARGE, 4, ">u4", 0.001),
            Num(Field.DESIGN_CAPACITY, 8, ">u4", 0.001),
            cycles,
        ),
        answers=answers,
    )
    return Family(
        id=family_id,
        wires=wires,
        framer=lambda _context: modbus.framer(answers or bytes((_DEVICE, *_FURTHER))),
        dialogue=dialogue.poll,
        inform=modbus.reader(dialogue.question(_DEVICE, 0x13F0, 28, *_INFO)),
        probe=dialogue.question(_DEVICE, 0x13B2, 7),
        uncertain=uncertain,
    )


def _candidates(context: Context, known: bytes) -> Sequence[int]:
    """Return the further devices to ask: those that answered before, now and then all of them."""
    since = context.now - int(context.memory.get(_SOUGHT, -REST))
    if 0 <= since < REST or _SOUGHT in context.state:
        return known
    context.state[_SOUGHT] = True
    context.memory[_SOUGHT] = context.now
    return _FURTHER
