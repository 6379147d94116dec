"""Actions that only listen: scan, listen, unlisten."""

from collections import Counter
from collections.abc import AsyncIterator
import json
import threading
from typing import Any

from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
import probatio
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.mi_bms.actions import scan as scanning
from custom_components.mi_bms.actions.scan import air_advert
from custom_components.mi_bms.const import DOMAIN
from custom_components.mi_bms.proto.air.adverts import AirAdvert
from homeassistant.components import bluetooth
from homeassistant.components.bluetooth import BluetoothServiceInfoBleak, manager
from homeassistant.core import Event
from homeassistant.exceptions import ServiceValidationError
from homeassistant.setup import async_setup_component
from tests.world import ad
from tests.world.devices import KINDS

from ..air import SOURCE, Air
from ..box import ADDRESS, Box
from ..clock import now
from ..home import Home

type Json = dict[str, Any]

BASE = "-0000-1000-8000-00805f9b34fb"
SENSOR = "A4:C1:38:00:14:41"
LOCKED = "A4:C1:38:00:03:03"
KEY = "b9" * 16
PACK = "A4:C1:38:00:0B:D1"
FAR = "AA:BB:CC:00:00:77"
CROWD = 3_000


@pytest.fixture
async def house(home: Home) -> Home:
    """Return a house with our integration and nothing set up."""
    assert await async_setup_component(home.hass, DOMAIN, {})
    await home.clock.settle()
    return home


@pytest.fixture
async def far(house: Home) -> AsyncIterator[Air]:
    """Return a second receiver, which cannot connect."""
    receiver = Air(house.hass, source=FAR, connectable=False)
    yield receiver
    receiver.close()


async def act(home: Home, action: str, **data: Any) -> Json:
    answer = await home.clock.wait(
        home.hass.services.async_call(
            DOMAIN, action, data, blocking=True, return_response=True
        ),
        300,
    )
    plain: Json = json.loads(json.dumps(answer))
    return plain


async def scan(home: Home, **data: Any) -> dict[str, Json]:
    answer = await act(home, "scan", **data)
    assert (answer["code"], answer["complete"]) == (0, True)
    assert answer["count"] == len(answer["adverts"])
    return {one["address"]: one for one in answer["adverts"]}


def thermometer() -> Any:
    return KINDS["ATC1441"](
        address=SENSOR, start={"temperature": 21.5, "humidity": 50.0}
    )


async def test_what_is_known_now(house: Home, far: Air) -> None:
    house.air.add(Box(), rssi=-70)
    house.shout(house.air.devices[ADDRESS])
    await house.clock.run(2)
    said = house.air.devices[ADDRESS].advertisement(0)
    assert said is not None
    far.hear(ADDRESS, said[0], rssi=-90)
    box = (await scan(house))[ADDRESS]
    assert box["name"] == "Strange box"
    assert (box["address_type"], box["address_kind"]) == ("public", None)
    assert box["connectable"] is True
    assert [
        (one["name"], one["source"], one["rssi"], one["connectable"], one["age"])
        for one in box["receivers"]
    ] == [("air", SOURCE, -70, True, 2.0), ("air", FAR, -90, False, 0.0)]
    assert (box["set_up"], box["device"], box["rebuilt"]) == (None, None, False)
    assert box["services"] == [f"0000180f{BASE}"]
    assert box["manufacturer_data"] == {"0499": "0506"}
    assert [(one["name"], one["value"]) for one in box["structures"]][:3] == [
        ("flags", ["general_discoverable", "br_edr_not_supported"]),
        ("complete_list_16_bit_services", [f"0000180f{BASE}"]),
        ("manufacturer_data", {"company": "0499", "data": "0506"}),
    ]
    assert "packets" not in box


async def test_a_scan_takes_each_packet(house: Home) -> None:
    box = Box()
    house.air.add(box)
    house.shout(box)
    house.air.hear("44:00:00:00:00:01", ad.payload(ad.flags()))
    await house.clock.settle()
    waiting = house.hass.async_create_task(scan(house, seconds=10))
    await house.clock.run(1)
    for number in range(3):
        house.air.hear(ADDRESS, ad.payload(ad.manufacturer(0x0499, bytes((number,)))))
        house.air.hear("C4:00:00:00:00:02", ad.payload(ad.name("new")))
    await house.clock.until(waiting.done)
    found = waiting.result()
    # Who was silent meanwhile is not there.
    assert set(found) == {ADDRESS, "C4:00:00:00:00:02"}
    assert found[ADDRESS]["adverts"] == 3
    assert found[ADDRESS]["packets"] == [
        "04ff990400",
        "04ff990401",
        "04ff990402",
    ]
    assert found[ADDRESS]["raw"] == "04ff990402"
    # One that said the same all the time has said it three times.
    assert found["C4:00:00:00:00:02"]["adverts"] == 3
    assert len(found["C4:00:00:00:00:02"]["packets"]) == 1
    # Nobody listens any more.
    house.shout(box)
    assert ADDRESS in await scan(house)


@pytest.mark.parametrize(
    ("wanted", "fits"),
    [
        ({"address": ADDRESS.replace(":", "").lower()}, True),
        ({"address": SENSOR}, False),
        ({"name": "STRANGE"}, True),
        ({"name": "other"}, False),
        ({"service": "180f"}, True),
        ({"service": "180a"}, False),
        ({"min_rssi": -60}, True),
        ({"min_rssi": -59}, False),
        ({"company": "0x0499"}, True),
        ({"company": "038F"}, False),
    ],
)
@pytest.mark.parametrize("seconds", [0, 2])
async def test_filters(house: Home, wanted: Json, fits: bool, seconds: int) -> None:
    box = Box()
    house.air.add(box)
    house.shout(box)
    await house.clock.settle()
    waiting = house.hass.async_create_task(scan(house, seconds=seconds, **wanted))
    if seconds:
        await house.clock.run(1)
        house.shout(box)
    await house.clock.until(waiting.done)
    assert (ADDRESS in waiting.result()) is fits


@pytest.mark.parametrize(
    ("wanted", "key", "code"),
    [
        ({"address": "nowhere"}, "air_bad_address", "1"),
        ({"service": "nothing"}, "air_bad_uuid", "2"),
        ({"company": "12345"}, "air_bad_company", "1"),
        ({"company": "Xiaomi"}, "air_bad_company", "1"),
    ],
)
@pytest.mark.parametrize("action", ["scan", "listen"])
async def test_mistakes_in_filters(
    house: Home, action: str, wanted: Json, key: str, code: str
) -> None:
    with pytest.raises(ServiceValidationError) as caught:
        await act(house, action, **wanted)
    assert caught.value.translation_key == key
    assert (caught.value.translation_placeholders or {})["code"] == code
    assert f"(Code {code})" in str(caught.value)


async def test_no_turn_of_the_event_loop_goes_through_a_crowd(
    house: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, looked, replayed = threading.get_ident(), Counter[bool](), Counter[str]()
    matches = manager.ble_device_matches

    def look(info: BluetoothServiceInfoBleak) -> AirAdvert:
        looked[threading.get_ident() == loop] += 1
        return air_advert(info)

    def replay(matcher: Any, info: BluetoothServiceInfoBleak) -> bool:
        replayed[info.address] += 1
        return bool(matches(matcher, info))

    monkeypatch.setattr(scanning, "air_advert", look)
    for number in range(CROWD):
        address = (0xC400_0000_0000 + number).to_bytes(6).hex(":").upper()
        house.air.hear(address, ad.payload(ad.flags()))
    await house.clock.settle()
    monkeypatch.setattr(manager, "ble_device_matches", replay)
    await act(house, "listen", name="nobody")
    for seconds in (0, 1):
        looked.clear()
        found = await act(house, "scan", name="nobody", seconds=seconds)
        assert found["count"] == looked[True] == 0
        assert looked[False] == (0 if seconds else CROWD)
    assert not replayed


async def test_scans_are_bounded(house: Home) -> None:
    with pytest.raises(probatio.Invalid):
        await act(house, "scan", seconds=3600)


async def test_ours_are_decoded(house: Home) -> None:
    pack = KINDS["JBD"](address=PACK, name="JBD-mine")
    for device in (thermometer(), pack):
        house.air.add(device)
        house.shout(device)
    await house.clock.settle()
    found = await scan(house)
    sensor, battery = found[SENSOR]["device"], found[PACK]["device"]
    assert (sensor["kind"], sensor["format"]) == ("sensor", "atc")
    assert sensor["outcome"] == "decoded"
    assert sensor["values"]["temperature"] == pytest.approx(21.5, abs=1)
    assert battery == {
        "kind": "battery",
        "families": [{"family": "jbd", "title": "JBD smart BMS"}],
    }
    assert found[SENSOR]["set_up"] is None


async def test_ours_are_opened_with_their_key(house: Home) -> None:
    thing: Json = {"id": 0x1004, "kind": "s16", "scale": 0.1, "field": "temperature"}
    thing["start"] = 21.5
    device = KINDS["LYWSD03MMC"](address=LOCKED, key=KEY, objects=[thing])
    house.air.add(device)
    house.shout(device)
    await house.clock.settle()
    assert (await scan(house))[LOCKED]["device"]["outcome"] == "needs_key"
    entry = await house.add(device)
    await house.listen(device, 1)
    found = (await scan(house))[LOCKED]
    assert found["set_up"] == entry.title
    assert found["device"]["outcome"] == "decoded"
    assert "temperature" in found["device"]["values"]
    assert KEY not in json.dumps(found)


# --- listening -------------------------------------------------------------------------------


def heard(home: Home) -> list[Event]:
    return async_capture_events(home.hass, "mi_bms_advert")


async def test_adverts_become_events(house: Home) -> None:
    box, events = Box(), heard(house)
    house.air.add(box)
    house.shout(box)
    await house.clock.settle()
    answer = await act(house, "listen", address=ADDRESS, minutes=1, every=5)
    assert events == []
    # The same advert again is an event, too, but not so soon.
    for _ in range(12):
        await house.clock.run(1)
        house.shout(box)
        await house.clock.settle()
    assert len(events) == 3
    assert [one.data["left_out"] for one in events] == [0, 4, 4]
    said = events[0].data
    assert (said["listener"], said["address"]) == (answer["listener"], ADDRESS)
    assert said["receivers"][0]["rssi"] == -60
    json.dumps(said)
    await house.clock.run(60)
    house.shout(box)
    await house.clock.settle()
    assert len(events) == 3


async def test_a_filter_gets_what_is_new(house: Home) -> None:
    box, events = Box(), heard(house)
    house.air.add(box)
    house.shout(box)
    await act(house, "listen", name="strange")
    house.shout(box)
    await house.clock.run(1)
    house.air.hear(ADDRESS, ad.payload(ad.manufacturer(0x0499, b"new")))
    house.air.hear("C4:00:00:00:00:02", ad.payload(ad.name("other")))
    await house.clock.settle()
    assert [one.data["address"] for one in events] == [ADDRESS]


async def test_a_storm_is_thinned_out(house: Home) -> None:
    events = heard(house)
    await act(house, "listen")
    for number in range(600):
        address = f"C4:00:00:00:{number >> 8:02X}:{number & 255:02X}"
        house.air.hear(address, ad.payload(ad.manufacturer(0x0499, b"x")))
    await house.clock.settle()
    assert len(events) == 20
    # Who was heard does not pile up either.
    for _ in range(30):
        await house.clock.run(1.1)
        for number in range(20):
            address = f"C5:00:00:00:{len(events) >> 8:02X}:{len(events) & 255:02X}"
            house.air.hear(address, ad.payload(ad.manufacturer(number, b"y")))
        await house.clock.settle()
    assert len(events) == 20 + 30 * 20
    assert events[-1].data["left_out"] == 0


async def test_devices_that_are_not_due_are_remembered(house: Home) -> None:
    events = heard(house)
    await act(house, "listen", every=3600)
    for second in range(30):
        await house.clock.run(1.1)
        for number in range(20):
            address = f"C4:00:00:00:{second:02X}:{number:02X}"
            house.air.hear(address, ad.payload(ad.manufacturer(second, b"y")))
        await house.clock.settle()
    assert len(events) == 600
    await house.clock.run(2)
    house.air.hear("C4:00:00:00:1D:13", ad.payload(ad.manufacturer(0x0499, b"changed")))
    await house.clock.settle()
    assert len(events) == 600


async def test_unlisten(house: Home) -> None:
    events = heard(house)
    first = await act(house, "listen", address=ADDRESS)
    await act(house, "listen", name="x")
    await act(house, "listen", name="y")
    assert (await act(house, "unlisten", listener=first["listener"]))["ended"] == 1
    assert (await act(house, "unlisten", listener=first["listener"]))["ended"] == 0
    assert (await act(house, "unlisten"))["ended"] == 2
    house.air.add(Box())
    house.shout(house.air.devices[ADDRESS])
    await house.clock.settle()
    assert events == []


async def test_a_listener_without_an_end(house: Home) -> None:
    events = heard(house)
    endless = await act(house, "listen", address=ADDRESS, minutes=0)
    assert endless["ends"] is None
    house.air.add(Box())
    await house.clock.leap(3 * 86_400.0)
    house.shout(house.air.devices[ADDRESS])
    await house.clock.settle()
    assert len(events) == 1
    assert (await act(house, "unlisten", listener=endless["listener"]))["ended"] == 1
    await house.clock.run(5)
    house.shout(house.air.devices[ADDRESS])
    await house.clock.settle()
    assert len(events) == 1


async def test_listeners_are_few(house: Home) -> None:
    for _ in range(20):
        await act(house, "listen", address=ADDRESS)
    with pytest.raises(ServiceValidationError) as caught:
        await act(house, "listen", address=ADDRESS)
    assert caught.value.translation_key == "air_too_many_listeners"


# --- scanners that give no bytes ---------------------------------------------------------------


def plain(address: str, details: object) -> BluetoothServiceInfoBleak:
    """Return what a local adapter hands over: fields, and no bytes."""
    device = BLEDevice(address, "plain", details)
    said = AdvertisementData(
        local_name="plain",
        manufacturer_data={0x0499: b"\x05"},
        service_data={f"0000181a{BASE}": b"\x01"},
        service_uuids=[f"0000180f{BASE}"],
        tx_power=-12,
        rssi=-50,
        platform_data=(),
    )
    return BluetoothServiceInfoBleak(
        name="plain",
        address=address,
        rssi=-50,
        manufacturer_data=said.manufacturer_data,
        service_data=said.service_data,
        service_uuids=said.service_uuids,
        source="local",
        device=device,
        advertisement=said,
        connectable=True,
        time=now(),
        tx_power=-12,
    )


@pytest.mark.parametrize(
    ("details", "kind"),
    [
        (None, (None, None)),
        ({"props": None}, (None, None)),
        ({"props": {"Adapter": "/org/bluez/hci0"}}, (None, None)),
        ({"props": {"AddressType": "random"}}, ("random", "static")),
        ({"address_type": 1}, ("random", "static")),
    ],
)
async def test_without_bytes_the_structures_are_put_together(
    house: Home, details: object, kind: tuple[str | None, str | None]
) -> None:
    bluetooth.async_get_advertisement_callback(house.hass)(plain(ADDRESS, details))
    found = (await scan(house))[ADDRESS]
    assert (found["address_type"], found["address_kind"]) == kind
    assert (found["raw"], found["rebuilt"], found["tx_power"]) == (None, True, -12)
    assert found["receivers"] == []
    assert [(one["name"], one["data"]) for one in found["structures"]] == [
        ("complete_list_16_bit_services", "0f18"),
        ("service_data_16_bit", "1a1801"),
        ("manufacturer_data", "990405"),
        ("complete_name", "706c61696e"),
        ("tx_power", "f4"),
    ]


async def test_packets_without_bytes_are_counted(house: Home) -> None:
    hear = bluetooth.async_get_advertisement_callback(house.hass)
    waiting = house.hass.async_create_task(scan(house, seconds=5))
    await house.clock.run(1)
    for _ in range(3):
        hear(plain(ADDRESS, None))
    # And more different ones than are kept.
    for number in range(40):
        house.air.hear(SENSOR, ad.payload(ad.manufacturer(number, b"")))
    await house.clock.until(waiting.done)
    found = waiting.result()
    assert (found[ADDRESS]["adverts"], found[ADDRESS]["packets"]) == (3, [])
    assert found[SENSOR]["adverts"] == 40
    assert len(found[SENSOR]["packets"]) == 16
