"""What becomes of old entities: what moves, and why the rest stays."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from hypothesis import given, strategies as st

from custom_components.mi_bms.proto.takeover.judge import judge
from custom_components.mi_bms.proto.takeover.model import (
    Fate,
    OldRow,
    OurRow,
    Peer,
    PeerRow,
    Ruling,
    Statistic,
    Why,
)
from custom_components.mi_bms.proto.takeover.peers import PEERS
from tests.each import rows

ADDRESS: Final = "A4:C1:38:00:00:01"
MEAN, SUM, NONE = Statistic.MEAN, Statistic.SUM, Statistic.NONE
CONVERT: Final = [{"°C", "°F"}, {"min", "s"}, {"W", "kW"}, {"mbar", "Pa", "hPa"}]


def convertible(kind: str | None, theirs: str | None, ours: str | None) -> bool:
    return kind is not None and any({theirs, ours} <= one for one in CONVERT)


def old(key: str, domain: str = "sensor", **more: Any) -> OldRow:
    wanted = {
        "row_id": f"row {domain} {key}",
        "entity_id": f"{domain}.old_{key}",
        "unique_id": f"{ADDRESS}-{key}",
        "name": key,
        "value": "1",
    }
    return OldRow(**(wanted | more))


def ours(*rows: OurRow) -> Mapping[tuple[str, str], OurRow]:
    return {(row.domain, row.key): row for row in rows}


def our(key: str, domain: str = "sensor", **more: Any) -> OurRow:
    return OurRow(domain=domain, key=key, **more)


def ruled(one: OldRow, *rows: OurRow, peer: str = "xiaomi_ble") -> Ruling:
    (ruling,) = judge([one], PEERS[peer], ADDRESS, ours(*rows), convertible)
    return ruling


TEMPERATURE: Final = our(
    "temperature", device_class="temperature", unit="°C", statistic=MEAN
)


def test_the_same_moves() -> None:
    one = old("temperature", unit="°C", statistic=MEAN)
    assert ruled(one, TEMPERATURE) == Ruling(
        old=one, ours=TEMPERATURE, fate=Fate.MOVES, why=None
    )


def test_a_unit_that_converts_moves() -> None:
    found = ruled(old("temperature", unit="°F", statistic=MEAN), TEMPERATURE)
    assert (found.fate, found.why) == (Fate.MOVES, None)


@rows(
    ("key", "peer", "theirs", "target", "unit"),
    [
        ("impedance", "xiaomi_ble", "ohm", "impedance", "Ω"),
        ("uv_index", "bthome", None, "uv_index", "UV index"),
    ],
)
def test_a_unit_by_another_spelling_is_cured(
    key: str, peer: str, theirs: str | None, target: str, unit: str
) -> None:
    row = our(target, unit=unit, statistic=MEAN)
    found = ruled(old(key, unit=theirs, statistic=MEAN), row, peer=peer)
    assert (found.fate, found.ours) == (Fate.CURED, row)
    # Without statistics there is nothing to mend.
    begins = ruled(old(key, unit=theirs), row, peer=peer)
    assert (begins.fate, begins.why) == (Fate.MOVES, Why.BEGINS)


def test_a_unit_without_a_way_stays() -> None:
    found = ruled(old("temperature", unit="K", statistic=MEAN), TEMPERATURE)
    assert (found.fate, found.why, found.ours) == (Fate.STAYS, Why.UNIT, None)


def test_one_that_was_never_loaded_has_the_unit_of_the_table() -> None:
    found = ruled(old("temperature", value=None), TEMPERATURE)
    assert (found.fate, found.why) == (Fate.MOVES, Why.BEGINS)
    assert ruled(old("temperature"), TEMPERATURE).why is Why.UNIT


@rows(
    ("theirs", "mine", "fate", "why"),
    [
        (MEAN, SUM, Fate.ARCHIVED, None),
        (SUM, MEAN, Fate.ARCHIVED, None),
        (MEAN, Statistic.ANGLE, Fate.ARCHIVED, None),
        (MEAN, NONE, Fate.ARCHIVED, Why.ENDS),
        (NONE, MEAN, Fate.MOVES, Why.BEGINS),
        (NONE, NONE, Fate.MOVES, None),
        (SUM, SUM, Fate.MOVES, None),
    ],
)
def test_kinds_of_statistics(
    theirs: Statistic, mine: Statistic, fate: Fate, why: Why | None
) -> None:
    found = ruled(
        old("count", statistic=theirs), our("count", statistic=mine), peer="bthome"
    )
    assert (found.fate, found.why) == (fate, why)


@rows(
    ("one", "peer", "why"),
    [
        (old("temperature"), "xiaomi_ble", Why.NOT_SHOWN),
        (old("color"), "xiaomi_ble", Why.NO_COUNTERPART),
        (old("co2-probe"), "qingping", Why.NO_COUNTERPART),
        (old("packet_id"), "bthome", Why.NO_COUNTERPART),
        # Nobody measures it there.
        (old("voltage", unit="V"), "xiaomi_ble", Why.NO_COUNTERPART),
        (old("battery_charging", "binary_sensor"), "bthome", Why.OTHER_DOMAIN),
        # Known in another domain only.
        (old("door"), "xiaomi_ble", Why.OTHER_DOMAIN),
        # Of another device, or of none.
        (
            old("x", unique_id="A4:C1:38:00:00:02-temperature"),
            "xiaomi_ble",
            Why.NO_COUNTERPART,
        ),
        (old("x", unique_id="temperature"), "xiaomi_ble", Why.NO_COUNTERPART),
        (old("x", unique_id="house__meter_total_energy"), "batmon", Why.OTHER_BASE),
    ],
)
def test_what_stays(one: OldRow, peer: str, why: Why) -> None:
    assert ruled(one, peer=peer) == Ruling(old=one, ours=None, fate=Fate.STAYS, why=why)


def test_presses_are_called_otherwise() -> None:
    found = ruled(old("button_left", "event"), our("event_button_left", "event"))
    assert (found.fate, found.why) == (Fate.MOVES, Why.WORDS)
    found = ruled(old("motion", "event"), our("event_motion", "event"))
    assert (found.fate, found.why) == (Fate.MOVES, None)
    # A dimmer only turns there.
    row = our("event_dimmer", "event")
    assert ruled(old("dimmer", "event"), row).why is Why.WORDS
    assert ruled(old("dimmer", "event"), row, peer="bthome").why is None


def test_their_capital_letters_are_small_here() -> None:
    row = our("event_button_m", "event")
    assert ruled(old("button_M", "event"), row).ours == row


@rows(
    ("key", "target"),
    [
        ("power", "power"),
        ("power_1", "power"),
        ("power_2", "power_2"),
        ("power_12", "power_12"),
    ],
)
def test_several_of_a_kind_begin_with_one_there(key: str, target: str) -> None:
    row = our(target, device_class="power", unit="W", statistic=MEAN)
    found = ruled(old(key, unit="W", statistic=MEAN), row, peer="bthome")
    assert found.ours == row


def test_a_number_may_be_shifted() -> None:
    rows = (PeerRow(domain="sensor", key="c{n}", ours="cell_voltage_{n}", shift=1),)
    peer = replace(PEERS["xiaomi_ble"], rows=rows)
    found = judge(
        [old("c0"), old("c00000"), old("c٣")],
        peer,
        ADDRESS,
        ours(our("cell_voltage_1"), our("cell_voltage_4")),
        convertible,
    )
    assert [one.ours and one.ours.key for one in found] == [
        "cell_voltage_1",
        None,
        None,
    ]


def test_the_first_that_is_there_is_taken() -> None:
    """A leak of one model is water below it, of another just water."""
    leak = old("x", "binary_sensor", unique_id="water_leak_A4C138000001")
    row = our("moisture_detected", "binary_sensor")
    assert ruled(leak, row, peer="ble_monitor").ours == row


# Two of theirs, one of ours.
WEIGHT: Final = our("weight", device_class="weight", unit="kg", statistic=MEAN)


@rows(
    ("first", "second", "moves"),
    [
        ({}, {}, None),
        ({}, {"value": None}, 0),
        ({"value": "unavailable"}, {}, 1),
        ({}, {"user_disabled": True}, 0),
        ({"user_disabled": True}, {"value": None}, 1),
        ({"value": None}, {"value": None}, None),
        ({"user_disabled": True}, {"user_disabled": True}, None),
    ],
)
def test_two_for_one(
    first: dict[str, Any], second: dict[str, Any], moves: int | None
) -> None:
    rivals = [
        old("w_", unique_id="w_A4C138000001", unit="kg", statistic=MEAN, **first),
        old("s", unique_id="stab_w_A4C138000001", unit="kg", statistic=MEAN, **second),
    ]
    found = judge(rivals, PEERS["ble_monitor"], ADDRESS, ours(WEIGHT), convertible)
    assert [one.old for one in found] == rivals
    for at, ruling in enumerate(found):
        assert ruling.ours == (WEIGHT if at == moves else None)
        assert (ruling.why is Why.TAKEN) == (at != moves)


def test_what_stays_anyway_is_no_rival() -> None:
    rivals = [
        old("w_", unique_id="w_A4C138000001", unit="parsec", statistic=MEAN),
        old("s", unique_id="stab_w_A4C138000001", unit="kg", statistic=MEAN),
    ]
    found = judge(rivals, PEERS["ble_monitor"], ADDRESS, ours(WEIGHT), convertible)
    assert [one.why for one in found] == [Why.UNIT, None]


@rows(
    ("theirs", "mine", "apart", "signed", "unsigned"),
    [
        ("5", "5.2", 0, None, None),
        ("-5", "5.2", 0, Why.OPPOSITE_SIGN, Why.OPPOSITE_SIGN),
        ("-5", "5.2", 60, Why.OPPOSITE_SIGN, Why.OPPOSITE_SIGN),
        ("-5", "5.2", 61, Why.SIGN_UNKNOWN, None),
        ("-5", "5.2", None, Why.SIGN_UNKNOWN, None),
        # Too little to tell a direction.
        ("-0.5", "5.2", 0, Why.SIGN_UNKNOWN, None),
        ("-5", "0.1", 0, Why.SIGN_UNKNOWN, None),
        (None, "5", 0, Why.SIGN_UNKNOWN, None),
        ("unavailable", "5", 0, Why.SIGN_UNKNOWN, None),
        ("nan", "5", 0, Why.SIGN_UNKNOWN, None),
        ("-inf", "5", 0, Why.SIGN_UNKNOWN, None),
    ],
)
def test_the_sign(
    theirs: str | None,
    mine: str,
    apart: float | None,
    signed: Why | None,
    unsigned: Why | None,
) -> None:
    at = 1000.0
    row = our(
        "current",
        device_class="current",
        unit="A",
        statistic=MEAN,
        value=mine,
        at=at,
    )
    told: dict[str, Any] = {"unit": "A", "statistic": MEAN, "value": theirs}
    when = None if apart is None else at - apart
    batmon = old("i", unique_id="b__soc_current", at=when, **told)
    assert ruled(batmon, row, peer="batmon").why is signed
    bms_ble = old("i", unique_id=f"bms_ble-{ADDRESS.lower()}-current", at=when, **told)
    found = ruled(bms_ble, row, peer="bms_ble")
    assert (found.why, found.ours is None) == (unsigned, unsigned is not None)


@rows(
    ("current", "power", "at", "whys"),
    [
        # One that tells no direction, as what somebody has switched off, goes with the other.
        (None, "500", 0.0, [None, None]),
        ("10", None, 0.0, [None, None]),
        (None, "-500", 0.0, [Why.OPPOSITE_SIGN] * 2),
        ("-10", "1", 0.0, [Why.OPPOSITE_SIGN] * 2),
        # Both have to be of that moment.
        (None, "500", 61.0, [Why.SIGN_UNKNOWN] * 2),
        (None, None, 0.0, [Why.SIGN_UNKNOWN] * 2),
        # Who contradicts itself is asked each alone.
        ("10", "-500", 0.0, [None, Why.OPPOSITE_SIGN]),
    ],
)
def test_signs_of_one_device(
    current: str | None, power: str | None, at: float, whys: list[Why | None]
) -> None:
    shown = ours(
        our("current", device_class="current", unit="A", value="10", at=0.0),
        our("power", device_class="power", unit="W", value="520", at=0.0),
    )
    olds = [
        old("i", unique_id="b__soc_current", unit="A", value=current, at=at),
        old("p", unique_id="b__soc_power", unit="W", value=power, at=at),
    ]
    for order in (1, -1):
        found = judge(olds[::order], PEERS["batmon"], ADDRESS, shown, convertible)
        assert [one.why for one in found] == whys[::order]


def test_the_sign_in_other_units() -> None:
    row = our("power", device_class="power", unit="W", value="-900", at=0.0)
    theirs = old("p", unique_id="pow_A4C138000001", unit="kW", value="0.9", at=0.0)
    assert ruled(theirs, row, peer="ble_monitor").why is Why.OPPOSITE_SIGN
    other = replace(theirs, unit="hp")
    assert ruled(other, row, peer="ble_monitor").why is Why.UNIT


# Whatever a registry holds.
KEYS: Final = {
    domain: sorted(
        {(row.domain, row.key.replace("{n}", "3")) for row in peer.rows}
        | {("sensor", "unheard_of"), ("light", "battery")}
    )
    for domain, peer in PEERS.items()
}
ADDRESSED: Final = {
    "xiaomi_ble": "A4:C1:38:00:00:01-{}",
    "bthome": "A4:C1:38:00:00:01-{}",
    "qingping": "a4:c1:38:00:00:01-{}",
    "bms_ble": "bms_ble-a4:c1:38:00:00:01-{}",
    "ble_monitor": "{}A4C138000001",
    "batmon": "house__{}",
    "tasmota": "08B61F000001_sensor_sensor_ATC-000001_{}",
    "esphome": "08b61f000001/0/sensor/house {}",
}
UNITS: Final = st.sampled_from(["°C", "°F", "W", "A", "kW", "ohm", "Ω", "N", None])
VALUES: Final = st.one_of(
    st.none(), st.floats().map(str), st.sampled_from(["on", "unavailable", ""])
)
TIMES: Final = st.one_of(st.none(), st.floats(0, 200))


@st.composite
def registries(
    draw: st.DrawFn,
) -> tuple[Peer, list[OldRow], Mapping[tuple[str, str], OurRow]]:
    peer = PEERS[draw(st.sampled_from([*PEERS]))]
    keys = draw(st.lists(st.sampled_from(KEYS[peer.domain]), max_size=12, unique=True))
    olds = [
        old(
            key,
            domain,
            unique_id=ADDRESSED[peer.domain].format(key),
            unit=draw(UNITS),
            statistic=draw(st.sampled_from(Statistic)),
            value=draw(VALUES),
            at=draw(TIMES),
            user_disabled=draw(st.booleans()),
        )
        for domain, key in keys
    ]
    targets = sorted(
        {(row.domain, row.ours.replace("{n}", "3")) for row in peer.rows if row.ours}
    )
    shown = draw(st.lists(st.sampled_from(targets), max_size=20, unique=True))
    rows = [
        our(
            key,
            domain,
            device_class=draw(st.sampled_from([None, "temperature", "power"])),
            unit=draw(UNITS),
            statistic=draw(st.sampled_from(Statistic)),
            value=draw(VALUES),
            at=draw(TIMES),
        )
        for domain, key in shown
    ]
    return peer, olds, ours(*rows)


@given(registries())
def test_each_has_one_ruling_and_none_of_ours_is_given_twice(
    case: tuple[Peer, list[OldRow], Mapping[tuple[str, str], OurRow]],
) -> None:
    peer, olds, shown = case
    found = judge(olds, peer, ADDRESS, shown, convertible)
    assert [one.old for one in found] == olds
    given_away = [one.ours for one in found if one.ours]
    assert len(given_away) == len({(one.domain, one.key) for one in given_away})
    for one in found:
        assert (one.ours is None) == (one.fate is Fate.STAYS)
        if one.ours is None:
            assert one.why is not None
            continue
        assert one.ours is shown[one.ours.domain, one.ours.key]
        assert one.ours.domain == one.old.domain
        if one.fate is not Fate.ARCHIVED and one.old.statistic is not NONE:
            assert one.ours.statistic is one.old.statistic
        if one.fate is Fate.ARCHIVED:
            assert one.old.statistic not in (NONE, one.ours.statistic)
        if one.fate is Fate.CURED:
            assert one.old.unit != one.ours.unit
    # Nothing is remembered, and the order changes nothing but the order.
    turned = judge(olds[::-1], peer, ADDRESS, shown, convertible)
    assert turned == found[::-1]
