"""Modbus RTU as many batteries speak it over Bluetooth. Source: the Modbus families above.

Request: device, function, register, count, CRC; reply: device, function, byte count, data, CRC. Numbers
are big endian, the CRC (CRC-16/MODBUS) has its low byte first. Replies repeat no register: device,
function and byte count tell them apart. Rows count from the first data byte.
"""

from typing import Final

from ...model.fields import Field
from ..codec import Draft, Row, decode
from ..contract import Ask, Context, Dialogue, Family, Talk, Wire
from ..framing import modbus, modbus_read

BODY: Final = 3  # bytes before the data
TAIL: Final = 2  # bytes behind the data

COILS: Final = 1
REGISTERS: Final = 3
INPUTS: Final = 4


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
    never: frozenset[Field] = frozenset(),
    uncertain: bool = False,
) -> Family:
    """Make a family that is read by a fixed plan of questions; the first one is also its probe."""
    return Family(
        id=family_id,
        wires=wires,
        framer=lambda _context: modbus(devices),
        plan=plan,
        body=BODY,
        tail=TAIL,
        inform=reader(inform) if inform else None,
        probe=plan[0],
        never=never,
        uncertain=uncertain,
    )
