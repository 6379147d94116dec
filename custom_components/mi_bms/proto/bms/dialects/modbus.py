"""Modbus RTU as many batteries speak it over Bluetooth. Source: the Modbus families above.

Request: device, function, register, count, CRC; reply: device, function, byte count, data, CRC. Numbers
are big endian, the CRC (CRC-16/MODBUS) has its low byte first. Replies repeat no register: device,
function and byte count tell them apart. Rows count from the first data byte.
"""

from typing import Final

from ...model.errors import FrameError
from ...model.fields import Field
from ..checksum import low_high, modbus16
from ..codec import Draft, Row, decode
from ..contract import Ask, Context, Dialogue, Family, Talk, Wire
from ..framing import Check, LengthFramer
from ..settings.asking import asking

BODY: Final = 3  # bytes before the data
TAIL: Final = 2  # bytes behind the data

COILS: Final = 1
REGISTERS: Final = 3
INPUTS: Final = 4
_WRITES: Final = (0x05, 0x06, 0x0F, 0x10)


def check_modbus(frame: bytes) -> None:
    """Check the CRC of a Modbus RTU frame (low byte first); an exception reply is an error of its own."""
    if low_high(modbus16(frame[:-2])) != frame[-2:]:
        raise FrameError("checksum")
    if frame[1] & 0x80:
        raise FrameError("exception")


def framer(
    devices: bytes,
    functions: bytes = b"\x03",
    check: Check = check_modbus,
    *,
    most: int = 260,
) -> LengthFramer:
    """Return the framer of Modbus RTU replies: device, function, byte count, data, CRC.

    An exception has five bytes; a write is answered by eight, the request or its beginning.
    """

    def total(frame: bytes) -> int | None:
        if len(frame) < 3:
            return None
        if frame[1] & 0x80:
            return 5
        return 8 if frame[1] in _WRITES else frame[2] + 5

    heads = tuple(
        bytes((device, function | failed))
        for device in devices
        for function in functions
        for failed in (0, 0x80)
    )
    return LengthFramer(heads, total, check, most=most)


def modbus_read(device: int, register: int, count: int, function: int = 3) -> bytes:
    """Return a Modbus RTU request for ``count`` registers."""
    question = bytes((device, function)) + register.to_bytes(2) + count.to_bytes(2)
    return question + low_high(modbus16(question))


def question(
    register: int,
    count: int,
    rows: tuple[Row, ...] = (),
    *,
    device: int = 1,
    function: int = REGISTERS,
    answers: bytes = b"",
    optional: bool = False,
    longer: bool = False,
    tries: int | None = None,
) -> Ask:
    """Ask for ``count`` registers or coils; ``answers`` are the device numbers that may reply, if others.

    ``longer`` takes answers with more data than were asked for, where nothing else could be meant.
    """
    size = (count + 7) // 8 if function == COILS else 2 * count
    devices = answers or bytes((device,))
    return Ask(
        request=modbus_read(device, register, count, function),
        reply=lambda frame: (
            frame[0] in devices
            and frame[1] == function
            and (frame[2] == size or (longer and frame[2] > size and frame[2] % 2 == 0))
        ),
        rows=rows,
        optional=optional,
        tries=tries,
    )


def body(frame: bytes | None) -> bytes:
    """Return the data of a reply."""
    return (frame or b"")[BODY:-TAIL]


def reader(*questions: Ask) -> Dialogue[Draft]:
    """Make a dialogue that asks each question and applies its rows."""

    def read(_context: Context) -> Talk[Draft]:
        draft = Draft()
        for ask in questions:
            decode(ask.rows, body((yield ask)), draft)
        return draft

    return read


def family(
    family_id: str,
    wires: tuple[Wire, ...],
    plan: tuple[Ask, ...],
    *,
    devices: bytes = b"\x01",
    inform: Ask | None = None,
    settings: Ask | None = None,
    never: frozenset[Field] = frozenset(),
    uncertain: bool = False,
) -> Family:
    """Make a family that is read by a fixed plan of questions; the first one is also its probe."""
    return Family(
        id=family_id,
        wires=wires,
        framer=lambda _context: framer(devices),
        plan=plan,
        body=BODY,
        tail=TAIL,
        inform=reader(inform) if inform else None,
        settings=asking(body, settings) if settings else None,
        probe=plan[0],
        never=never,
        uncertain=uncertain,
    )
