"""A reading with other values is the same in everything else."""

from custom_components.mi_bms.proto.model.fields import Field
from custom_components.mi_bms.proto.model.reading import Event, Outcome, Reading, Reason


def test_other_values_leave_the_rest() -> None:
    reading = Reading(
        Outcome.DECODED,
        {Field.HUMIDITY: 48.6},
        (Event("button", "press"),),
        "mibeacon",
        "LYWSD03MMC",
        0x055B,
        encrypted=True,
        reason=Reason.RANGE,
        further={(Field.HUMIDITY, 2): 50},
    )
    other = reading.with_values({Field.HUMIDITY: 48})
    assert type(other) is Reading
    assert other == reading._replace(values={Field.HUMIDITY: 48})
    assert reading.values == {Field.HUMIDITY: 48.6}
