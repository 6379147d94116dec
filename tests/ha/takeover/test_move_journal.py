"""The record of moves as it is found at a start: damaged, of a newer version, of somebody who is gone."""

import json
from pathlib import Path
from typing import Any

import pytest

from custom_components.mi_bms.takeover.check import Refused
from custom_components.mi_bms.takeover.journal import async_journal, order_of
from custom_components.mi_bms.takeover.move import async_begin
from tests.ha.home import Home
from tests.proto.takeover.test_journal import STORED

from .registers import plan_of, read_by
from .test_move import KEY, same_word, thermometer

FILE = "mi_bms.takeover"
ADDRESS, OTHER = "A4:C1:38:00:00:01", "A4:C1:38:00:00:02"


def stored(data: dict[str, Any], version: int = 1) -> dict[str, Any]:
    return {"version": version, "minor_version": 1, "key": FILE, "data": data}


async def test_what_is_damaged_is_put_aside(
    home: Home, hass_storage: dict[str, Any], tmp_path: Path
) -> None:
    home.hass.config.config_dir = str(tmp_path)
    there = stored({ADDRESS: STORED, OTHER: {**STORED, "rows": "gone"}, "x": STORED})
    hass_storage[FILE] = there
    folder = tmp_path / ".storage"
    folder.mkdir()
    (folder / FILE).write_text(json.dumps(there))
    journal = await home.clock.wait(async_journal(home.hass))
    assert journal.orders.keys() == {ADDRESS}
    assert order_of(home.hass, OTHER) is None
    aside = json.loads((folder / f"{FILE}.bad").read_text())
    assert aside["data"].keys() == {ADDRESS, OTHER, "x"}


async def test_a_newer_version_is_left_alone(
    home: Home, hass_storage: dict[str, Any]
) -> None:
    sensor = thermometer()
    peer = await read_by(home, "xiaomi_ble", sensor, bindkey=KEY)
    hass_storage[FILE] = stored({"what": "ever"}, version=2)
    plan = plan_of(home.hass, peer, sensor.address, same_word)
    with pytest.raises(Refused, match="not_written"):
        await home.clock.wait(async_begin(home.hass, plan, made=True))
    assert hass_storage[FILE] == stored({"what": "ever"}, version=2)
    assert peer.disabled_by is None
