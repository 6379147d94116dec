"""What is recognised is offered: Home Assistant's own index finds it by the manifest."""

import json
from pathlib import Path
from typing import Any

from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
import pytest

from custom_components.mi_bms.proto.bms.index import INDEX
from custom_components.mi_bms.proto.bms.matching import (
    BatteryAdvert,
    not_offered,
    recognise,
)
from homeassistant.components.bluetooth import BluetoothServiceInfoBleak
from homeassistant.components.bluetooth.match import IntegrationMatcher
from tests.proto.bms.fixtures import VECTORS
from tests.replay.batteries import advert_of

ROOT = Path(__file__).parents[3]
MANIFEST = json.loads((ROOT / "custom_components/mi_bms/manifest.json").read_text())
NAMED: list[dict[str, Any]] = json.loads(
    (ROOT / "tests/fixtures/adverts/batteries.json").read_text()
)
ADVERTS = {
    one["id"]: advert_of(one) for one in (*VECTORS, *NAMED) if "advertisement" in one
}
GAPS = {(family_id, row) for family_id, row, _ in not_offered()}


def finder() -> IntegrationMatcher:
    """Make Home Assistant's matcher of our manifest."""
    made = IntegrationMatcher(
        [{"domain": "mi_bms", **one} for one in MANIFEST["bluetooth"]]
    )
    made.async_setup()
    return made


def heard(advert: BatteryAdvert) -> BluetoothServiceInfoBleak:
    address = advert.address or "C0:FF:EE:00:00:00"
    name = advert.name or address
    said = AdvertisementData(
        local_name=advert.name,
        manufacturer_data=dict(advert.manufacturer_data),
        service_data=dict(advert.service_data),
        service_uuids=list(advert.service_uuids),
        tx_power=None,
        rssi=-60,
        platform_data=(),
    )
    return BluetoothServiceInfoBleak(
        name=name,
        address=address,
        rssi=-60,
        manufacturer_data=said.manufacturer_data,
        service_data=said.service_data,
        service_uuids=said.service_uuids,
        source="air",
        device=BLEDevice(address, name, {}),
        advertisement=said,
        connectable=True,
        time=0.0,
        tx_power=None,
        raw=None,
    )


@pytest.mark.parametrize("advert", ADVERTS.values(), ids=ADVERTS)
def test_what_is_recognised_is_offered(advert: BatteryAdvert) -> None:
    found = recognise(advert)
    if not found:
        pytest.skip("no battery")
    if finder().match_domains(heard(advert)):
        return
    # It stands on the list that users read.
    listed = {family_id for family_id, _ in GAPS}
    assert {one.family_id for one in found} <= listed
    said = (ROOT / ".github" / "docs" / "batteries.md").read_text()
    table = said.partition("<!-- generated: not offered -->")[2]
    table = table.partition("<!-- end")[0]
    assert all(f"| {INDEX[one.family_id].title} |" in table for one in found)


def test_few_are_not_offered() -> None:
    never = {family_id for family_id, row in GAPS if row.discover is None}
    assert never == {"greenway", "ws_nova"}


def test_no_row_is_forgotten() -> None:
    """Each row is expressed in the manifest or stands on the list."""
    rows = [(name, row) for name, entry in INDEX.items() for row in entry.match]
    assert len(rows) > 100
    for name, row in rows:
        if (name, row) in GAPS or row.name is None:
            continue
        # The shortest name of that pattern.
        spelled = row.name.replace("*", "").replace("?", "7")
        if "[" in spelled:
            continue
        service = (row.service,) if row.service else ()
        data = dict.fromkeys(row.mfr[:1], row.mfr_data)
        advert = BatteryAdvert(
            name=spelled, service_uuids=service, manufacturer_data=data
        )
        assert finder().match_domains(heard(advert)), (name, row.name)
