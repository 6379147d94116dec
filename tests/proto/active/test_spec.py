"""Rows of what products can do."""

import pytest

from custom_components.mi_bms.proto.active.look import ASKED
from custom_components.mi_bms.proto.active.spec import ACTIVE, ActiveSpec, Function
from custom_components.mi_bms.proto.mibeacon.devices import DEVICES, KINDS, PRODUCT_OF


@pytest.mark.parametrize("product", ACTIVE)
def test_rows(product: int) -> None:
    row: ActiveSpec = ACTIVE[product]
    assert product in DEVICES
    assert row.functions
    assert row.daily <= row.functions & ASKED
    assert row.doubtful < row.functions
    assert not row.daily & row.doubtful or row.daily - row.doubtful
    assert (row.comfort > 0) is (Function.COMFORT in row.functions)
    assert not {Function.CLOCK, Function.SET_CLOCK} <= row.functions


def test_models_of_the_same_name_do_the_same() -> None:
    rows: dict[str, ActiveSpec] = {}
    for product, row in ACTIVE.items():
        assert rows.setdefault(DEVICES[product].model, row) == row


def test_kinds_without_a_product_id() -> None:
    titles = {spec.title: spec.model for spec in KINDS.values()}
    for title, product in PRODUCT_OF.items():
        assert titles[title] == DEVICES[product].model
        assert list(titles).count(title) == 1
