"""Batteries of one bank are read close together, and not more often for that."""

from custom_components.mi_bms.proto.scheduler.events import Released
from tests.each import rows

from .test_schedule import A, B, C, add, read, scanner, scheduler, serve


def reads(
    seconds: float, *late: tuple[str, float, float], group: frozenset[str]
) -> dict[str, list[float]]:
    """Serve batteries, each added at its time with its interval; return when each was read."""
    made, heard = scheduler(), scanner(A, B, C)
    made.groups.append(group)
    found: dict[str, list[float]] = {one: [] for one, _, _ in late}
    for now in range(int(seconds)):
        for address, at, interval in late:
            if at == now:
                add(made, address, now, interval)
        for address in read(serve(made, now, heard)):
            found[address].append(now)
        for address in found:
            if address in made.batteries:
                made.apply(address, Released(), now + 0.9)
    return found


@rows("phase", [4, 11, 17, 26])
def test_members_of_a_group_stay_together(phase: int) -> None:
    found = reads(600, (A, 0, 30), (B, phase, 30), group=frozenset({A, B}))
    pairs = list(zip(found[A][-10:], found[B][-10:], strict=True))
    assert all(abs(one - other) <= 10 for one, other in pairs), pairs
    assert 19 <= len(found[A]) <= 22
    assert 19 <= len(found[B]) <= 22


def test_without_a_group_each_goes_its_own_way() -> None:
    found = reads(600, (A, 0, 30), (B, 13, 30), group=frozenset({C}))
    assert abs(found[A][-1] - found[B][-1]) > 10


def test_one_that_is_read_rarely_is_read_no_more_often() -> None:
    found = reads(1200, (A, 0, 30), (B, 17, 60), group=frozenset({A, B}))
    assert len(found[B]) <= 1200 / 60 + 2
    near = [min(abs(one - other) for other in found[A]) for one in found[B][3:]]
    assert max(near) <= 10
