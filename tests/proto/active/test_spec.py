"""Rows of what products can do."""

from custom_components.mi_bms.proto.active.look import ASKED
from custom_components.mi_bms.proto.active.spec import ACTIVE, ActiveSpec, Function
from custom_components.mi_bms.proto.mibeacon.devices import DEVICES, KINDS, product_of
from tests.each import rows


@rows("product", ACTIVE)
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
    with_one = [spec for spec in KINDS.values() if spec.product_id]
    assert with_one
    for spec in with_one:
        # As entries have been describing them, and as they do.
        for described in (spec.described, f"Temperature/Humidity Sensor {spec.model}"):
            product = product_of(described)
            assert product == spec.product_id
            assert product is not None
            assert DEVICES[product].model == spec.model
    assert product_of(None) is product_of("") is product_of("Band Mi Band") is None


@rows(
    ("product", "firmware", "mute"),
    [
        (0x0098, "2.6.5", True),
        (0x0098, "2.7.0", True),
        (0x0098, "3.1.8", False),
        (0x0098, "newest", False),
        (0x0098, None, False),
        (0x055B, "1.0.0_0130", False),
    ],
)
def test_firmware_that_does_not_broadcast(
    product: int, firmware: str | None, mute: bool
) -> None:
    assert ACTIVE[product].is_mute(firmware) is mute
