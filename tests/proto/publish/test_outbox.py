"""The queue: bounded, in order, and every item is counted once."""

from hypothesis import given, strategies as st

from custom_components.mi_bms.proto.publish.outbox import Item, Outbox


def items(*numbers: int) -> list[Item]:
    return [Item(b"%d" % number, "t") for number in numbers]


def filled(limit: int, count: int) -> Outbox:
    box = Outbox(limit)
    for item in items(*range(count)):
        box.put(item)
    return box


def test_what_is_too_much_is_dropped_from_the_front_and_counted() -> None:
    box = filled(3, 5)
    assert box.waiting() == items(2, 3, 4)
    assert (len(box), box.dropped, box.sent) == (3, 2, 0)


def test_nothing_is_kept_with_no_room() -> None:
    box = filled(0, 4)
    assert (len(box), box.dropped) == (0, 4)


def test_bytes_are_bounded_too() -> None:
    box = Outbox(1000, limit_bytes=100)
    for _ in range(10):
        box.put(Item(b"x" * 29, "t"))
    assert (len(box), box.dropped) == (3, 7)
    box.take(3)
    box.put(Item(b"x" * 90))
    assert (len(box), box.dropped) == (1, 7)
    box.put(Item(b"x" * 101))
    assert (len(box), box.dropped) == (0, 9)


def test_what_comes_back_stands_in_front_again() -> None:
    box = filled(10, 5)
    taken = box.take(3)
    assert taken == items(0, 1, 2)
    assert box.waiting() == items(0, 1, 2, 3, 4)
    box.done()
    box.put_back(taken[1:])
    assert box.waiting() == items(1, 2, 3, 4)
    assert box.sent == 1


def test_what_comes_back_to_a_full_queue_is_the_oldest() -> None:
    box = filled(3, 3)
    taken = box.take(2)
    for item in items(3, 4):
        box.put(item)
    box.put_back(taken)
    assert box.waiting() == items(2, 3, 4)
    assert box.dropped == 2


@given(st.lists(st.integers(-5, 5)), st.integers(0, 8))
def test_nothing_disappears_uncounted(moves: list[int], limit: int) -> None:
    """Positive numbers put so many, others take so many and hand over every second one."""
    box, put = Outbox(limit), 0
    for move in moves:
        for _ in range(move):
            box.put(Item(b"%d" % put))
            put += 1
        taken = box.take(-move) if move < 0 else []
        box.done(len(taken[::2]))
        box.put_back(taken[1::2])
        assert box.sent + box.dropped + len(box) == put
        assert len(box) <= limit
        numbers = [int(item.payload) for item in box.waiting()]
        assert numbers == sorted(numbers)


def test_what_can_never_go_is_counted_and_gone() -> None:
    box = Outbox(limit=5)
    box.put(Item(b"1", "a"))
    assert box.take(1)
    box.drop()
    box.put_back([])
    assert (len(box), box.dropped, box.waiting()) == (0, 1, [])
