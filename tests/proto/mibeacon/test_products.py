"""Each product against frames from an encoder that knows the published formats and none of our tables."""

import json
from pathlib import Path
from typing import Any

from custom_components.mi_bms.proto.mibeacon.decoder import Decoder
from custom_components.mi_bms.proto.mibeacon.devices import DEVICES
from tests.each import each, rows
from tests.replay.sensors import OPTIONAL, equal, replay

from .frames import ADDRESS, FE95, clear, obj

MADE = json.loads(
    (Path(__file__).parents[2] / "fixtures" / "products" / "made.json").read_text()
)


def test_products_say_what_was_put_in() -> None:
    each(((vector["id"], vector) for vector in MADE), says_what_was_put_in)


def says_what_was_put_in(vector: dict[str, Any]) -> None:
    told, expected = replay(vector), vector["expect"]
    assert told["outcome"] == vector["outcome"]
    assert told["values"].keys() - OPTIONAL == expected.keys() - OPTIONAL
    for name, value in expected.items():
        assert equal(name, value, told["values"].get(name)), name
    wanted = [{"properties": {}, **event} for event in vector["events"]]
    assert told["events"] == wanted


def test_products_are_known() -> None:
    assert {int(one["product_id"], 16) for one in MADE} <= DEVICES.keys()
    assert all(one["source"] for one in MADE)


@rows(
    ("product", "waits"),
    [(0x055B, False), (0x098B, True), (0x0A83, True), (0x07F6, True), (0x1949, True)],
)
def test_doors_motion_and_remotes_wait_for_something_to_happen(
    product: int, waits: bool
) -> None:
    assert Decoder(ADDRESS, product_id=product).waits is waits


def test_a_product_that_nobody_knows_may_wait_too() -> None:
    decoder = Decoder(ADDRESS)
    assert not decoder.waits
    decoder.feed_one(FE95, clear(0xFFF1, obj(0x1004, "c800"), 1), 0.0)
    assert decoder.waits
