"""Each product against frames from an encoder that knows the published formats and none of our tables."""

from itertools import groupby
import json
from pathlib import Path
from typing import Any

import pytest

from custom_components.mi_bms.proto.mibeacon.devices import DEVICES
from tests.replay.sensors import OPTIONAL, equal, replay

MADE = json.loads(
    (Path(__file__).parents[2] / "fixtures" / "products" / "made.json").read_text()
)
PRODUCTS = [
    pytest.param(list(vectors), id=product)
    for product, vectors in groupby(MADE, lambda one: one["product_id"])
]


@pytest.mark.parametrize("vectors", PRODUCTS)
def test_product_says_what_was_put_in(vectors: list[dict[str, Any]]) -> None:
    for vector in vectors:
        told, expected = replay(vector), vector["expect"]
        assert told["outcome"] == vector["outcome"], vector["id"]
        assert told["values"].keys() - OPTIONAL == expected.keys() - OPTIONAL
        for name, value in expected.items():
            assert equal(name, value, told["values"].get(name)), (vector["id"], name)
        wanted = [{"properties": {}, **event} for event in vector["events"]]
        assert told["events"] == wanted, vector["id"]


def test_products_are_known() -> None:
    assert {int(one["product_id"], 16) for one in MADE} <= DEVICES.keys()
    assert all(one["source"] for one in MADE)
