"""Epoch Pro: several packs behind one module, registers in frames of its own. Source: what aiobmsble reads.

Request ``FA F3 16 register device count crc``, reply ``FA F3 16 device n data crc``; numbers big endian,
CRC-16/MODBUS over all before it, low byte first. A reply is known by device and length. The meaning of
the system's alarm bytes is not verified, so they are not read.
"""

from typing import Final

from ...model.errors import FrameError
from ...model.fields import Field
from ..catalogue import Listing, Match
from ..checksum import low_high, modbus16
from ..codec import Cells, Count, Draft, Num, Probes, Row, decode, decode_extra
from ..contract import Ask, Context, Family, Talk, Wire, extra
from ..framing import LengthFramer, length_at

LISTING: Final = Listing(
    title="Epoch Pro",
    brands=("Epoch",),
    match=(Match(service="ffe0", service_data="3333"),),
)

_HEAD: Final = b"\xfa\xf3\x16"
_SYSTEM_DEVICE: Final = 1
_PACKS: Final = Count(42, ">u2", most=16)

_SYSTEM: Final[tuple[Row, ...]] = (
    Num(Field.BATTERY_LEVEL, 8, ">u2"),
    Num(Field.BATTERY_HEALTH, 10, ">u2"),
    Num(Field.VOLTAGE, 14, ">u2", 0.01),
    Num(Field.CURRENT, 16, ">i2"),
    Num(Field.TEMPERATURE, 18, ">i2", 0.1),
    Num(Field.PACK_COUNT, 42, ">u2"),
    Num(Field.DESIGN_CAPACITY, 108, ">u2"),
)

_PACK: Final[tuple[Row, ...]] = (
    Num(Field.CYCLES, 16, ">u2"),
    Num(Field.VOLTAGE, 46, ">u2", 0.01),
    Num(Field.CURRENT, 48, ">i2", 0.01),
    Num(Field.CELL_COUNT, 50, ">u1"),
    Num(Field.TEMP_SENSORS, 51, ">u1"),
    Num(Field.BATTERY_LEVEL, 66, ">u2", 0.1),
    Num(Field.BATTERY_HEALTH, 68, ">u2"),
    Cells(72, Count(50, most=16)),
    Probes(104, Count(51, most=16)),
)


def _check(frame: bytes) -> None:
    """Check the CRC of a whole frame."""
    if low_high(modbus16(frame[:-2])) != frame[-2:]:
        raise FrameError("checksum")


def _ask(register: int, device: int, count: int) -> Ask:
    """Ask a device for registers."""
    core = _HEAD + register.to_bytes(2) + bytes((device,)) + count.to_bytes(2)
    return Ask(
        request=core + low_high(modbus16(core)),
        reply=_HEAD + bytes((device, 2 * count)),
    )


def _data(frame: bytes | None) -> bytes:
    """Return the data of a reply."""
    return (frame or b"")[5:-2]


_ASK_SYSTEM: Final = _ask(0x7654, _SYSTEM_DEVICE, 55)


def _poll(context: Context) -> Talk[Draft]:
    """Read the system, then each of its packs."""
    data = _data((yield _ASK_SYSTEM))
    draft = decode(_SYSTEM, data, Draft())
    for device in range(1, _PACKS.read(data) + 1):
        reply = yield from extra(context, _ask(0x75F8, device, 82))
        # One that does not answer keeps its place, so that no sum is made without it.
        pack = decode_extra(_PACK, reply and _data(reply), Draft())
        draft.packs.append(pack)
    return draft


FAMILY: Final = Family(
    id="epoch_pro",
    wires=(Wire(service="ffe0", notify=("ffe4",), write="ffe1"),),
    framer=lambda _context: LengthFramer((_HEAD,), length_at(4, 7), _check),
    dialogue=_poll,
    probe=_ASK_SYSTEM,
)
