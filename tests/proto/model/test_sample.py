"""What a battery says of itself."""

import pytest

from custom_components.mi_bms.proto.model.sample import DeviceInfo


@pytest.mark.parametrize(
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
