"""States that end by themselves."""

from custom_components.mi_bms.proto.model.fields import Field
from custom_components.mi_bms.proto.model.holds import Holds

TIMES = {Field.MOTION: 30.0, Field.BATTERY_LOW: 1000.0}


def test_a_state_ends_after_its_time() -> None:
    holds = Holds(TIMES)
    assert holds.take({Field.MOTION: True, Field.LIGHT: True}, 100.0, 100.0) == {}
    assert holds.next() == 130.0
    assert holds.ended(129.9) == {}
    assert holds.ended(130.0) == {Field.MOTION: False}
    assert holds.next() is None


def test_said_again_it_lasts_longer() -> None:
    holds = Holds(TIMES)
    holds.take({Field.MOTION: True}, 100.0, 100.0)
    holds.take({Field.MOTION: True}, 120.0, 120.0)
    assert holds.ended(140.0) == {}
    assert holds.next() == 150.0


def test_the_device_may_end_it_first() -> None:
    holds = Holds(TIMES)
    holds.take({Field.MOTION: True, Field.BATTERY_LOW: True}, 0.0, 0.0)
    assert holds.take({Field.MOTION: False}, 5.0, 5.0) == {}
    assert holds.ends == {Field.BATTERY_LOW: 1000.0}
    assert holds.take({Field.MOTION: False}, 6.0, 6.0) == {}


def test_what_is_heard_late_may_be_over() -> None:
    holds = Holds(TIMES)
    assert holds.take({Field.MOTION: True}, 0.0, 31.0) == {Field.MOTION: False}
    assert holds.next() is None


def test_other_times_count_from_now_on() -> None:
    holds = Holds(TIMES)
    holds.take({Field.MOTION: True}, 0.0, 0.0)
    holds.use({Field.MOTION: 5.0})
    assert holds.next() == 30.0
    holds.take({Field.MOTION: True}, 10.0, 10.0)
    assert holds.next() == 15.0
