"""What a battery says, and says of itself."""

import json

from custom_components.mi_bms.proto.model.fields import Field
from custom_components.mi_bms.proto.model.sample import (
    BmsSample,
    DeviceInfo,
    Place,
    Probe,
)
from tests.each import rows


@rows(
    ("said", "kept"),
    [
        ("2024-02-29", "2024-02-29"),
        ("2023-02-29", None),
        ("2023-00-10", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_a_day_that_no_calendar_has_is_none(said: str | None, kept: str | None) -> None:
    assert DeviceInfo(production_date=said).production_date == kept


def test_a_sample_comes_back_as_it_was() -> None:
    pack = BmsSample(cells=(3.3, None), alarms=frozenset({"short_circuit"}))
    sample = BmsSample(
        values={Field.VOLTAGE: 13.1, Field.PROBLEM_CODE: 5},
        probes=(Probe(21.5, Place.CELL), Probe(None)),
        counters={"short_circuit": 3},
        packs=(pack,),
    )
    assert BmsSample.from_json(json.loads(json.dumps(sample.to_json()))) == sample


def test_what_an_older_version_did_not_store_is_empty() -> None:
    assert BmsSample.from_json({}) == BmsSample()


def test_a_wide_code_is_stored_in_64_bits() -> None:
    sample = BmsSample(values={Field.PROBLEM_CODE: 1 << 64 | 2, Field.CYCLES: 7})
    assert sample.to_json()["values"] == {Field.PROBLEM_CODE: 3, Field.CYCLES: 7}
