"""JBD: frames, tail, protections, password and switches beyond the recorded exchanges."""

import contextlib

from hypothesis import given, strategies as st
import pytest

from custom_components.mi_bms.proto.bms.alarms import Alarm
from custom_components.mi_bms.proto.bms.codec import Draft, decode
from custom_components.mi_bms.proto.bms.dialects import jbd, jbd_module
from custom_components.mi_bms.proto.bms.families.jbd import FAMILY
from custom_components.mi_bms.proto.model.errors import (
    AuthNeeded,
    AuthRejected,
    FrameError,
    NoAnswer,
)
from custom_components.mi_bms.proto.model.fields import Field
from custom_components.mi_bms.proto.model.sample import Place, Probe
from tests.each import rows

from .talks import answer, frames_of, say

VENDOR = (
    "DD03001B17000000 02D003E80000207800000000000010480 30F020B760B82FBFF77".replace(
        " ", ""
    )
)
DP04S007 = (
    "DD030022055F00004ADF4E2000022D1400000000000023600304010BB10000004E204ADF0000FAC277"
)


def reply(register: int, data: bytes, status: int = 0) -> bytes:
    core = bytes((status, len(data))) + data
    return (
        bytes((0xDD, register)) + core + jbd.high_low(jbd.negated_sum16(core)) + b"\x77"
    )


def basic(frame: str) -> Draft:
    return decode(jbd.ROWS, jbd.payload(bytes.fromhex(frame)), Draft())


def body(**changes: int) -> bytearray:
    """Make a small register 03 answer: four cells, no probe."""
    data = bytearray.fromhex("053300002710271000012d140000000000002064030400")
    for name, value in changes.items():
        data[int(name[1:])] = value
    return data


@rows(
    ("made", "frame"),
    [
        (jbd.request(jbd.BASIC), "dda50300fffd77"),
        (jbd.request(jbd.CELLS), "dda50400fffc77"),
        (jbd.request(jbd.HARDWARE), "dda50500fffb77"),
        (jbd.request(jbd.COUNTERS), "dda5aa00ff5677"),
        (jbd.write(0xE1, b"\x00\x02"), "dd5ae1020002ff1b77"),
        (jbd_module.module_request(0x15, b"000000"), "ffaa15063030303030303b"),
        (jbd_module.module_request(0x17), "ffaa170017"),
        (reply(0xE1, b""), "dde10000000077"),
    ],
)
def test_frames(made: bytes, frame: str) -> None:
    assert made.hex() == frame


def test_vendor_example() -> None:
    draft = basic(VENDOR)
    assert draft.values[Field.VOLTAGE] == 58.88
    assert draft.values[Field.CYCLE_CHARGE] == 7.2
    assert draft.values[Field.BATTERY_LEVEL] == 72
    assert draft.values[Field.CELL_COUNT] == 15
    assert draft.info == {"production_date": "2016-03-24", "sw_version": "1.0"}
    assert draft.probes == [Probe(20.3, Place.CELL), Probe(21.5, Place.CELL)]
    assert Field.FULL_CHARGE not in draft.values


def test_tail_with_full_capacity() -> None:
    draft = basic(DP04S007)
    assert draft.values[Field.CYCLE_CHARGE] == 191.67
    assert draft.values[Field.FULL_CHARGE] == 200.0
    assert draft.info["production_date"] == "2022-08-20"


def test_tail_with_coarse_unit_and_unknown_full_capacity() -> None:
    draft = decode(
        jbd.ROWS, bytes(body()) + bytes.fromhex("80 0000 0000 2710 0000"), Draft()
    )
    assert draft.values[Field.DESIGN_CAPACITY] == 1000.0
    assert draft.values[Field.VOLTAGE] == 13.31
    assert Field.FULL_CHARGE not in draft.values
    short = decode(jbd.ROWS, bytes(body()) + b"\x00", Draft())
    assert short.values[Field.DESIGN_CAPACITY] == 100.0


def test_balancing_words() -> None:
    draft = decode(jbd.ROWS, bytes(body(_13=0x08, _15=0x01)), Draft())
    assert draft.values[Field.BALANCER] == 0x1_0008


def test_unfitted_probes_and_impossible_dates_are_left_out() -> None:
    data = bytes(body(_22=2, _10=0, _11=0)) + bytes.fromhex("00000b8b")
    draft = decode(jbd.ROWS, data, Draft())
    assert draft.probes == [Probe(22.4, Place.CELL)]
    assert "production_date" not in draft.info


def test_protections() -> None:
    draft = decode(jbd.ROWS, bytes(body(_17=0x02, _16=0x20)), Draft())
    assert draft.alarms == {Alarm.CELL_UNDERVOLTAGE, Alarm.CHARGE_TIMEOUT}
    assert draft.values[Field.PROBLEM] is True
    locked = decode(jbd.ROWS, bytes(body(_16=0x10)), Draft())
    assert locked.alarms == {Alarm.MOSFET_LOCKED}
    assert locked.values[Field.PROBLEM_CODE] == 0x1000
    assert locked.values[Field.PROBLEM] is False


@rows(
    ("frame", "reason"),
    [
        ("dd0400080f450f3d0f370f3dfec777", "checksum"),
        ("dd0400080f450f3d0f370f3dfec678", "end"),
        ("dc0400080f450f3d0f370f3dfec677", "noise"),
        ("ddff7f08", "length"),
        ("ffaa15010015", "checksum"),
    ],
)
def test_broken_frames(frame: str, reason: str) -> None:
    framer = FAMILY.framer(say(FAMILY))
    assert list(framer.feed(bytes.fromhex(frame))) == []
    assert reason in framer.rejects


def test_the_end_byte_may_stand_at_the_end_of_a_notification() -> None:
    whole = reply(0x04, bytes.fromhex("0d770d77dd030d77"))
    assert frames_of(FAMILY, whole[:6], whole[6:8], whole[8:]) == [whole]


def test_refusals() -> None:
    with pytest.raises(FrameError, match="status"):
        jbd.payload(reply(4, b"", 0x80))
    with pytest.raises(AuthNeeded):
        jbd.payload(reply(4, b"", 0x81))


@rows(
    ("cells", "found"),
    [
        ("0d66 0000 0d68 0d59", [3.43, 0.0, 3.432, 3.417]),
        ("0d66 0d61 0d68 0d59 0000 0000", [3.43, 3.425, 3.432, 3.417]),
    ],
)
def test_dead_cells_stay_in_their_place(cells: str, found: list[float]) -> None:
    draft = answer(
        FAMILY.poll(say(FAMILY)),
        reply(3, bytes(body())),
        reply(4, bytes.fromhex(cells)),
    )
    assert draft.cells == found


@rows("cells", ["", "0d660d", "0d660d61"])
def test_cells_are_whole_or_none(cells: str) -> None:
    draft = answer(
        FAMILY.poll(say(FAMILY)),
        reply(3, bytes(body())),
        reply(4, bytes.fromhex(cells)),
    )
    assert draft.cells == []
    assert Field.VOLTAGE in draft.values


def test_without_a_count_all_cells_are_taken() -> None:
    draft = answer(
        FAMILY.poll(say(FAMILY)), reply(3, bytes(body(_21=0))), reply(4, b"\x0d\x66")
    )
    assert draft.cells == [3.43]


@given(data=st.binary(max_size=60), cells=st.binary(max_size=70))
def test_well_formed_nonsense_is_an_error_or_a_sample(
    data: bytes, cells: bytes
) -> None:
    with contextlib.suppress(FrameError):
        answer(FAMILY.poll(say(FAMILY)), reply(3, data), reply(4, cells))


def test_a_silent_module_that_wants_a_password() -> None:
    for code, error in ((0, AuthNeeded), (1, AuthNeeded), (2, NoAnswer)):
        with pytest.raises(error):
            answer(
                FAMILY.poll(say(FAMILY)),
                NoAnswer(),
                jbd_module.module_request(0x15, bytes((code,))),
            )
    with pytest.raises(NoAnswer):
        answer(FAMILY.poll(say(FAMILY)), NoAnswer(), None)
    with pytest.raises(NoAnswer):
        answer(FAMILY.poll(say(FAMILY, "000000")), NoAnswer())


def module(command: int, value: int) -> bytes:
    return jbd_module.module_request(command, bytes((value,)))


def test_cipher_check_values() -> None:
    mac = bytes.fromhex("A4C137042DBE")
    assert jbd_module.cipher(mac, b"000000", 0x62).hex() == "f65369967ff0"
    assert (
        jbd_module.cipher(mac, b"JBDbtpwd!@#2023", 0x37).hex()
        == "25baaa9d9005ae9b58775a6967696a"
    )


LONG = (module(0x17, 0x62), module(0x18, 0), module(0x17, 0x37), module(0x1D, 0))


@rows(
    ("secret", "answers"),
    [
        (None, ()),
        ("123123", (None,)),
        ("123123", (module(0x15, 2),)),
        ("123123", (module(0x15, 0), None)),
        ("123123", (module(0x15, 0), *LONG)),
        ("123123", (module(0x15, 1), module(0x15, 0), *LONG)),
        ("123123", (module(0x15, 1), module(0x15, 2))),
    ],
)
def test_accepted_passwords(
    secret: str | None, answers: tuple[bytes | None, ...]
) -> None:
    answer(jbd_module.login(say(FAMILY, secret)), *answers)


@rows(
    ("secret", "answers", "error"),
    [
        ("000000", (module(0x15, 1),), AuthRejected),
        ("123123", (module(0x15, 1), module(0x15, 1)), AuthRejected),
        ("123123", (module(0x15, 1), None), AuthRejected),
        ("123123", (module(0x15, 0), module(0x17, 1), module(0x18, 1)), AuthRejected),
        ("123123", (module(0x15, 0), *LONG[:2], None), NoAnswer),
        ("123123", (module(0x15, 0), *LONG[:3], module(0x1D, 1)), AuthRejected),
    ],
)
def test_refused_passwords(
    secret: str, answers: tuple[bytes | None, ...], error: type[Exception]
) -> None:
    with pytest.raises(error):
        answer(jbd_module.login(say(FAMILY, secret)), *answers)


def test_the_short_form_is_remembered() -> None:
    context = say(FAMILY, "123123")
    answer(jbd_module.login(context), module(0x15, 0), None)
    answer(jbd_module.login(context), module(0x15, 0))


def test_a_silent_module_is_asked_only_once_later() -> None:
    context = say(FAMILY, "123123")
    tries = []
    for reply_to_login in (None, module(0x15, 2), None):
        talk = jbd_module.login(context)
        step = next(talk)
        tries.append(getattr(step, "tries", 0))
        with pytest.raises(StopIteration):
            talk.send(reply_to_login)
    assert tries == [None, 1, None]


def test_hardware_name_may_be_refused() -> None:
    draft = answer(
        jbd.inform(say(FAMILY)), reply(3, bytes(body())), reply(5, b"", 0x80)
    )
    assert draft.info == {"production_date": "2022-08-20", "sw_version": "2.0"}
    draft = answer(
        jbd.inform(say(FAMILY)), reply(3, bytes(body())), reply(5, b"JBD-SP04")
    )
    assert draft.info["hw_version"] == "JBD-SP04"
