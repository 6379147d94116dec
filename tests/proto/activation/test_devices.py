"""What to expect of a product before it is paired."""

from custom_components.mi_bms.proto.activation.devices import (
    Preparation,
    Way,
    can_pair,
    hint_of,
)
from tests.each import rows


@rows(
    ("product", "way", "preparation", "offered"),
    [
        (0x01AA, Way.NOT_NEEDED, Preparation.NOTHING, False),  # LYWSDCGQ
        (0x07F6, Way.STANDARD, Preparation.MOVE_SWITCH, True),  # MJYD02YL
        (0xFFFE, Way.STANDARD, Preparation.HOLD_BUTTON, True),  # nobody knows it
        (None, Way.STANDARD, Preparation.HOLD_BUTTON, False),  # not heard yet
    ],
)
def test_what_to_expect(
    product: int | None, way: Way, preparation: Preparation, offered: bool
) -> None:
    hint = hint_of(product)
    assert (hint.way, hint.preparation) == (way, preparation)
    assert can_pair(product) is offered
