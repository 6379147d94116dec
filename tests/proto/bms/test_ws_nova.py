"""Wattstunde Nova: its name is free and its service common, so only the address tells."""

from custom_components.mi_bms.proto.bms.matching import BatteryAdvert, recognise
from custom_components.mi_bms.proto.bms.uuids import expand


def test_the_address_tells() -> None:
    def found(address: str) -> list[str]:
        advert = BatteryAdvert(
            address=address, name="My battery", service_uuids=(expand("fff0"),)
        )
        return [candidate.family_id for candidate in recognise(advert)]

    assert found("60:6E:41:00:00:01") == found("10:23:81:00:00:01") == ["ws_nova"]
    assert found("60:6E:42:00:00:01") == []
