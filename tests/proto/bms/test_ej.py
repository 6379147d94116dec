"""E&J: layout, checksum and the values that are wrong on purpose."""

import contextlib
from dataclasses import replace

from hypothesis import given, strategies as st
import pytest

from custom_components.mi_bms.proto.bms.alarms import Alarm
from custom_components.mi_bms.proto.bms.checksum import inverted_sum8
from custom_components.mi_bms.proto.bms.codec import Draft
from custom_components.mi_bms.proto.bms.derive import finish
from custom_components.mi_bms.proto.bms.dialects import ej
from custom_components.mi_bms.proto.bms.families.ej import FAMILY
from custom_components.mi_bms.proto.model.errors import FrameError
from custom_components.mi_bms.proto.model.fields import Field
from tests.each import rows

from .talks import answer, frames_of, say

CAPACITY = b":009031001E00000002000A000AD8~"
SEED = (
    "008231008C" + "00" * 7 + "0CB90CBA0CBB0CB6" + "0000" * 12 + "00B400003D3D3D3D"
    "F00000137600310000110140" + "07D007D0"
)


def sealed(digits: str) -> bytes:
    text = digits.encode()
    return b":" + text + f"{inverted_sum8(text):02X}~".encode()


def changed(at: int, data: str, digits: str = SEED) -> bytes:
    """Make the seed frame with other bytes at a byte offset."""
    return sealed(digits[: 2 * at] + data + digits[2 * at + len(data) :])


def poll(*answers: bytes) -> Draft:
    return answer(FAMILY.poll(say(FAMILY)), *answers)


def short(digits: str = SEED) -> bytes:
    """Make the answer that ends after the level."""
    return sealed(digits[:6] + "0080" + digits[10:124])


def test_requests_are_sealed() -> None:
    for request in (ej.REALTIME, ej.CAPACITY):
        ej.check(request)


def test_the_seed_frame() -> None:
    sample = finish(poll(sealed(SEED)))
    assert sample.cells == (3.257, 3.258, 3.259, 3.254)
    assert sample.values[Field.FULL_CHARGE] == 200.0
    assert Field.BALANCER not in sample.values
    assert sealed(SEED).endswith(b"B6~")


def test_short_answers_need_the_capacities() -> None:
    draft = poll(short(), CAPACITY)
    assert (draft.values[Field.CYCLE_CHARGE], draft.values[Field.DESIGN_CAPACITY]) == (
        0.2,
        1.0,
    )
    assert draft.values[Field.BATTERY_LEVEL] == 17


@rows("counter", ["0000", "0004", "0010", "1376"])
def test_the_long_answer_never_tells_who_balances(counter: str) -> None:
    assert Field.BALANCER not in poll(changed(55, counter)).values


@rows("raw", ["00", "A1", "FF"])
def test_a_probe_that_cannot_be_is_left_out(raw: str) -> None:
    draft = poll(changed(48, raw))
    assert draft.probes == []
    assert draft.values[Field.BATTERY_LEVEL] == 17


def test_alarms() -> None:
    draft = poll(changed(52, "A0A0"))
    assert draft.values[Field.PROBLEM_CODE] == 0x00A0
    assert draft.alarms == {Alarm.SHORT_CIRCUIT, Alarm.DISCHARGE_OVERCURRENT}
    assert (draft.values[Field.CHRG_MOSFET], draft.values[Field.DISCHRG_MOSFET]) == (
        True,
        False,
    )


def test_discharging() -> None:
    assert poll(changed(44, "000000C8")).values[Field.CURRENT] == -2.0


@rows(("at", "data"), [(44, "C351"), (46, "C351"), (62, "2711"), (66, "FFFF")])
def test_rubbish_is_out_of_range(at: int, data: str) -> None:
    with pytest.raises(FrameError, match="range"):
        poll(changed(at, data))


def test_short_tables() -> None:
    with pytest.raises(FrameError, match="short"):
        poll(sealed("0082310010" + "00"))


@rows(
    ("frame", "reason"),
    [
        (b":0082~", "digits"),
        (b":00823100XX0000~", "digits"),
        (b":00823100110000~", "length"),
        (sealed(SEED)[:-3] + b"B7~", "checksum"),
    ],
)
def test_broken_frames(frame: bytes, reason: str) -> None:
    framer = FAMILY.framer(say(FAMILY))
    assert list(framer.feed(frame)) == []
    assert reason in framer.rejects


def test_module_noise_and_restarts() -> None:
    frame = sealed(SEED)
    assert frames_of(
        FAMILY, b"AT\r\n", b"AT\r\nillegal", frame[:20], frame[:40], frame[40:]
    ) == [frame]


def test_one_module_never_fills_in_the_checksum() -> None:
    broken = sealed(SEED)[:-3] + b"00~"
    assert frames_of(FAMILY, broken) == []
    context = replace(say(FAMILY), name="libattU_1")
    assert list(FAMILY.framer(context).feed(broken)) == [broken]


@given(data=st.binary(max_size=100))
def test_well_formed_nonsense_is_an_error_or_a_sample(data: bytes) -> None:
    frame = sealed(
        f"00823100{2 * len(data) + 14:02X}"[:6]
        + f"{2 * len(data) + 14:04X}"
        + data.hex().upper()
    )
    assert frames_of(FAMILY, frame) == [frame]
    with contextlib.suppress(FrameError):
        poll(frame, CAPACITY) if len(frame) < 140 else poll(frame)
