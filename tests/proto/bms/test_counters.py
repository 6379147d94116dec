"""Counters, switches and times that only some families have, out of recorded and made-up frames."""

from custom_components.mi_bms.proto.bms import registry
from custom_components.mi_bms.proto.bms.codec import Draft, decode
from custom_components.mi_bms.proto.bms.families import lithionics
from custom_components.mi_bms.proto.gatt.session import Device, Session
from custom_components.mi_bms.proto.model.fields import Field
from custom_components.mi_bms.proto.model.sample import BmsSample
from tests.each import rows
from tests.replay.batteries import VectorLink, run

from .fixtures import VECTORS
from .talks import answer, say


def read(vector_id: str) -> BmsSample:
    """Read the battery of a fixture."""
    vector = next(one for one in VECTORS if one["id"] == vector_id)
    family = registry.load(vector["family"])
    who = vector.get("device", {})
    device = Device(who.get("name", "Battery"), who.get("address", "11:22:33:44:55:66"))
    session = Session(family, clock=lambda: 0.0)
    link = VectorLink(family, vector["exchange"])
    return run(session.read(link, device, vector.get("secret")))


@rows(
    ("vector_id", "expected"),
    [
        # 58 and 100 bytes behind the cells: used and charged charge, both in mAh; 66: seconds.
        (
            "ant:update",
            {
                Field.TOTAL_CHARGE: 15265.082,
                Field.TOTAL_CHARGED: 15492.648,
                Field.UPTIME: 62976673,
            },
        ),
        ("ant_leg:update", {Field.UPTIME: 123456}),
        (
            "jikong:update[JK02_24S]",
            {
                Field.TOTAL_CHARGE: 12150.18,
                Field.UPTIME: 57469067,
                Field.PRECHRG_MOSFET: True,
                Field.CHARGER: False,
            },
        ),
        (
            "jikong:update[JK02_32S_v15]",
            {
                Field.TOTAL_CHARGE: 1859.505,
                Field.UPTIME: 24530060,
                Field.PRECHRG_MOSFET: False,
            },
        ),
        ("cw20:compact", {Field.ENERGY_TOTAL: 25000}),
        ("cw20:padded", {Field.ENERGY_TOTAL: 25000}),
        ("pylontech:charging", {Field.ENERGY_TOTAL: 1200}),
        ("x123smart:no_pin", {Field.ENERGY_IN: 16, Field.ENERGY_OUT: 32}),
        (
            "allpowers:update_discharging",
            {Field.INPUT_POWER: 85, Field.OUTPUT_POWER: 120},
        ),
        ("saihang:charge_only", {Field.CHARGER: True}),
        ("daly_legacy:all_commands", {Field.CHARGER: False}),
        ("daly:protocol_81", {Field.PRECHRG_MOSFET: False}),
        ("tdt:long_reply", {Field.TOTAL_CHARGE: 12.3}),
        ("humsienk:problem_response[high]", {Field.PRECHRG_MOSFET: True}),
        (
            "ws_nova:charging",
            {Field.CHRG_MOSFET: True, Field.DISCHRG_MOSFET: True},
        ),
    ],
)
def test_what_is_counted(vector_id: str, expected: dict[Field, object]) -> None:
    found = read(vector_id).values
    assert {name: found.get(name) for name in expected} == expected


def test_energies_that_are_not_counted_are_absent() -> None:
    assert (
        read("x123smart:update")
        .values.keys()
        .isdisjoint({Field.ENERGY_IN, Field.ENERGY_OUT, Field.CYCLE_CAPACITY})
    )


def test_humsienk_has_run_for_days_hours_and_minutes() -> None:
    body = bytearray(17)
    body[:7] = bytes((0xAA, 0x20, 14, 0x2C, 0x01, 5, 7))
    request = bytes.fromhex("aa20002000")
    plan = registry.load("humsienk").plan
    rows = next(ask.rows for ask in plan if ask.request == request)
    found = decode(rows, bytes(body), Draft()).values
    assert found[Field.UPTIME] == (300 * 24 + 5) * 3600 + 7 * 60


def test_victron_counts_what_was_taken_out() -> None:
    family = registry.load("victron")
    values = (b"\xd2\x04", None, None, None)
    for raw, expected in ((-123, 12.3), (0, 0), (0x7FFF_FFFF, None)):
        draft = answer(
            family.poll(say(family)), *values, raw.to_bytes(4, "little", signed=True)
        )
        assert draft.values.get(Field.CONSUMED_CHARGE) == expected


def test_lithionics_modules_say_which_cells_balance() -> None:
    found = read("lithionics:module_info_sorted[correct]")
    assert [pack.values[Field.BALANCER] for pack in found.packs] == [5, 5]
    line = b"#,1,2,0000,0000,1,30.0,31.0,329,337,333,no,0102,330"
    lithionics.check(line)
    assert Field.BALANCER not in lithionics._module(line).values
