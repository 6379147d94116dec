"""Whether a battery without an address looks like one of ours."""

from typing import Final

from custom_components.mi_bms.proto.takeover.likeness import (
    Showing,
    likeness,
    shown_by_ours,
    shown_by_theirs,
)
from custom_components.mi_bms.proto.takeover.model import OldRow, OurRow
from custom_components.mi_bms.proto.takeover.peers import PEERS
from tests.each import rows

OURS: Final = Showing(cells=4, voltage=13.2, level=80.0, at=100.0)


@rows(
    ("theirs", "like"),
    [
        (OURS, True),
        (Showing(4, 13.3, 78, 160), True),
        (Showing(4, 13.34, 80, 100), False),
        (Showing(4, 13.2, 77.9, 100), False),
        (Showing(8, 13.2, 80, 100), False),
        (Showing(4, 13.2, 80, 161), False),
        (Showing(0, 13.2, 80, 100), False),
        (Showing(4, None, 80, 100), False),
        (Showing(4, 13.2, None, 100), False),
        (Showing(4, 13.2, 80, None), False),
    ],
)
def test_what_is_like(theirs: Showing, like: bool) -> None:
    assert likeness(theirs, OURS) is like
    assert likeness(OURS, theirs) is like


def test_two_without_cells_are_not_alike() -> None:
    one = Showing(0, 13.2, 80, 100)
    assert not likeness(one, one)


def old(key: str, value: str | None, at: float | None = 100.0) -> OldRow:
    return OldRow(
        row_id=key,
        entity_id=f"sensor.{key}",
        unique_id=f"house__{key}",
        name=key,
        value=value,
        at=at,
    )


def test_what_a_battery_shows() -> None:
    theirs = [
        old("soc_total_voltage", "13.2"),
        old("soc_soc_percent", "80.0", 90.0),
        *(old(f"cell_voltages_{number}", "3.3") for number in range(1, 5)),
        old("cell_voltages_min", "3.3"),
        old("soc_median", "1"),
        OldRow(row_id="x", entity_id="sensor.x", unique_id="x", name="x"),
    ]
    assert shown_by_theirs(theirs, PEERS["batmon"]) == Showing(4, 13.2, 80.0, 90.0)
    keys = ["voltage", "battery_level", "cell_voltage_1", "cell_voltage_2"]
    ours = [OurRow(domain="sensor", key=key, value="13", at=5.0) for key in keys]
    assert shown_by_ours(ours) == Showing(2, 13.0, 13.0, 5.0)


def test_a_battery_that_says_nothing() -> None:
    nothing = Showing(0, None, None, None)
    assert shown_by_theirs([], PEERS["batmon"]) == nothing
    assert shown_by_ours([]) == nothing
    silent = [old("soc_total_voltage", "unavailable", None)]
    assert shown_by_theirs(silent, PEERS["batmon"]) == nothing
