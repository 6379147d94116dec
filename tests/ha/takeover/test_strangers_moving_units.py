"""Statistics over a move, as a stranger tries them: other units, other spellings, any second of a slot."""

import pytest

from tests.ha.database import written_database
from tests.ha.home import Home
from tests.world.devices import KINDS

from .moving import ADDRESS, Old, Peers, device, offer, preview
from .moving_books import (
    book,
    border,
    complained,
    complaints,
    enable_statistics,
    gaps,
    graph,
    moved,
    peers,
    shown,
    slot,
)

__all__ = ["enable_statistics", "peers", "written_database"]  # fixtures

SCALE = "0226b20705040f0201ac018642"  # 85.15 kg, 428 Ω


# word there, value there, unit there, class there, the same as the device sends it
type Case = tuple[str, float, str | None, str | None, float]
AVERAGES: dict[str, list[Case]] = {
    "with classes": [
        ("temperature", 68.9, "°F", "temperature", 20.5),
        ("voltage", 3100, "mV", "voltage", 3.1),
        ("conductivity", 500, "\u00b5S/cm", "conductivity", 500),
        ("pressure", 1013.2, "mbar", "pressure", 1013.2),
        ("mass", 154.32, "lb", "weight", 70.0),
        ("volume_flow_rate", 12.0, "m3/hr", None, 12.0),
    ],
    "without classes": [
        ("temperature", 68.9, "°F", None, 20.5),
        ("voltage", 3100, "mV", None, 3.1),
        ("conductivity", 500, "\u00b5S/cm", None, 500),
        ("pressure", 1013.2, "hPa", None, 1013.2),
        ("volume_flow_rate", 12.0, "m3/h", None, 12.0),
        ("humidity", 51.0, None, None, 51.0),
    ],
    "other sizes": [
        ("temperature", 293.65, "K", "temperature", 20.5),
        ("voltage", 0.0031, "kV", "voltage", 3.1),
        ("conductivity", 0.5, "mS/cm", "conductivity", 500),
        ("pressure", 101320, "Pa", "atmospheric_pressure", 1013.2),
        ("distance", 59.06, "in", "distance", 1500),
        ("volume_flow_rate", 200, "L/min", "volume_flow_rate", 12.0),
    ],
    "odd spellings": [
        ("temperature", 20.5, "C", None, 20.5),
        ("voltage", 3.1, "V", None, 3.1),
        ("conductivity", 500, "uS/cm", None, 500),
        ("pressure", 29.92, "inHg", "atmospheric_pressure", 1013.2),
        ("humidity", 51.0, "%RH", None, 51.0),
    ],
    "none and another": [
        ("temperature", 20.5, None, None, 20.5),
        ("conductivity", 500, "\u03bcS/cm", None, 500),
        ("mass", 70000, "g", None, 70.0),
    ],
    "named alike": [
        ("temperature", 20.5, "°C", None, 20.5),
        ("conductivity", 0.5, "mS/cm", None, 500),
        ("distance", 1.5, "m", "distance", 1500),
        ("humidity", 51.0, "%", "humidity", 51.0),
    ],
}
# What nobody can know to be one unit is left where it is, and that is said.
LEFT = {
    ("volume_flow_rate", "m3/h"),
    ("humidity", None),
    ("humidity", "%RH"),
    ("conductivity", "uS/cm"),
    ("temperature", None),
}


@pytest.mark.parametrize("cases", AVERAGES.values(), ids=AVERAGES)
async def test_averages_go_on_in_the_same_unit(
    home: Home, peers: Peers, cases: list[Case]
) -> None:
    await border(home, 30)
    olds = [Old(key, there, unit, kind) for key, there, unit, kind, _ in cases]
    await peers.bthome(ADDRESS, olds)
    beacon = device(**{case[0]: case[4] for case in cases})
    await slot(home)
    await slot(home)
    before = {case[0]: shown(home, f"sensor.there_{case[0]}") for case in cases}
    home.air.add(beacon)
    await home.listen(beacon, 4)
    form = await preview(home, await offer(home, beacon))
    said = form["description_placeholders"]["preview"]
    await home.answer(form, {})
    for _ in range(3):
        await slot(home, beacon)
    left = {
        (key, unit)
        for key, _, unit, _, _ in cases
        if not moved(home, f"sensor.there_{key}")
    }
    assert left == {(case[0], case[2]) for case in cases} & LEFT
    assert said.count("cannot be converted") == len(left), said
    for key, _, unit, kind, _ in cases:
        if (key, unit) in left:
            continue
        entity_id = f"sensor.there_{key}"
        rows = await graph(home, entity_id)
        assert not gaps(rows), key
        assert len(rows) >= 4, key
        assert rows[-1]["mean"] == pytest.approx(rows[0]["mean"], rel=0.01), key
        value, now = shown(home, entity_id)
        noted = (await book(home, entity_id))["statistics_unit_of_measurement"]
        assert noted == now
        assert value == pytest.approx(before[key][0], rel=0.01), key
        assert not kind or now == before[key][1]
        assert not await complaints(home, entity_id)
    assert not complained(home)


# word, value there, unit there, class there, the same as the device sends it, a tenth of ours
type Sum = tuple[str, float, str, str | None, float, float]
SUMS: list[list[Sum]] = [
    [
        ("energy", 5000.0, "Wh", "energy", 5.0, 100.0),
        ("water", 5.0, "L", "water", 5.0, 0.1),
    ],
    [
        ("energy", 5.0, "kWh", "energy", 5.0, 0.1),
        ("water", 0.005, "m³", "water", 5.0, 0.0001),
    ],
    [
        ("energy", 5.0, "kWh", None, 5.0, 0.1),
        ("water", 1.3208, "gal", "water", 5.0, 0.0264),
    ],
    [
        ("energy", 0.005, "MWh", "energy", 5.0, 0.0001),
        ("water", 5.0, "L", None, 5.0, 0.1),
    ],
    [("energy", 18.0, "MJ", "energy", 5.0, 0.36)],
]


@pytest.mark.parametrize("cases", SUMS)
async def test_sums_go_on_without_a_jump(
    home: Home, peers: Peers, cases: list[Sum]
) -> None:
    await border(home, 30)
    olds = [
        Old(key, there, unit, kind, "total_increasing")
        for key, there, unit, kind, _, _ in cases
    ]
    entry = await peers.bthome(ADDRESS, olds)
    beacon = device(**{case[0]: case[4] for case in cases})
    await slot(home)
    for key, there, _, _, _, step in cases:
        await peers.say(entry, key, there + step)
    await slot(home)
    tenth = {
        case[0]: (await graph(home, f"sensor.there_{case[0]}"))[-1]["sum"]
        for case in cases
    }
    form = await preview(home, await offer(home, beacon))
    for more in (0.1, 0.2):
        for case in cases:
            beacon.quantities.put(case[0], case[4] + more)
        if more == 0.1:
            await home.answer(form, {})
        await slot(home, beacon)
    await slot(home, beacon)
    for key, *_ in cases:
        entity_id = f"sensor.there_{key}"
        assert moved(home, entity_id), key
        rows = await graph(home, entity_id)
        sums = [one["sum"] for one in rows]
        assert not gaps(rows), key
        assert sums[-1] == pytest.approx(2 * tenth[key], rel=0.02), key
        assert sums == sorted(sums)
        assert not await complaints(home, entity_id)


@pytest.mark.parametrize("second", [-1, 0, 9, 11])
async def test_no_slot_is_lost_at_any_second(
    home: Home, peers: Peers, second: float
) -> None:
    await border(home, 30)
    await peers.bthome(
        ADDRESS,
        [
            Old("temperature", 68.9, "°F", "temperature"),
            Old("conductivity", 500, "\u00b5S/cm", None),
        ],
    )
    beacon = device(temperature=20.5, conductivity=500)
    await slot(home)
    await slot(home)
    form = await preview(home, await offer(home, beacon))
    await border(home, -second)
    await home.answer(form, {})
    for _ in range(3):
        await slot(home, beacon)
    for entity_id in ("sensor.there_temperature", "sensor.there_conductivity"):
        rows = await graph(home, entity_id)
        assert not gaps(rows), entity_id
        assert rows[-1]["mean"] == pytest.approx(rows[0]["mean"], rel=0.01)
        assert not await complaints(home, entity_id)


@pytest.mark.parametrize("unit", ["ohm", "Ω", "\u2126", "kΩ", None])
async def test_resistance_by_any_name(
    home: Home, peers: Peers, unit: str | None
) -> None:
    await border(home, 30)
    there = {"mΩ": 428_000, "kΩ": 0.428}.get(unit or "", 428)
    await peers.bthome(
        ADDRESS,
        [Old("impedance", there, unit), Old("mass", 85.15, "kg", "weight")],
        domain="xiaomi_ble",
    )
    part = {"kind": "script", "steps": [{"hex": SCALE, "tells": {"impedance": 428}}]}
    beacon = KINDS["RAW"](address=ADDRESS, name="MIBFS", service=0x181B, parts=[part])
    await slot(home)
    await slot(home)
    form = await preview(home, await offer(home, beacon))
    said = form["description_placeholders"]["preview"]
    await home.answer(form, {})
    for _ in range(3):
        await slot(home, beacon)
    entity_id = "sensor.there_impedance"
    if not moved(home, entity_id):
        assert unit not in {"ohm", "Ohm", "Ω"}
        assert "cannot be converted" in said, said
        return
    rows = await graph(home, entity_id)
    assert not gaps(rows)
    assert rows[-1]["mean"] == pytest.approx(rows[0]["mean"], rel=0.01)
    state = home.hass.states.get(entity_id)
    assert state
    now = (await book(home, entity_id))["statistics_unit_of_measurement"]
    assert now == state.attributes.get("unit_of_measurement")
    assert not await complaints(home, entity_id)
    assert not complained(home)
