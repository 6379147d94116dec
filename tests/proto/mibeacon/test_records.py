"""What a sensor says in one advert, as scripts get it."""

from custom_components.mi_bms.proto.mibeacon.identify import Sighting
from custom_components.mi_bms.proto.mibeacon.records import record
from custom_components.mi_bms.proto.model.fields import Field
from custom_components.mi_bms.proto.model.reading import Event, Outcome, Reading


def test_a_sensor_with_what_it_says() -> None:
    sighting = Sighting(
        format="mibeacon",
        model="LYWSD03MMC",
        title="Thermometer",
        product_id=0x055B,
        encrypted=True,
    )
    reading = Reading(
        outcome=Outcome.DECODED,
        values={Field.TEMPERATURE: 21.5},
        events=(Event("button", "press", {"count": 2}),),
    )
    assert record(sighting, reading) == {
        "format": "mibeacon",
        "model": "LYWSD03MMC",
        "title": "Thermometer",
        "product_id": 0x055B,
        "encrypted": True,
        "outcome": "decoded",
        "values": {"temperature": 21.5},
        "events": [{"key": "button", "type": "press", "properties": {"count": 2}}],
    }
