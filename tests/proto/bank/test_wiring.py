"""What cannot be one bank, and what is unusual."""

from custom_components.mi_bms.proto.bank.wiring import (
    Misfit,
    Plate,
    Wiring,
    misfit_of,
    strings_of,
    unequal_in,
)
from custom_components.mi_bms.proto.bms.limits import Chemistry
from custom_components.mi_bms.proto.model.fields import Field
from tests.each import rows

from .batteries import sample

PARALLEL, SERIES, STRINGS = Wiring
FOUR = Plate(cells=4, volts=13.2, capacity=100)
EIGHT = Plate(cells=8, volts=26.4, capacity=100)


def misfit(wiring: Wiring, *plates: Plate, length: int = 1) -> Misfit | None:
    named = dict(zip("abcdefgh", plates, strict=False))
    return misfit_of(wiring, [*named], named, length)


def unequal(
    wiring: Wiring, *plates: Plate, length: int = 1
) -> list[tuple[tuple[str, float], tuple[str, float]]]:
    named = dict(zip("abcdefgh", plates, strict=False))
    return unequal_in(wiring, [*named], named, length)


def test_strings() -> None:
    assert strings_of(PARALLEL, "abcd") == (("a",), ("b",), ("c",), ("d",))
    assert strings_of(SERIES, "abcd") == (("a", "b", "c", "d"),)
    assert strings_of(STRINGS, "abcd", 2) == (("a", "b"), ("c", "d"))
    assert strings_of(SERIES, "") == ()


@rows(
    ("members", "why"),
    [
        ([], Misfit.NO_MEMBER),
        (["x", "y", "x"], Misfit.TWICE),
        (["x#1", "x"], Misfit.INSIDE_ITSELF),
        (["x#1", "x#2"], None),
        (["x"], None),
    ],
)
def test_members(members: list[str], why: Misfit | None) -> None:
    assert misfit_of(PARALLEL, members, {}, 1) is why


def test_strings_are_of_one_length() -> None:
    assert misfit(STRINGS, FOUR, FOUR, FOUR, length=2) is Misfit.STRINGS_UNEVEN
    assert misfit(STRINGS, FOUR, FOUR, FOUR, FOUR, length=2) is None
    assert misfit(STRINGS, FOUR, length=0) is None


@rows(
    ("one", "other", "differ"),
    [
        (FOUR, FOUR, False),
        (FOUR, EIGHT, True),
        # The same cells, one of them nearly empty.
        (FOUR, Plate(cells=4, volts=11.9), False),
        # Who does not tell its cells is judged by its voltage.
        (FOUR, Plate(volts=12.6), False),
        (FOUR, Plate(volts=12.5), True),
        (FOUR, Plate(), False),
        (Plate(cells=16), Plate(cells=15), True),
        (Plate(cells=24), Plate(cells=23), False),
    ],
)
def test_voltages_side_by_side(one: Plate, other: Plate, differ: bool) -> None:
    assert misfit(PARALLEL, one, other) is (Misfit.VOLTAGES_DIFFER if differ else None)
    assert misfit(PARALLEL, other, one) is (Misfit.VOLTAGES_DIFFER if differ else None)
    assert misfit(SERIES, one, other) is None


def test_strings_side_by_side_may_be_of_different_batteries() -> None:
    assert misfit(STRINGS, FOUR, EIGHT, EIGHT, FOUR, length=2) is None
    assert misfit(STRINGS, FOUR, FOUR, EIGHT, FOUR, length=2) is Misfit.VOLTAGES_DIFFER


def test_cells_of_two_kinds_make_no_bank() -> None:
    one = Plate(cells=4, chemistry=Chemistry.LFP)
    other = Plate(cells=4, chemistry=Chemistry.LITHIUM_ION)
    assert misfit(SERIES, one, other) is Misfit.CHEMISTRIES_DIFFER
    assert misfit(SERIES, one, FOUR) is None


def test_capacities_in_a_row() -> None:
    small = Plate(cells=4, capacity=79)
    assert unequal(SERIES, FOUR, small) == [(("b", 79), ("a", 100))]
    assert unequal(SERIES, FOUR, Plate(capacity=80)) == []
    assert unequal(SERIES, FOUR, Plate()) == []
    assert unequal(SERIES, Plate(), Plate()) == []
    assert unequal(PARALLEL, FOUR, small) == []
    assert unequal(STRINGS, FOUR, FOUR, small, small, length=2) == []
    assert unequal(STRINGS, FOUR, small, small, FOUR, length=2) == [
        (("b", 79), ("a", 100)),
        (("c", 79), ("d", 100)),
    ]
    middle = Plate(cells=4, capacity=90)
    assert unequal(SERIES, middle, small, FOUR) == [(("b", 79), ("c", 100))]


def test_what_a_sample_tells() -> None:
    level = {Field.BATTERY_LEVEL: 50}
    made = Plate.of(sample(capacity=100, cells=(3.3,) * 4, more=level))
    assert made == Plate(cells=4, volts=13.2, capacity=100, chemistry=Chemistry.LFP)
    told = {Field.CELL_COUNT: 8, Field.FULL_CHARGE: 95}
    assert Plate.of(sample(volts=0, more=told)) == Plate(cells=8, capacity=95)
    assert Plate.of(sample(volts=None)) == Plate()
