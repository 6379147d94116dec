"""What names a device."""

from custom_components.mi_bms.proto.model.address import parse_device
from tests.each import rows


@rows(
    ("text", "meant"),
    [
        ("bank-0123456789abcdef", "bank-0123456789abcdef"),
        ("a4-c1-38-00-00-01", "A4:C1:38:00:00:01"),
        ("bank-0123456789ABCDEF", None),
        ("bank-1", None),
        ("", None),
    ],
)
def test_a_device_has_an_address_or_is_a_bank(text: str, meant: str | None) -> None:
    assert parse_device(text) == meant
