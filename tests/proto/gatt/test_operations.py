"""A list of steps on one connection, and the look at a device's table."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

import pytest

from custom_components.mi_bms.proto.gatt.explore import (
    Characteristic,
    Descriptor,
    Service,
    explore,
)
from custom_components.mi_bms.proto.gatt.inbox import MOST_BYTES
from custom_components.mi_bms.proto.gatt.link import Notified
from custom_components.mi_bms.proto.gatt.operations import (
    LONGEST_VALUE,
    MOST_NOTIFICATIONS,
    Batch,
    Code,
    Do,
    Impossible,
    Operation,
    OperationFailed,
)
from custom_components.mi_bms.proto.model.errors import LOST, Unreachable

CAN: Mapping[str, frozenset[str]] = {
    "value": frozenset({"read"}),
    "service/value": frozenset({"read"}),
    "both": frozenset({"read", "write", "write-without-response", "notify"}),
    "loud": frozenset({"write", "indicate"}),
    "quick": frozenset({"write-without-response"}),
    "spoken": frozenset({"notify"}),
}


class Fake:
    """Be a link whose answers are notifications to what is written."""

    def __init__(self) -> None:
        self.written: list[tuple[str, bytes, bool]] = []
        self.subscribed: list[str] = []
        self.broken: set[str] = set()
        self.reason = "link"
        self.answers: list[bytes] = []
        self.say: Callable[[bytes], None] = lambda _: None

    @property
    def characteristics(self) -> Collection[str]:
        return CAN

    def properties(self, uuid: str) -> Collection[str]:
        return CAN[uuid]

    def max_write(self, uuid: str) -> int:
        return 20

    async def subscribe(self, uuid: str, notified: Notified) -> None:
        if "subscribe" in self.broken:
            raise Unreachable(self.reason)
        self.subscribed.append(uuid)
        self.say = notified

    async def read(self, uuid: str) -> bytes:
        if "read" in self.broken:
            raise Unreachable(self.reason)
        return uuid.encode()

    async def write(self, uuid: str, data: bytes, *, response: bool) -> None:
        if "write" in self.broken:
            raise Unreachable(self.reason)
        self.written.append((uuid, data, response))
        for one in self.answers:
            self.say(one)


def read(uuid: str, **more: Any) -> Operation:
    return Operation(do=Do.READ, characteristic=uuid, **more)


def write(uuid: str, data: bytes = b"\x01", **more: Any) -> Operation:
    return Operation(do=Do.WRITE, characteristic=uuid, data=data, **more)


def notify(uuid: str, **more: Any) -> Operation:
    return Operation(do=Do.NOTIFY, characteristic=uuid, **{"seconds": 0.01} | more)


async def failing(link: Fake, *steps: Operation) -> OperationFailed:
    with pytest.raises(OperationFailed) as caught:
        await Batch(link).run(steps)
    return caught.value


async def test_steps_in_order() -> None:
    link = Fake()
    link.answers = [b"a", b"b"]
    done = await Batch(link).run(
        [
            read("value"),
            read("value", service="service"),
            write("loud"),
            write("quick"),
            write("both", response=False),
            notify("both", data=b"\x05", count=2, seconds=5),
            notify("both", data=b"\x06", write_to="quick", count=1, seconds=5),
        ]
    )
    assert done == [[b"value"], [b"service/value"], [], [], [], [b"a", b"b"], [b"a"]]
    assert link.written == [
        ("loud", b"\x01", True),
        ("quick", b"\x01", False),
        ("both", b"\x01", False),
        ("both", b"\x05", True),
        ("quick", b"\x06", False),
    ]
    assert link.subscribed == ["both"]


async def test_what_comes_by_itself() -> None:
    link = Fake()
    loop = asyncio.get_running_loop()
    loop.call_later(0.01, lambda: link.say(b"1"))
    loop.call_later(0.02, lambda: link.say(b"2"))
    step = notify("spoken", count=2, seconds=5)
    assert await Batch(link).run([step]) == [[b"1", b"2"]]
    assert link.written == []


async def test_a_flood_ends_the_step() -> None:
    link = Fake()
    link.answers = [b"x"] * (MOST_NOTIFICATIONS + 1)
    (said,) = await Batch(link).run([notify("both", data=b"", seconds=60)])
    assert len(said) == MOST_NOTIFICATIONS
    link.answers = [bytes(MOST_BYTES)]
    (said,) = await Batch(link).run([notify("both", data=b"", seconds=60)])
    assert len(said) == 1


@pytest.mark.parametrize(
    ("step", "code", "reason", "what"),
    [
        (read("none"), Code.NO_CHARACTERISTIC, "no_characteristic", "none"),
        (
            read("value", service="other"),
            Code.NO_SERVICE,
            "no_service",
            "other",
        ),
        (
            read("both", service="service"),
            Code.NO_CHARACTERISTIC,
            "no_characteristic",
            "service/both",
        ),
        (read("quick"), Code.NOT_READ, "not_readable", "quick"),
        (notify("value"), Code.CANNOT_NOTIFY, "cannot_notify", "value"),
        (
            notify("both", data=b"", write_to="none"),
            Code.NO_CHARACTERISTIC,
            "no_characteristic",
            "none",
        ),
        (
            notify("both", data=b"", write_to="value"),
            Code.NOT_WRITABLE,
            "not_writable",
            "value",
        ),
        (write("value"), Code.NOT_WRITABLE, "not_writable", "value"),
        (write("loud", response=False), Code.NOT_WRITABLE, "not_writable", "loud"),
        (write("quick", response=True), Code.NOT_WRITABLE, "not_writable", "quick"),
        (write("quick", bytes(21)), Code.NOT_WRITTEN, "too_many_bytes", "20"),
        (
            write("loud", bytes(LONGEST_VALUE + 1)),
            Code.NOT_WRITTEN,
            "too_many_bytes",
            str(LONGEST_VALUE),
        ),
    ],
)
async def test_a_mistake_is_found_before_anything_is_written(
    step: Operation, code: Code, reason: str, what: str
) -> None:
    link = Fake()
    failed = await failing(link, write("both"), step)
    assert isinstance(failed, Impossible)
    assert (failed.number, failed.code, failed.reason) == (2, code, reason)
    assert failed.what == what
    assert link.written == []
    assert link.subscribed == []


@pytest.mark.parametrize(
    ("breaks", "step", "code", "reason"),
    [
        ("read", read("value"), Code.NOT_READ, "not_read"),
        ("write", write("loud"), Code.NOT_WRITTEN, "not_written"),
        ("subscribe", notify("both"), Code.CANNOT_NOTIFY, "not_subscribed"),
        ("write", notify("both", data=b"\x01"), Code.NOT_WRITTEN, "not_written"),
        ("", notify("both"), Code.NO_NOTIFICATION, "silent"),
    ],
)
async def test_what_the_device_refuses(
    breaks: str, step: Operation, code: Code, reason: str
) -> None:
    link = Fake()
    link.broken = {breaks}
    failed = await failing(link, step)
    assert not isinstance(failed, Impossible)
    assert (failed.number, failed.code, failed.reason) == (1, code, reason)


@pytest.mark.parametrize(
    ("breaks", "step", "reason"),
    [
        ("read", read("value"), "left"),
        ("write", write("loud"), "left_writing"),
        ("subscribe", notify("both"), "left"),
        ("write", notify("both", data=b"\x01"), "left_writing"),
    ],
)
async def test_a_device_that_leaves_has_refused_nothing(
    breaks: str, step: Operation, reason: str
) -> None:
    link = Fake()
    link.broken, link.reason = {breaks}, LOST
    batch = Batch(link)
    assert batch.broken is None
    with pytest.raises(Unreachable):
        await batch.run([step])
    assert batch.broken
    assert (batch.broken.number, batch.broken.code) == (1, Code.CONNECTION)
    assert batch.broken.reason == reason


async def test_some_notifications_are_better_than_none() -> None:
    link = Fake()
    link.answers = [b"x"]
    step = notify("both", data=b"", count=2, seconds=0.01)
    assert await Batch(link).run([step]) == [[b"x"]]


async def test_a_write_without_data_writes_nothing() -> None:
    link = Fake()
    step = replace(write("both"), data=None)
    assert not step.writes
    assert await Batch(link).run([step]) == [[]]
    assert link.written == []


TABLE = [
    Service(
        uuid="1800",
        handle=1,
        name="Generic Access",
        characteristics=(
            Characteristic(
                uuid="2a00",
                handle=3,
                name="Device Name",
                properties=("read",),
                descriptors=(Descriptor(uuid="2901", handle=4),),
            ),
            Characteristic(uuid="2a01", handle=6, name="", properties=("read",)),
            Characteristic(uuid="2a02", handle=8, name="", properties=("write",)),
        ),
    )
]


class Table:
    """Be a link with a table; handle 6 refuses to be read."""

    services = TABLE

    async def read_handle(self, handle: int) -> bytes:
        if handle == 6:
            raise Unreachable("link")
        return bytes((handle,))

    async def read_descriptor(self, handle: int) -> bytes:
        return bytes((handle,))


async def test_explore() -> None:
    (service,) = await explore(Table())
    first, second, third = service.characteristics
    assert (first.value, first.refused) == (b"\x03", False)
    assert [one.value for one in first.descriptors] == [b"\x04"]
    assert (second.value, second.refused) == (None, True)
    assert (third.value, third.refused) == (None, False)
    assert await explore(Table(), values=False) == TABLE
