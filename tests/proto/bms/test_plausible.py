"""The gate refuses what physics forbids and nothing else."""

import pytest

from custom_components.mi_bms.proto.bms.plausible import gate
from custom_components.mi_bms.proto.model.errors import Implausible
from custom_components.mi_bms.proto.model.fields import Field
from custom_components.mi_bms.proto.model.reading import Value
from custom_components.mi_bms.proto.model.sample import BmsSample, Probe

GOOD: dict[Field, Value] = {
    Field.VOLTAGE: 13.3,
    Field.CURRENT: -5.0,
    Field.BATTERY_LEVEL: 50,
    Field.CELL_COUNT: 4,
    Field.TEMPERATURE: 20.0,
}
CELLS = (3.32, 3.33, 3.32, 3.33)


def sample(
    values: dict[Field, Value] | None = None, cells: tuple[float | None, ...] = CELLS
) -> BmsSample:
    return BmsSample(values=GOOD | (values or {}), cells=cells, probes=(Probe(20),))


def test_good_samples_pass() -> None:
    gate(sample())
    gate(BmsSample())
    gate(sample(), sample({Field.BATTERY_LEVEL: 48}), 30)
    gate(sample({Field.VOLTAGE: 9.98}, (3.32, 3.33, 0.0, 3.33)))
    gate(sample({Field.CELL_COUNT: 2, Field.VOLTAGE: 26.0}, CELLS[:1]))
    gate(
        BmsSample(
            values=GOOD | {Field.VOLTAGE: 26.0}, cells=CELLS, packs=(sample(), sample())
        )
    )


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({Field.VOLTAGE: -1.0}, Field.VOLTAGE),
        ({Field.CURRENT: 5000.0}, Field.CURRENT),
        ({Field.BATTERY_LEVEL: 101}, Field.BATTERY_LEVEL),
        ({Field.TEMPERATURE: -273.1}, Field.TEMPERATURE),
        ({Field.VOLTAGE: 26.6}, Field.VOLTAGE),
    ],
)
def test_impossible_values(values: dict[Field, Value], field: Field) -> None:
    with pytest.raises(Implausible) as caught:
        gate(sample(values))
    assert caught.value.field == field


def test_impossible_cells_probes_and_packs() -> None:
    with pytest.raises(Implausible, match="cell_voltage"):
        gate(sample(cells=(3.3, None, 65.5)))
    with pytest.raises(Implausible, match="probe_temperature"):
        gate(BmsSample(probes=(Probe(-60),)))
    with pytest.raises(Implausible, match="battery_level"):
        gate(BmsSample(packs=(sample({Field.BATTERY_LEVEL: 200}),)))


def test_jumps_are_refused_while_the_last_sample_is_fresh() -> None:
    with pytest.raises(Implausible, match="battery_level"):
        gate(sample({Field.BATTERY_LEVEL: 90}), sample(), 30)
    gate(sample({Field.BATTERY_LEVEL: 90}), sample(), 90)
    gate(sample({Field.BATTERY_LEVEL: 90}), sample())
    gate(sample({Field.BATTERY_LEVEL: 90}), BmsSample(), 5)
