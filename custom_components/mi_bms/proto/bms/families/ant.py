"""ANT BMS, current protocol (7E A1): little endian, CRC-16/MODBUS. Source: what aiobmsble, batmon-ha and ESPHome components read.

Request ``7E A1 func addr addr len [data] crc AA 55``, reply the same with ``func | 10`` and the length
of the data at byte 5. The end mark may also stand inside the data. A password is never acknowledged,
and after a wrong one the battery stays silent. Long because a password that is never acknowledged, a
length byte that is wrong in one reply, and switches come on top of the rows.
"""

from collections.abc import Mapping
from typing import Final

from ...model.errors import AuthRejected, FrameError, NoAnswer
from ...model.fields import Field
from ...model.sample import Place
from ..catalogue import Listing, Password, Secret, names
from ..checksum import low_high, modbus16
from ..codec import Cells, Draft, Num, Probes, Row, Text, decode
from ..contract import Ask, Context, Family, Pause, Talk, Wire, Write
from ..dialects.ant import NOT_FITTED, read_codes
from ..framing import LengthFramer
from ..raw import integer

LISTING: Final = Listing(
    title="ANT BMS",
    brands=("ANT",),
    # With "@" or from 24 cells on it is this protocol; else the name tells the cells, not the protocol.
    match=(
        *names("ANT@BLE*", "ANT?BLE24*", "ANT?BLE3*", service="ffe0"),
        *names("ANT?BLE*", service="ffe0", sure=False),
    ),
    password=Password(kind=Secret.TEXT, longest=16),
)

_END: Final = b"\xaa\x55"
_INFO: Final = 0x12
_ANSWERED: Final = "answered"
_CHARGING, _ERROR = 2, 5
_MOST_PROBES, _MOST_CELLS = 6, 32


def _request(body: str, data: bytes = b"") -> bytes:
    """Build a request from function, address and length (hex) and data."""
    core = b"\xa1" + bytes.fromhex(body) + data
    return b"\x7e" + core + low_high(modbus16(core)) + _END


_STATUS: Final = _request("010000be")
_SWITCHES: Final[Mapping[Field, tuple[str, str]]] = {  # off, on
    Field.CHRG_MOSFET: ("51040000", "51060000"),
    Field.DISCHRG_MOSFET: ("51010000", "51030000"),
}


def _total(frame: bytes) -> int | None:
    """Return the length of a reply; the device information is longer than it says."""
    if len(frame) < 6:
        return None
    total = frame[5] + 10
    if frame[2] != _INFO:
        return total
    end = frame.find(_END, total - 2)
    if end < 0:
        return None if len(frame) < 255 else 0
    return end + 2


def _check(frame: bytes) -> None:
    """Check the end mark and the CRC, which stands where the length byte says."""
    if not frame.endswith(_END):
        raise FrameError("end")
    end = frame[5] + 6
    if low_high(modbus16(frame[1:end])) != frame[end : end + 2]:
        raise FrameError("checksum")


def _rows(probes: int, cells: int) -> tuple[Row, ...]:
    """Make the rows behind the counts; places of the values depend on them."""
    base = 2 * (probes + cells)
    return (
        Cells(34, cells, "<u2", empty=()),
        Probes(34 + 2 * cells, probes, "<i2", absent=(NOT_FITTED,)),
        Probes(
            34 + base,
            2,
            "<i2",
            places=(Place.MOSFET, Place.BALANCER),
            absent=(NOT_FITTED,),
        ),
        Num(Field.VOLTAGE, 38 + base, "<u2", 0.01),
        Num(Field.CURRENT, 40 + base, "<i2", 0.1),
        Num(Field.BATTERY_LEVEL, 42 + base, "<u2"),
        Num(Field.BATTERY_HEALTH, 44 + base, "<u2"),
        Num(Field.DESIGN_CAPACITY, 50 + base, "<u4", 1e-6),
        Num(Field.CYCLE_CHARGE, 54 + base, "<u4", 1e-6),
        Num(Field.TOTAL_CHARGE, 58 + base, "<u4", 0.001),
        Num(Field.POWER, 62 + base, "<i4"),
        Num(Field.UPTIME, 66 + base, "<u4"),
        Num(Field.DELTA_VOLTAGE, 82 + base, "<u2", 0.001),
        Num(Field.TOTAL_CHARGED, 100 + base, "<u4", 0.001, optional=True),
    )


def _decode(frame: bytes) -> Draft:
    """Read a status reply."""
    draft = Draft()
    state, probes, cells = (integer(frame, at, ">u1") for at in (7, 8, 9))
    if probes > _MOST_PROBES or cells > _MOST_CELLS:
        raise FrameError("count")
    draft.put(Field.TEMP_SENSORS, probes)
    draft.put(Field.CELL_COUNT, cells)
    draft.put(Field.BATTERY_CHARGING, state == _CHARGING)
    base = 2 * (probes + cells)
    balancing = integer(frame, 70 + base, "<u4")
    read_codes(frame, 46 + base, balancing, draft, charge_first=False)
    if state == _ERROR:
        draft.put(Field.PROBLEM, True)
    return decode(_rows(probes, cells), frame[:-4], draft)


def _login(context: Context) -> Talk[None]:
    """Send the password, if there is one."""
    if context.secret:
        secret = context.secret.encode("ascii", "replace")
        yield Write(_request(f"23016a{len(secret):02x}", secret))
        yield Pause(0.2)


def _poll(context: Context) -> Talk[Draft]:
    """Read the status; a battery that was silent since the password was given has refused it."""
    try:
        frame = yield Ask(request=_STATUS, reply=b"\x7e\xa1\x11")
    except NoAnswer:
        if context.secret and not context.memory.get(_ANSWERED):
            raise AuthRejected from None
        raise
    context.memory[_ANSWERED] = True
    return _decode(frame or b"")


def _inform(_context: Context) -> Talk[Draft]:
    """Read the names of hardware and software."""
    frame = yield Ask(request=_request("026c0220"), reply=b"\x7e\xa1\x12")
    rows = (Text("hw_version", 6, 16), Text("sw_version", 22, 16))
    return decode(rows, frame or b"", Draft())


def _control(context: Context, wanted: Mapping[Field, bool]) -> Talk[Draft]:
    """Switch the FETs and read back what they do now; a switch is not acknowledged."""
    for name, on in wanted.items():
        yield Write(_request(_SWITCHES[name][on]))
        yield Pause(1.0)
    return (yield from _poll(context))


FAMILY: Final = Family(
    id="ant",
    wires=(Wire(service="ffe0", notify=("ffe1",), write="ffe1"),),
    framer=lambda _context: LengthFramer((b"\x7e\xa1",), _total, _check),
    dialogue=_poll,
    login=_login,
    inform=_inform,
    control=_control,
    controls=tuple(_SWITCHES),
    probe=Ask(request=_STATUS, reply=b"\x7e\xa1\x11"),
    response=False,
)
