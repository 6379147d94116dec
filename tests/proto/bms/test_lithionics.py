"""Lithionics: which lines a poll waits for, and the unit that only the user knows."""

import pytest

from custom_components.mi_bms.proto.bms.contract import CELSIUS
from custom_components.mi_bms.proto.bms.families.lithionics import FAMILY
from custom_components.mi_bms.proto.model.errors import FrameError
from tests.each import rows

from .talks import answer, frames_of, say

PRIMARY = b"1,01594,0525,048,048,0,00000,000000,080,000100"
COMMAS = b"1399,350,350,350,349,20,25,-3,99,000000"
STATUS = b"&,1,0525,0525,078,2,075845,0576,3300,FF03,0000,00,327,328,328"
FIRST = b"#,1,1,0000,0000,4,25.4,27.1,329,337,333,0005,0102,329,331,337,325"
SECOND = b"#,1,2,0000,0000,4,30.0,31.0,329,337,333,0005,0102,330,331,332,333"


def test_the_first_poll_listens_to_a_whole_round_and_later_ones_know_the_modules() -> (
    None
):
    context = say(FAMILY)
    draft = answer(FAMILY.poll(context), SECOND, PRIMARY, STATUS, FIRST, PRIMARY)
    assert [pack.cells[0] for pack in draft.packs] == [3.29, 3.3]
    draft = answer(FAMILY.poll(context), PRIMARY, STATUS, FIRST, SECOND)
    assert len(draft.packs) == 2
    draft = answer(FAMILY.poll(context), PRIMARY, STATUS, FIRST, None)
    assert len(draft.packs) == 1
    draft = answer(FAMILY.poll(context), PRIMARY, STATUS, FIRST, SECOND)
    assert len(draft.packs) == 2


@rows(("celsius", "found"), [(True, [20, 25]), (False, [-6.667, -3.889])])
def test_the_unit_of_temperature_is_told(celsius: bool, found: list[float]) -> None:
    context = say(FAMILY)
    context.memory[CELSIUS] = celsius
    draft = answer(FAMILY.poll(context), COMMAS, STATUS, None)
    assert [probe.celsius for probe in draft.probes] == found


@rows(
    "line",
    [
        FIRST.replace(b",4,", b",5,"),
        FIRST.replace(b",4,", b",0,"),
        FIRST.replace(b"25.4", b"2x.4"),
        COMMAS.replace(b"1399", b"13.99.1"),
        b"1399,350\xff",
    ],
)
def test_a_line_that_cannot_be_read_is_not_there(line: bytes) -> None:
    assert not frames_of(FAMILY, line + b"\r\n")
    assert frames_of(FAMILY, line + b"\r\n" + STATUS + b"\r\n") == [STATUS]


def test_totals_that_cannot_be_read_are_an_error() -> None:
    with pytest.raises(FrameError, match="number"):
        answer(FAMILY.poll(say(FAMILY)), COMMAS, b"&,1,x", None)
