"""What odd modules need reaches all who talk: each oddness is met once by each of the four kinds."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Any, override

import pytest

from custom_components.mi_bms.proto.activation.contract import DATA, ErrorCode
from custom_components.mi_bms.proto.active import change, look, spec
from custom_components.mi_bms.proto.active.spec import ACTIVE, Function
from custom_components.mi_bms.proto.bms.codec import Num
from custom_components.mi_bms.proto.bms.contract import Ask, Family, Wire
from custom_components.mi_bms.proto.bms.framing import LengthFramer, length_at
from custom_components.mi_bms.proto.bms.uuids import expand
from custom_components.mi_bms.proto.gatt.activation import activate
from custom_components.mi_bms.proto.gatt.link import GattLink, Notified
from custom_components.mi_bms.proto.gatt.operations import (
    Batch,
    Do,
    Operation,
    OperationFailed,
)
from custom_components.mi_bms.proto.gatt.session import Device, Session
from custom_components.mi_bms.proto.model.errors import (
    LOST,
    ActivationError,
    Unreachable,
)
from custom_components.mi_bms.proto.model.fields import Field
from tests.each import rows
from tests.proto.active.device import Sensor
from tests.replay.activation import Air, start
from tests.replay.batteries import run
from tests.world.devices.activation import MiActivatable
from tests.world.devices.mi_remote import MiLegacyRemote
from tests.world.peripheral import Peripheral

NOTIFY, WRITE = expand("ff01"), expand("ff02")
SMALL = 20  # bytes of one write, the least that Bluetooth has
LONG = b"\xaa\x1e" + bytes(28)
ANSWER = b"\xbb\x02\x32\x07"
NOISE = b"\xbb\x02\x00\x00"  # to a battery a good frame, and no answer
LYWSD02 = 0x045B


class Odd(Enum):
    """Name an oddness of a module."""

    NOTHING = auto()
    LOSES_FIRST = auto()  # what is written first on the first connection
    TAKES_LITTLE = auto()
    NEVER_CONFIRMS = auto()  # writes with response are not offered, and refused
    SLOW = auto()
    NOISY = auto()  # something else comes before each answer of the first connection
    REFUSES_FIRST = auto()  # subscription on the first connection
    ALWAYS_CONFIRMS = auto()  # writes without response are not offered, and refused
    LEAVES = auto()  # at the second write of the first connection


@dataclass
class House:
    """Count the connections to a device, and what was written on all of them."""

    odd: Odd
    late: float = 1.5  # s
    connections: int = 0
    written: list[tuple[bytes, bool]] = field(default_factory=list)

    def use[T](
        self, use: Callable[[Any], Awaitable[T]]
    ) -> Callable[[Callable[[GattLink], Awaitable[T]]], Awaitable[T]]:
        """Put the oddness between a device and whoever uses it."""

        async def opened(work: Callable[[GattLink], Awaitable[T]], /) -> T:
            self.connections += 1
            return await use(lambda link: work(OddLink(link, self)))

        return opened


class OddLink(GattLink):
    """Be a connection to a module with an oddness."""

    def __init__(self, link: GattLink, house: House) -> None:
        self._link, self._house = link, house
        # Some things happen to a device once.
        first = house.connections == 1
        once = {Odd.LOSES_FIRST, Odd.NOISY, Odd.REFUSES_FIRST, Odd.LEAVES}
        self._odd = house.odd if first or house.odd not in once else Odd.NOTHING
        self._writes = self._subscriptions = 0

    @property
    @override
    def characteristics(self) -> Collection[str]:
        return self._link.characteristics

    @override
    def properties(self, uuid: str) -> Collection[str]:
        if self._odd is Odd.NEVER_CONFIRMS:
            return ("read", "notify", "write-without-response")
        if self._odd is Odd.ALWAYS_CONFIRMS:
            return ("read", "notify", "write")
        return ("read", "notify", "write", "write-without-response")

    @override
    def max_write(self, uuid: str) -> int:
        return SMALL if self._odd is Odd.TAKES_LITTLE else 512

    @override
    async def read(self, uuid: str) -> bytes:
        return await self._link.read(uuid)

    @override
    async def subscribe(self, uuid: str, notified: Notified) -> None:
        def said(data: bytes) -> None:
            if self._odd is Odd.NOISY:
                notified(NOISE)
            if self._odd is Odd.SLOW:
                asyncio.get_running_loop().call_later(self._house.late, notified, data)
            else:
                notified(data)

        self._subscriptions += 1
        if self._odd is Odd.REFUSES_FIRST and self._subscriptions == 1:
            raise Unreachable("gatt_14")
        await self._link.subscribe(uuid, said)

    @override
    async def write(self, uuid: str, data: bytes, *, response: bool) -> None:
        self._writes += 1
        self._house.written.append((data, response))
        if response and self._odd is Odd.NEVER_CONFIRMS:
            raise Unreachable("gatt_3")
        if not response and self._odd is Odd.ALWAYS_CONFIRMS:
            raise Unreachable("gatt_3")
        if not response and len(data) > self.max_write(uuid):
            raise Unreachable("gatt_13")
        if self._odd is Odd.LEAVES and self._writes == 2:
            raise Unreachable(LOST)
        if self._odd is Odd.LOSES_FIRST and self._writes == 1:
            return
        await self._link.write(uuid, data, response=response)


# --- batteries: asked until they answer ----------------------------------------------------------


class Board(GattLink):
    """Be a board that answers a question of 30 bytes, in whatever pieces it comes."""

    characteristics: Collection[str] = (NOTIFY, WRITE)  # type: ignore[assignment]

    def __init__(self) -> None:
        self._got = b""
        self._notified: Notified = lambda _: None

    @override
    def properties(self, uuid: str) -> Collection[str]:
        raise NotImplementedError

    @override
    def max_write(self, uuid: str) -> int:
        raise NotImplementedError

    @override
    async def read(self, uuid: str) -> bytes:
        raise NotImplementedError

    @override
    async def subscribe(self, uuid: str, notified: Notified) -> None:
        self._notified = notified

    @override
    async def write(self, uuid: str, data: bytes, *, response: bool) -> None:
        self._got = (self._got + data)[-len(LONG) :]
        if self._got == LONG:
            asyncio.get_running_loop().call_later(0.01, self._notified, ANSWER)


def battery(response: bool) -> Family:
    return Family(
        id="made_up",
        wires=(Wire(service="ff00", notify=("ff01",), write="ff02"),),
        framer=lambda _context: LengthFramer((b"\xbb",), length_at(1, 2)),
        plan=(
            Ask(
                request=LONG,
                reply=b"\xbb\x02\x32",
                rows=(Num(Field.BATTERY_LEVEL, 2, ">u1"),),
            ),
            Ask(
                request=LONG, reply=b"\xbb\x02\x32", rows=(Num(Field.CYCLES, 3, ">u1"),)
            ),
        ),
        response=response,
    )


def read_battery(house: House) -> dict[Field, Any]:
    board = Board()
    silent = {Odd.TAKES_LITTLE, Odd.ALWAYS_CONFIRMS}  # of its own
    session = Session(battery(house.odd not in silent), clock=lambda: 0.0)

    async def direct(work: Callable[[Any], Awaitable[Any]]) -> Any:
        return await work(board)

    async def read() -> Any:
        device = Device("made up", "11:22:33:44:55:66")
        use = house.use(direct)
        try:
            return await use(lambda link: session.read(link, device))
        except Unreachable:
            # A battery gets its fresh connection from whoever gives turns.
            return await use(lambda link: session.read(link, device))

    return dict(run(read()).values)


@rows(
    ("odd", "connections", "written"),
    [
        (Odd.NOTHING, 1, [30, 30]),
        (Odd.LOSES_FIRST, 1, [30, 30, 30]),
        (Odd.TAKES_LITTLE, 1, [20, 10, 20, 10]),
        (Odd.NEVER_CONFIRMS, 1, [30, 30]),
        (Odd.SLOW, 1, [30, 30, 30, 30]),  # each question once more
        (Odd.NOISY, 1, [30, 30]),
        (Odd.REFUSES_FIRST, 1, [30, 30]),
        (Odd.ALWAYS_CONFIRMS, 1, [30, 30]),
        (Odd.LEAVES, 2, [30, 30, 30, 30]),
    ],
)
def test_batteries(odd: Odd, connections: int, written: list[int]) -> None:
    house = House(odd)
    found = read_battery(house)
    assert (found[Field.BATTERY_LEVEL], found[Field.CYCLES]) == (50, 7)
    assert house.connections == connections
    assert [len(data) for data, _ in house.written] == written
    silent = odd in {Odd.NEVER_CONFIRMS, Odd.TAKES_LITTLE}
    assert {response for _, response in house.written} == {not silent}


# --- activation: a protocol that asks again by itself, on fresh connections with fresh keys --------


@rows(
    ("odd", "connections"),
    [
        (Odd.NOTHING, 1),
        (Odd.LOSES_FIRST, 2),
        (Odd.TAKES_LITTLE, 1),
        (Odd.NEVER_CONFIRMS, 1),
        (Odd.SLOW, 1),
        (Odd.NOISY, 1),
        (Odd.REFUSES_FIRST, 1),
        (Odd.ALWAYS_CONFIRMS, 1),
        (Odd.LEAVES, 2),
    ],
)
def test_activation(odd: Odd, connections: int) -> None:
    house = House(odd, late=0.6)  # a slower one hangs up before it has said everything
    device = MiActivatable(address="A4:C1:38:12:34:56")
    if odd is Odd.ALWAYS_CONFIRMS:
        offer(device, "write")

    async def work() -> bytes:
        air = Air(device)
        return (await activate(house.use(air.use), start(device.address))).bind_key

    assert run(work()).hex() == device._new_key
    assert house.connections == connections
    confirmed = odd is Odd.ALWAYS_CONFIRMS
    assert {response for _, response in house.written} == {confirmed}
    assert max(len(data) for data, _ in house.written) <= SMALL


def offer(device: Peripheral, write: str) -> None:
    """Let a device's characteristics offer one way to write."""
    offered = frozenset({"read", "notify", write})
    device.services = tuple(
        replace(
            service,
            characteristics=tuple(
                replace(one, properties=offered) for one in service.characteristics
            ),
        )
        for service in device.services
    )


def test_a_remote_that_never_confirms() -> None:
    house = House(Odd.NEVER_CONFIRMS)
    remote = MiLegacyRemote(address="F8:24:41:12:34:56")
    offer(remote, "write-without-response")

    async def work() -> bytes:
        use = house.use(Air(remote).use)
        return (await activate(use, start(remote.address, 0x03B6))).bind_key

    assert run(work()).hex() == remote.key
    assert house.written
    assert not any(response for _, response in house.written)


@rows("lost", [True, False])
def test_a_subscription_is_asked_for_twice_at_most(lost: bool) -> None:
    class Deaf(Board):
        """Refuse all subscriptions, or be gone."""

        asked = 0

        @override
        async def subscribe(self, uuid: str, notified: Notified) -> None:
            self.asked += 1
            raise Unreachable(LOST if lost else "gatt_14")

    board = Deaf()
    with pytest.raises((Unreachable, OperationFailed)):
        run(Batch(OddLink(board, House(Odd.NOTHING))).run([*operations()]))
    assert board.asked == (1 if lost else 2)


def test_an_activation_that_is_written_to_for_ever_is_garbage() -> None:
    class Insisting(MiActivatable):
        """Announce the same again and again, and never send it."""

        @override
        def write(self, uuid: str, data: bytes, response: bool) -> None:
            if self.notify is not None:
                self.notify(DATA, bytes.fromhex("000000000200"))

    async def work() -> None:
        air = Air(Insisting(address="A4:C1:38:12:34:56"))
        await activate(air.use, start("A4:C1:38:12:34:56"), runs=1)

    with pytest.raises(ActivationError) as caught:
        run(work())
    assert caught.value.reason == ErrorCode.GARBAGE


# --- functions of sensors: what was written is read back, what is silent is asked anew -------------


@rows(
    ("odd", "connections", "written"),
    [
        (Odd.NOTHING, 1, 1),
        (Odd.LOSES_FIRST, 1, 2),
        (Odd.TAKES_LITTLE, 1, 1),
        (Odd.NEVER_CONFIRMS, 1, 1),
        (Odd.ALWAYS_CONFIRMS, 1, 1),
        (Odd.LEAVES, 1, 1),
    ],
)
def test_clocks_of_sensors(odd: Odd, connections: int, written: int) -> None:
    sensor = Sensor({spec.TIME: bytes(5)})
    house = House(odd)
    run(change.set_clock(house.use(sensor.use), ACTIVE[LYWSD02], sensor.now))
    assert sensor.values[spec.TIME] != bytes(5)
    assert (house.connections, len(house.written)) == (connections, written)
    confirmed = odd is not Odd.NEVER_CONFIRMS
    assert {response for _, response in house.written} == {confirmed}


def test_a_clock_that_loses_its_first_write_and_then_leaves() -> None:
    sensor = Sensor({spec.TIME: bytes(5)})
    sensor.writes[spec.TIME] = lambda one, data: (
        data if len(one.written) > 1 else one.values[spec.TIME]
    )
    house = House(Odd.LEAVES)
    run(change.set_clock(house.use(sensor.use), ACTIVE[LYWSD02], sensor.now))
    assert sensor.values[spec.TIME] != bytes(5)
    # It left at the second write, was looked at, and then written anew.
    assert (house.connections, len(house.written)) == (3, 3)


@rows(
    ("odd", "connections"),
    [(Odd.NOTHING, 1), (Odd.SLOW, 1), (Odd.NOISY, 2), (Odd.REFUSES_FIRST, 1)],
)
def test_values_of_sensors(odd: Odd, connections: int) -> None:
    sensor = Sensor({spec.LIVE: b""})
    sensor.spoken[spec.LIVE] = [(1.0, bytes.fromhex("59092b"))]
    house = House(odd)
    wanted = {Function.LIVE}
    found = run(look.look(house.use(sensor.use), ACTIVE[LYWSD02], wanted, sensor.now))
    assert found.values[Field.TEMPERATURE] == 23.93
    assert house.connections == connections


# --- actions: nothing is done twice, what did not work is said ------------------------------------


def operations(*, response: bool | None = None) -> Iterable[Operation]:
    for seconds in (3.0, 3.0):
        yield Operation(
            do=Do.NOTIFY,
            characteristic=NOTIFY,
            write_to=WRITE,
            data=LONG,
            response=response,
            seconds=seconds,
            count=1,
        )


def act(house: House, *, response: bool | None = None) -> Any:
    async def direct(work: Callable[[Any], Awaitable[Any]]) -> Any:
        return await work(Board())

    async def work() -> Any:
        return await house.use(direct)(
            lambda link: Batch(link).run([*operations(response=response)])
        )

    return run(work())


@rows(
    ("odd", "brought"),
    [
        (Odd.NOTHING, ANSWER),
        (Odd.NEVER_CONFIRMS, ANSWER),
        (Odd.ALWAYS_CONFIRMS, ANSWER),
        (Odd.REFUSES_FIRST, ANSWER),
        (Odd.SLOW, ANSWER),
        (Odd.NOISY, NOISE),  # the user sees what came
    ],
)
def test_actions(odd: Odd, brought: bytes) -> None:
    house = House(odd)
    assert act(house) == [[brought], [brought]]
    assert [data for data, _ in house.written] == [LONG, LONG]
    confirmed = odd is not Odd.NEVER_CONFIRMS
    assert {response for _, response in house.written} == {confirmed}


@rows(
    ("odd", "error", "reason", "written"),
    [
        (Odd.LOSES_FIRST, OperationFailed, "silent", 1),
        (Odd.TAKES_LITTLE, OperationFailed, "too_many_bytes", 0),
        (Odd.LEAVES, Unreachable, LOST, 2),
    ],
)
def test_actions_that_fail(
    odd: Odd, error: type[Exception], reason: str, written: int
) -> None:
    house = House(odd)
    with pytest.raises(error) as caught:
        act(house, response=False if odd is Odd.TAKES_LITTLE else None)
    assert getattr(caught.value, "reason", None) == reason
    assert (house.connections, len(house.written)) == (1, written)
