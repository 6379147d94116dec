"""ANT BMS, current protocol (7E A1): little endian, CRC-16/MODBUS. Source: what aiobmsble, batmon-ha and ESPHome components read.

Request ``7E A1 func addr addr len [data] crc AA 55``, reply the same with ``func | 10`` and the length
of the data at byte 5. The end mark may also stand inside the data. Current and power count what is taken
out, as in the old protocol. A right password may be acknowledged, after a wrong one the battery stays
silent; few want one for reading. Long because a password, a length byte that is wrong in one reply, and
switches come on top of the rows.
"""

from dataclasses import replace
from typing import Final

from ...model.errors import AuthRejected, FrameError
from ...model.fields import Field
from ...model.sample import Place
from ...model.steps import Permit
from ..catalogue import Listing, Password, Secret, names
from ..checksum import low_high, modbus16
from ..codec import Cells, Draft, Flags, Num, Probes, Row, Text, decode
from ..contract import Ask, Context, Family, Talk, Wire, Write
from ..control import (
    SAID,
    Confidence,
    Control,
    Passphrase,
    Switch,
    Target,
    once,
    writer,
)
from ..dialects.ant import NOT_FITTED, PROTECTIONS, WARNINGS, read_codes
from ..dialects.ant_closed import UNAUTHORIZED, Spoken, answer, greet, opened
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
    password=Password(kind=Secret.TEXT, longest=16, refusal=UNAUTHORIZED),
)

_END: Final = b"\xaa\x55"
_INFO: Final = 0x12
_CHARGING, _ERROR = 2, 5
_MOST_PROBES, _MOST_CELLS = 6, 32


def _request(body: str, data: bytes = b"") -> bytes:
    """Build a request from function, address and length (hex) and data."""
    core = b"\xa1" + bytes.fromhex(body) + data
    return b"\x7e" + core + low_high(modbus16(core)) + _END


_STATUS: Final = _request("010000be")
_ASK_STATUS: Final = Ask(request=_STATUS, reply=b"\x7e\xa1\x11")
_FACTORY: Final = "123456789abc"
_UNLOCKED: Final = "unlocked"
_UNLOCKED_BY: Final = b"\x7e\xa1\x43"
_SURELY_SILENT: Final = 4  # questions


def _password(secret: bytes) -> bytes:
    """Build the frame that says the password."""
    return _request(f"236a01{len(secret):02x}", secret)


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
        # Words only: what makes the code is what the FETs say.
        Flags(10, "<u8", PROTECTIONS, mask=0),
        Flags(18, "<u8", WARNINGS, mask=0, eased=True),
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
        Num(Field.CURRENT, 40 + base, "<i2", -0.1),
        Num(Field.BATTERY_LEVEL, 42 + base, "<u2"),
        Num(Field.BATTERY_HEALTH, 44 + base, "<u2"),
        Num(Field.DESIGN_CAPACITY, 50 + base, "<u4", 1e-6),
        Num(Field.CYCLE_CHARGE, 54 + base, "<u4", 1e-6),
        Num(Field.TOTAL_CHARGE, 58 + base, "<u4", 0.001),
        Num(Field.POWER, 62 + base, "<i4", -1),
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
    # Boards that move charge between cells tell how, in the place of the mask.
    passive = not integer(frame, 49 + base, ">u1")
    balancing = integer(frame, 70 + base, "<u4") if passive else 0
    read_codes(frame, 46 + base, balancing, draft, charge_first=False)
    if state == _ERROR:
        draft.put(Field.PROBLEM, True)
    return decode(_rows(probes, cells), frame[:-4], draft)


def _login(context: Context) -> Talk[None]:
    """Say the password to a board that is silent without it."""
    yield from greet(context, _WORD)


def _say(context: Context) -> Talk[None]:
    """Say the password that it is read with."""
    yield Write(_password((context.secret or "").encode()))
    told = yield Ask(reply=_UNLOCKED_BY, timeout=0.2, optional=True)
    context.state[_UNLOCKED] = told is not None


_WORD: Final = Spoken(_say, range(1, 17))


def _poll(context: Context) -> Talk[Draft]:
    """Read the status."""
    return _decode((yield from answer(context, _ASK_STATUS, _WORD)))


def _inform(_context: Context) -> Talk[Draft]:
    """Read the names of hardware and software."""
    frame = yield Ask(request=_request("026c0220"), reply=b"\x7e\xa1\x12")
    rows = (Text("hw_version", 6, 16), Text("sw_version", 22, 16))
    return decode(rows, frame or b"", Draft())


def _unlock(context: Context, word: Passphrase) -> Talk[bool]:
    """Say the password that commands need; a board that knows another one says nothing at all from then on.

    One that still answers was not told a wrong one: either frame got lost, and it is said a second time. Never
    a third one: what was said for reading counts, and is not said again where it is the same and has opened it.
    """
    if context.state.get(_UNLOCKED):
        return True
    if opened(context, word.text):
        word.taken()
        return True
    frame = _password(word.text.encode("ascii", "replace"))
    before = int(_UNLOCKED in context.state)  # for reading
    for _ in range(before, SAID):
        if (yield Permit(word.may)) is None:
            return False
        if (yield once(frame, _UNLOCKED_BY)) is not None:
            context.state[_UNLOCKED] = True
            word.taken()
            return True
        if not (yield from _answers()):
            raise AuthRejected
    return False


def _answers() -> Talk[bool]:
    """Return whether the board says anything; silence that was a lost frame would be told as a wrong password."""
    for _ in range(_SURELY_SILENT):
        asked = replace(_ASK_STATUS, tries=1, timeout=1.0, optional=True)
        if (yield asked) is not None:
            return True
    return False


def _switch(target: Target, off: int, on: int) -> Switch:
    """Make the row of a target from the addresses that switch it."""
    return Switch(
        target=target,
        confidence=Confidence.PROVEN,
        source="captured and switched by esphome-ant-bms, switched by batmon-ha",
        on=(_request(f"51{on:02x}0000"),),
        off=(_request(f"51{off:02x}0000"),),
        told=True,
    )


_CONTROL: Final = Control(
    switches=(
        _switch(Target.CHARGE, 0x04, 0x06),
        _switch(Target.DISCHARGE, 0x01, 0x03),
        # Not the balancer: nothing tells whether it was switched while it has nothing to balance.
    ),
    write=writer(lambda request, frame: frame[2:5] == b"\x61" + request[3:5]),
    unlock=_unlock,
    factory_password=_FACTORY,
)


FAMILY: Final = Family(
    id="ant",
    wires=(Wire(service="ffe0", notify=("ffe1",), write="ffe1"),),
    framer=lambda _context: LengthFramer((b"\x7e\xa1",), _total, _check),
    dialogue=_poll,
    login=_login,
    inform=_inform,
    control=_CONTROL,
    probe=_ASK_STATUS,
    response=False,
)
