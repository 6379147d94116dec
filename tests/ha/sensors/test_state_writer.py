"""What is done past Home Assistant's processors leans on few of its parts, and each is there."""

import inspect
from typing import Any

import pytest

from custom_components.mi_bms.sensors.entity import PassiveEntity
from custom_components.mi_bms.sensors.state_writer import StateWriter
from homeassistant.components.bluetooth.passive_update_coordinator import (
    PassiveBluetoothDataUpdateCoordinator,
)
from homeassistant.components.bluetooth.passive_update_processor import (
    PassiveBluetoothProcessorCoordinator,
    PassiveBluetoothProcessorEntity,
)

FENCED = (StateWriter, PassiveEntity)
BASES: dict[type[Any], type[Any]] = {
    StateWriter: PassiveBluetoothProcessorCoordinator,
    PassiveEntity: PassiveBluetoothProcessorEntity,
}


def source_of(base: type[Any]) -> str:
    """Return the source of a class of Home Assistant and of those it is made from."""
    return "".join(
        inspect.getsource(one)
        for one in base.__mro__
        if one.__module__.startswith("homeassistant.components.bluetooth")
    )


@pytest.mark.parametrize("fenced", FENCED)
def test_what_it_leans_on_is_there(fenced: Any) -> None:
    source = source_of(BASES[fenced])
    for name in fenced.LEANS_ON:
        assert name in source, (
            f"Home Assistant no longer has {name}: {fenced.__name__} has to be changed"
        )


def test_a_part_that_is_gone_is_noticed() -> None:
    assert "_process_update" not in source_of(PassiveBluetoothDataUpdateCoordinator)
