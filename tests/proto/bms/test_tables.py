"""Tables of single families that no recording covers: alarm words, states among them, places without a probe."""

import struct
from typing import Any

import pytest

from custom_components.mi_bms.proto.bms import registry
from custom_components.mi_bms.proto.bms.alarms import Alarm
from custom_components.mi_bms.proto.bms.checksum import sum8
from custom_components.mi_bms.proto.bms.codec import Draft, Flags, decode
from custom_components.mi_bms.proto.bms.contract import Ask, unless_silent
from custom_components.mi_bms.proto.bms.dialects import daly, gobel
from custom_components.mi_bms.proto.bms.families import (
    basen,
    braunpwr,
    daly as new_daly,
    daly_legacy,
    jikong,
)
from custom_components.mi_bms.proto.model.fields import Field
from tests.each import rows
from tests.replay.batteries import replay

from .fixtures import VECTORS
from .talks import answer, say


def flags(row: Flags, *bits: int) -> Draft:
    """Read a row whose number has these bits."""
    order = "little" if row.raw[0] == "<" else "big"
    number = sum(1 << bit for bit in bits).to_bytes(int(row.raw[2:]), order)  # type: ignore[arg-type]
    return decode((row,), bytes(row.at) + number, Draft())


def row_of(rows: Any) -> Flags:
    """Find the row of the alarm bits."""
    return next(row for row in rows if isinstance(row, Flags))


JK: tuple[Flags, ...] = (row_of(jikong._ROWS_32S),)
DALY = row_of(new_daly._D2_ROWS)
OLD_DALY = row_of(daly_legacy._PLAN[0x98])


@rows(
    ("row", "bits", "problem", "alarms"),
    [
        (JK[0], (4, 18, 19), False, set()),
        (JK[0], (28,), True, {Alarm.MOSFET_LOCKED}),
        (JK[0], (19, 11), True, {Alarm.CELL_UNDERVOLTAGE}),
        (JK[0], (29,), True, set()),
        (
            DALY,
            (36, 37),
            False,
            {Alarm.LEVEL_HIGH_WARNING, Alarm.LEVEL_HIGH},
        ),
        (DALY, (38, 40, 42, 44, 46), False, None),
        (DALY, (45,), True, set()),
        (DALY, tuple(range(48, 64, 2)), False, None),
        (DALY, (39,), True, {Alarm.LEVEL_LOW}),
        (DALY, (53,), True, {Alarm.PACK_OVERVOLTAGE}),
        (DALY, (20,), True, {Alarm.CHARGE_MOSFET_FAULT}),
        (DALY, (3,), True, set()),
        # The first byte of the old frame is the highest of the number.
        (OLD_DALY, (56,), False, {Alarm.CELL_OVERVOLTAGE_WARNING}),
        (OLD_DALY, (57,), True, {Alarm.CELL_OVERVOLTAGE}),
        (OLD_DALY, (49,), True, {Alarm.CHARGE_OVERTEMPERATURE}),
        (OLD_DALY, (43,), True, {Alarm.DISCHARGE_OVERCURRENT}),
        (OLD_DALY, (44, 45), False, {Alarm.LEVEL_HIGH_WARNING, Alarm.LEVEL_HIGH}),
        (OLD_DALY, (33,), True, {Alarm.CELL_IMBALANCE}),
        (OLD_DALY, (28,), True, {Alarm.CHARGE_MOSFET_FAULT}),
        (OLD_DALY, (20,), True, {Alarm.CLOCK_FAULT}),
        (OLD_DALY, (10,), True, {Alarm.SHORT_CIRCUIT}),
        (OLD_DALY, (0,), True, set()),
        (gobel.words(0), tuple(range(8, 13)), False, set()),
        (gobel.words(0), (14, 15), False, set()),
        (gobel.words(0), (13,), True, set()),
        (gobel.words(0), (5,), True, {Alarm.FRONTEND_FAULT}),
        (gobel.words(0), (23,), True, {Alarm.CHARGER_OVERVOLTAGE}),
        (gobel.words(0), (31,), True, set()),
        (gobel.words(0), (47,), False, {Alarm.LEVEL_LOW_WARNING}),
        (gobel.words(0), (38,), True, set()),
        (row_of(braunpwr._ASK_STATUS.rows), (0,), True, {Alarm.OVERCURRENT}),
        (row_of(braunpwr._ASK_STATUS.rows), (1,), True, set()),
        (row_of(braunpwr._ASK_STATUS.rows), (12,), False, {Alarm.MOSFET_LOCKED}),
        (row_of(basen._STATUS_ROWS), (7, 15, 20, 28), False, set()),
        (row_of(basen._STATUS_ROWS), (19,), False, {Alarm.CELL_IMBALANCE_WARNING}),
        (row_of(basen._STATUS_ROWS), (13,), True, {Alarm.SHORT_CIRCUIT}),
    ],
)
def test_bits(
    row: Flags,
    bits: tuple[int, ...],
    problem: bool,
    alarms: set[Alarm] | None,
) -> None:
    draft = flags(row, *bits)
    assert draft.values[Field.PROBLEM] is problem
    if alarms is not None:
        assert draft.alarms == alarms


def test_groups_of_daly_lie_in_both_orders() -> None:
    assert daly.bits((Alarm.SHORT_CIRCUIT,), ())[8] is Alarm.SHORT_CIRCUIT
    assert set(new_daly._ALARMS.values()) < set(daly_legacy._ALARMS.values())


def jk04(*cells: float) -> Draft:
    """Poll a board of the float layout."""
    family = registry.load("jikong")
    frame = bytearray(b"\x55\xaa\xeb\x90\x02\x01".ljust(299, b"\0"))
    for n, volts in enumerate(cells):
        struct.pack_into("<f", frame, 6 + 4 * n, volts)
    context = say(family)
    context.memory["version"] = 8
    context.state["streams"] = True
    return answer(family.poll(context), bytes(frame) + bytes((sum8(bytes(frame)),)))


@rows("count", [4, 8, 16, 24])
def test_floats_are_told_by_the_frame(count: int) -> None:
    volts = [3.3 + n / 1000 for n in range(count)]
    assert jk04(*volts).cells == pytest.approx(volts, abs=0.0006)


def test_a_dead_cell_among_floats_stays() -> None:
    assert jk04(0.0, 3.3, 0.0, 3.3).cells == [0.0, 3.3, 0.0, 3.3]


def test_whole_numbers_are_no_floats() -> None:
    mine = [
        vector
        for vector in VECTORS
        if vector["family"] == "jikong" and vector["kind"] == "decode"
    ]
    floats = {
        "jikong:update[JK04]",
        "jikong:recorded[JK04]",
        "jikong:hardware_8",
    }
    assert len(mine) > len(floats)
    for vector in mine:
        whole = "battery_level" in replay(vector)["values"]
        assert whole is (vector["id"] not in floats)


@rows(("heater", "raw", "found"), [(0, -8000, None), (0, 0, 0.0), (1, 2500, 2.5)])
def test_heater_current_of_jk(heater: int, raw: int, found: float | None) -> None:
    draft = Draft(values={Field.HEATER: bool(heater)})
    jikong._heater_current(0, raw.to_bytes(2, "little", signed=True), draft)
    assert draft.values.get(Field.HEATER_CURRENT) == found


def test_what_may_be_silent_is_not_waited_for_when_time_is_short() -> None:
    context = say(registry.load("braunpwr"))
    context.spent = lambda: 1000.0
    assert answer(unless_silent(context, Ask(request=b"?"))) is None
