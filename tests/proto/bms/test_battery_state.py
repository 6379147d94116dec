"""A battery is charged, discharged or idle, and does not flicker between them."""

import pytest

from custom_components.mi_bms.proto.bms.battery_state import (
    MOVES,
    RESTS,
    USUAL_CAPACITY,
    BatteryState,
    battery_state,
)
from custom_components.mi_bms.proto.bms.outlook import Outlook
from custom_components.mi_bms.proto.model.fields import Field
from custom_components.mi_bms.proto.model.reading import Value
from custom_components.mi_bms.proto.model.sample import BmsSample

IN, OUT, IDLE = BatteryState.CHARGING, BatteryState.DISCHARGING, BatteryState.IDLE


def said(**values: Value) -> BmsSample:
    return BmsSample(values={Field(name): value for name, value in values.items()})


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"current": 5.0, "design_capacity": 100.0}, IN),
        ({"current": -5.0, "design_capacity": 100.0}, OUT),
        ({"current": 0.0, "design_capacity": 100.0}, IDLE),
        ({"current": 1.0, "design_capacity": 300.0}, IDLE),
        ({"current": 1.0, "design_capacity": 50.0}, IN),
        ({"current": -MOVES * USUAL_CAPACITY}, OUT),
        ({"current": 0.1, "battery_charging": True}, IDLE),
        # A power station tells watts only.
        ({"power": -60.0, "voltage": 50.0}, OUT),
        ({"power": 2.0, "voltage": 50.0}, IDLE),
        ({"power": 60.0}, IN),
        ({"battery_charging": True}, IN),
        ({"battery_charging": False}, None),
        ({"voltage": 13.2}, None),
    ],
)
def test_one_sample(values: dict[str, Value], expected: BatteryState | None) -> None:
    assert battery_state(said(**values)) is expected


def walk(*currents: float) -> list[Value | None]:
    outlook = Outlook()
    return [
        outlook.judge(said(current=one, design_capacity=100.0), at * 30.0).values.get(
            Field.BATTERY_STATE
        )
        for at, one in enumerate(currents)
    ]


def test_a_current_at_the_edge_does_not_flicker() -> None:
    edge = (MOVES + RESTS) / 2 * 100
    assert walk(edge, 1.0, edge, 1.0, edge, 0.0, edge) == [
        IDLE, IN, IN, IN, IN, IDLE, IDLE
    ]  # fmt: skip
    assert walk(-1.0, -edge, edge, 1.0) == [OUT, OUT, IDLE, IN]


def test_packs_have_states_of_their_own() -> None:
    sample = BmsSample(
        values={Field.CURRENT: 3.0},
        packs=(said(current=-4.0), said(current=7.0), said(voltage=13.0)),
    )
    told = Outlook().judge(sample, 0.0)
    assert told.values[Field.BATTERY_STATE] == IN
    assert [one.values.get(Field.BATTERY_STATE) for one in told.packs] == [
        OUT,
        IN,
        None,
    ]


def test_a_start_anew_goes_on() -> None:
    edge = (MOVES + RESTS) / 2 * 100
    before = said(current=-1.0, design_capacity=100.0, battery_state="discharging")
    outlook = Outlook()
    outlook.restore(before, 0.0)
    after = outlook.judge(said(current=-edge, design_capacity=100.0), 60.0)
    assert after.values[Field.BATTERY_STATE] == OUT


def test_a_sign_that_is_turned_turns_it() -> None:
    edge = (MOVES + RESTS) / 2 * 100
    outlook = Outlook()
    outlook.judge(said(current=-1.0, design_capacity=100.0), 0.0)
    outlook.rescale(-1.0)
    after = outlook.judge(said(current=edge, design_capacity=100.0), 30.0)
    assert after.values[Field.BATTERY_STATE] == IDLE


def test_the_flag_follows_the_state() -> None:
    """A current around zero is no charging that comes and goes."""
    outlook = Outlook()
    told = [
        outlook.judge(
            said(current=one, design_capacity=100.0, battery_charging=one > 0),
            at * 30.0,
        ).values[Field.BATTERY_CHARGING]
        for at, one in enumerate((0.1, -0.1, 0.1, 2.0, 0.3, 2.0, -0.1, 0.1, -2.0))
    ]
    assert told == [False, False, False, True, True, True, False, False, False]
    bare = Outlook().judge(said(battery_charging=False), 0.0)
    assert bare.values == {Field.BATTERY_CHARGING: False}
