"""What is done past Home Assistant's processors leans on few of its parts, and each is there."""

import pytest

from custom_components.mi_bms.sensors.state_writer import StateWriter
from tests.e2e.bases import missing


def test_what_it_leans_on_is_there() -> None:
    assert not missing(), "change the class that leans on it"


def test_a_part_that_is_gone_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StateWriter, "LEANS_ON", (*StateWriter.LEANS_ON, "_gone"))
    assert missing() == [
        "StateWriter leans on _gone, which Home Assistant no longer has"
    ]
