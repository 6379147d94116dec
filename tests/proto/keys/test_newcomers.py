"""Who is added without asking: near, heard for minutes, few an hour."""

from custom_components.mi_bms.proto.keys.newcomers import (
    AN_HOUR,
    HOUR,
    LASTS,
    NEAR,
    REMEMBERED,
    SIGHTINGS,
    Newcomers,
)

ADDRESS = "A4:C1:38:00:00:01"


def test_a_device_is_told_once_after_minutes() -> None:
    some = Newcomers()
    assert not any(some.hear(ADDRESS, 1.0 * n, NEAR) for n in range(SIGHTINGS + 5))
    assert some.hear(ADDRESS, LASTS, NEAR)
    assert not some.hear(ADDRESS, LASTS + 1, NEAR)
    some.again(ADDRESS)
    some.again("another")
    assert some.hear(ADDRESS, LASTS + 2, NEAR)
    some.start_anew()
    assert some.hear(ADDRESS, LASTS + 3, NEAR)


def test_what_is_far_away_does_not_count() -> None:
    some = Newcomers()
    assert not any(
        some.hear(ADDRESS, LASTS * n, NEAR - 1) for n in range(SIGHTINGS * 2)
    )


def test_few_an_hour_are_added() -> None:
    some = Newcomers()
    assert all(some.add(float(n)) for n in range(AN_HOUR - 1))
    assert not some.add(float(AN_HOUR))
    assert some.add(HOUR + 1)
    some.forgive()
    assert some.add(HOUR + 2)


def test_a_crowd_is_forgotten() -> None:
    some = Newcomers()
    for number in range(REMEMBERED + 9):
        some.hear(str(number), 0.0, NEAR)
    assert len(some) == REMEMBERED
