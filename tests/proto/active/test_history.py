"""Reading memories over links that break."""

import asyncio

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.mi_bms.proto.activation.crypto import mix, rc4
from custom_components.mi_bms.proto.active import spec
from custom_components.mi_bms.proto.active.history import read_history
from custom_components.mi_bms.proto.active.hold import _CONTROL, _TOKEN, hold
from custom_components.mi_bms.proto.active.records import HOUR, History
from custom_components.mi_bms.proto.active.spec import ACTIVE
from custom_components.mi_bms.proto.gatt.link import Notified
from custom_components.mi_bms.proto.model.errors import (
    FrameError,
    NoAnswer,
    Unreachable,
)
from custom_components.mi_bms.proto.model.fields import Field
from tests.each import rows
from tests.proto.bms.talks import answer
from tests.replay.batteries import run

from .device import START, Sensor

LYWSD02, LYWSD03, FLORA, POT = 0x045B, 0x055B, 0x0098, 0x015D
ADDRESS = "C4:7C:8D:00:00:98"
UPTIME = 2_000_000


def u32(number: int) -> bytes:
    return number.to_bytes(4, "little")


def record(index: int, time: int, celsius: float, steps: int = 10) -> bytes:
    raw = round(celsius * steps).to_bytes(2, "little", signed=True)
    return u32(index) + u32(time) + raw + b"\x2c" + raw + b"\x2b"


class Memory(Sensor):
    """Hold hourly records, and send ``most`` of them on one connection."""

    def __init__(
        self,
        count: int,
        *,
        newest: int = 500,
        world: bool = False,
        steps: int = 10,
        most: int = 10_000,
    ) -> None:
        base = int(START) if world else UPTIME
        super().__init__(
            {
                spec.COUNT: u32(newest) + u32(count),
                spec.INDEX: b"",
                spec.RECORDS: b"",
                spec.TIME: u32(base) + b"\0" * world,
                spec.LIVE: round(23.0 * 100).to_bytes(2, "little") + b"\x2c",
            }
        )
        self.records = {
            index: record(index, base - (newest - index) * HOUR, 23.9, steps)
            for index in range(newest - count + 1, newest + 1)
        }
        self.most = most
        self.asked: list[int] = []

    async def subscribe(self, uuid: str, notified: Notified) -> None:
        await super().subscribe(uuid, notified)
        if uuid != spec.RECORDS:
            return
        first = int.from_bytes(self.values[spec.INDEX], "little")
        self.asked.append(first)
        loop = asyncio.get_running_loop()
        wanted = [data for index, data in self.records.items() if index >= first]
        for number, data in enumerate(wanted[: self.most], 1):
            self._tasks.append(loop.call_later(0.1 * number, notified, data))


def read(sensor: Sensor, product: int = LYWSD03, since: float | None = None) -> History:
    device = (ADDRESS, product)
    return run(read_history(sensor.use, ACTIVE[product], sensor.now, device, since))


def test_everything() -> None:
    memory = Memory(48)
    found = read(memory)
    assert found.complete
    assert not found.dropped
    assert [round(START - hour.end) // HOUR for hour in found.hours] == [
        *range(47, -1, -1)
    ]
    assert found.hours[0].values[Field.TEMPERATURE] == (23.9, 23.9)
    assert found.hours[0].values[Field.HUMIDITY] == (43, 44)
    assert memory.asked == [453]


def test_only_what_is_wanted() -> None:
    memory = Memory(300)
    found = read(memory, since=START - 24 * HOUR - 10)
    assert len(found.hours) == 25
    assert memory.asked == [500 - 26]
    # More than it has.
    assert len(read(Memory(3), since=START - 500 * HOUR).hours) == 3


def test_a_thermometer_that_sends_everything_whatever_is_asked() -> None:
    memory = Memory(30)
    memory.writes[spec.INDEX] = lambda *_: b"\0\0\0\0"
    found = read(memory, since=START - 10 * HOUR - 10)
    assert (len(found.hours), found.dropped) == (11, 0)


@rows(("steps", "product"), [(10, LYWSD02), (100, LYWSD02)])
def test_resolution_is_found_out(steps: int, product: int) -> None:
    found = read(Memory(3, world=True, steps=steps), product)
    assert found.hours[-1].values[Field.TEMPERATURE] == (23.9, 23.9)
    assert found.hours[-1].end == START


def test_without_live_values_the_usual_resolution_is_taken() -> None:
    memory = Memory(3, world=True)
    memory.values[spec.LIVE] = b"\0"
    assert read(memory, LYWSD02).hours[-1].values[Field.TEMPERATURE] == (23.9, 23.9)


def test_it_goes_on_where_the_link_broke() -> None:
    memory = Memory(100)
    first = Memory(100, most=40).most
    memory.most = first
    lost = memory.use
    rounds = []

    async def use(work):  # type: ignore[no-untyped-def]
        async def broken(link: Sensor) -> None:
            rounds.append(len(memory.asked))
            task = asyncio.ensure_future(work(link))
            # The link lives for as long as its share of the records takes.
            done, _ = await asyncio.wait({task}, timeout=6.0)
            if not done:
                task.cancel()
                raise Unreachable("lost")
            await task

        return await lost(broken)

    memory.use = use  # type: ignore[method-assign]
    found = read(memory)
    assert found.complete
    assert len(found.hours) == 100
    assert memory.asked == [401, 441, 481]


def test_corrupt_records_are_counted() -> None:
    memory = Memory(5)
    memory.records[497] = b"\xff" * 14
    memory.records[498] = memory.records[498][:9]
    # Of a time that has not come yet.
    memory.records[499] = record(499, UPTIME + 90 * HOUR, 20.0)
    # One that lies outside of what the memory says it has, and one that no sensor measures.
    memory.records[496] = record(9_999, UPTIME, 20.0)
    found = read(memory)
    assert found.dropped == 4
    assert len(found.hours) == 1


def test_impossible_temperatures_are_counted() -> None:
    memory = Memory(2)
    memory.records[499] = record(499, UPTIME - HOUR, 200.0)
    found = read(memory)
    assert (len(found.hours), found.dropped) == (1, 1)


def test_a_record_that_comes_twice_is_one() -> None:
    memory = Memory(3)
    # As a dictionary keeps the order of its keys, this one comes between the others.
    memory.records = {
        498: memory.records[498],
        1_498: memory.records[498],
        499: memory.records[499],
        500: memory.records[500],
    }
    found = read(memory)
    assert (len(found.hours), found.dropped) == (3, 0)


def test_an_empty_memory() -> None:
    assert read(Memory(0)) == History([], 0, True)
    memory = Memory(1, newest=0)
    assert len(read(memory).hours) == 1


def test_a_memory_that_ends_early() -> None:
    memory = Memory(5)
    del memory.records[500]
    found = read(memory)
    assert len(found.hours) == 4
    assert found.complete


def test_a_memory_that_says_nothing() -> None:
    memory = Memory(5)
    memory.records = {}
    with pytest.raises(NoAnswer):
        read(memory)
    assert memory.connections == 3


def test_nothing_new_after_the_link_broke() -> None:
    memory = Memory(3)
    memory.breaks = [4, 4, 4]
    assert len(read(memory).hours) == 3


def test_what_came_is_given_when_the_rest_does_not_come() -> None:
    memory = Memory(5)
    hook = iter([None, "gone"])

    async def use(work):  # type: ignore[no-untyped-def]
        if next(hook, "gone"):
            raise Unreachable("not_heard")
        task = asyncio.ensure_future(work(memory))
        await asyncio.sleep(0.35)
        task.cancel()
        raise Unreachable("lost")

    memory.use = use  # type: ignore[method-assign]
    found = read(memory)
    assert len(found.hours) == 3
    assert not found.complete


@rows(("name", "data"), [(spec.COUNT, b"\0"), (spec.TIME, b"\0")])
def test_answers_of_a_wrong_length(name: str, data: bytes) -> None:
    memory = Memory(5)
    memory.values[name] = data
    with pytest.raises(FrameError):
        read(memory)


# --- plants ------------------------------------------------------------------------------------


class Plant(Sensor):
    """Hold hourly records, the newest first; without the handshake the link breaks."""

    def __init__(self, count: int, *, known: bool = True, product: int = FLORA) -> None:
        super().__init__(
            {
                spec.PLANT_MEMORY: b"",
                spec.PLANT_RECORD: b"",
                spec.PLANT_TIME: u32(UPTIME),
            }
        )
        self.records = [
            u32(UPTIME - number * HOUR) + bytes.fromhex("eb00005a00000015b3000000")
            for number in range(count)
        ]
        self.writes[spec.PLANT_MEMORY] = self._command
        self.held = 0
        if known:
            self.keys = mix(ADDRESS, product)
            self.values |= {_CONTROL: b"", _TOKEN: b""}
            self.writes[_TOKEN] = self._token
        self.token: bytes | None = None
        self.call: Notified | None = None
        self.lies = False

    def _command(self, _: Sensor, data: bytes) -> bytes:
        if data == bytes.fromhex("a00000"):
            self.values[spec.PLANT_RECORD] = len(self.records).to_bytes(2, "little")
        else:
            index = int.from_bytes(data[1:], "little")
            self.values[spec.PLANT_RECORD] = self.records[index]
        return data

    def _token(self, _: Sensor, data: bytes) -> bytes:
        first, second = self.keys
        if len(data) == 12:
            self.token = rc4(first, data)
            answer = rc4(first, rc4(second, self.token))
            assert self.call is not None
            if self.lies:
                answer = answer[::-1]
            asyncio.get_running_loop().call_later(0.1, self.call, answer)
        else:
            assert self.token is not None
            self.held += rc4(self.token, data).hex() == "92ab54fa"
        return data

    async def subscribe(self, uuid: str, notified: Notified) -> None:
        await super().subscribe(uuid, notified)
        self.call = notified


def test_a_plant() -> None:
    plant = Plant(30)
    found = read(plant, FLORA)
    assert plant.held == 1
    assert found.complete
    assert [round(START - hour.end) // HOUR for hour in found.hours] == [
        *range(29, -1, -1)
    ]
    assert found.hours[0].values[Field.ILLUMINANCE] == (90, 90)
    # What the handshake writes elsewhere begins with any byte.
    orders = {data[:1] for name, data, _ in plant.written if name == spec.PLANT_MEMORY}
    assert orders
    assert orders.isdisjoint({b"\xa2", b"\xa3"})


def test_a_pot_measures_no_light() -> None:
    found = read(Plant(2, product=POT), POT)
    assert Field.ILLUMINANCE not in found.hours[0].values


def test_a_plant_that_hangs_up() -> None:
    plant = Plant(30, known=False)
    plant.breaks = [20, 20, 20, 20, None]
    found = read(plant, FLORA)
    assert found.complete
    assert len(found.hours) == 30
    asked = [
        int.from_bytes(data[1:], "little")
        for name, data, _ in plant.written
        if name == spec.PLANT_MEMORY and data[:1] == b"\xa1"
    ]
    # Each connection goes on; at most the record that was lost is asked for twice.
    assert sorted(set(asked)) == [*range(30)]
    assert len(asked) <= 30 + plant.connections


def test_a_plant_that_does_not_accept_the_handshake() -> None:
    plant = Plant(3)
    plant.lies = True
    assert len(read(plant, FLORA).hours) == 3
    silent = Plant(3)
    silent.writes[_TOKEN] = lambda _, data: data
    assert len(read(silent, FLORA).hours) == 3
    assert not plant.held + silent.held


def test_a_handshake_whose_last_word_is_not_confirmed() -> None:
    plant = Plant(1)
    assert answer(hold(plant, ADDRESS, FLORA), NoAnswer()) is False
    plant.values.pop(_TOKEN)
    assert answer(hold(plant, ADDRESS, FLORA)) is False


def test_a_plant_gives_only_what_is_wanted() -> None:
    plant = Plant(300)
    found = read(plant, FLORA, since=START - 10 * HOUR - 10)
    assert len(found.hours) == 11
    assert len(plant.written) < 20


def test_corrupt_records_of_a_plant() -> None:
    plant = Plant(4)
    plant.records[1] = b"\xff" * 16
    plant.records[2] = b"\0" * 3
    found = read(plant, FLORA)
    assert (len(found.hours), found.dropped) == (2, 2)


def test_the_end_of_a_plant_is_a_read_that_fails() -> None:
    plant = Plant(4)

    def end(sensor: Sensor, _: bytes) -> bytes:
        if sensor.values[spec.PLANT_MEMORY] == bytes.fromhex("a10300"):
            raise Unreachable("link")
        return sensor.values[spec.PLANT_RECORD]

    plant.reads[spec.PLANT_RECORD] = end
    found = read(plant, FLORA)
    assert len(found.hours) == 3
    assert not found.complete


@rows("name", [spec.PLANT_RECORD, spec.PLANT_TIME])
def test_answers_of_a_plant_of_a_wrong_length(name: str) -> None:
    plant = Plant(3)
    plant.reads[name] = lambda *_: b"\0"
    with pytest.raises(FrameError):
        read(plant, FLORA)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.binary(max_size=16), max_size=20))
def test_garbage_never_harms(answers: list[bytes]) -> None:
    memory = Memory(10)
    memory.records = dict(enumerate([*answers, record(500, UPTIME, 20.0)], 491))
    found = read(memory)
    assert found.hours[-1].end == pytest.approx(START, abs=5)
    assert all(-60 <= hour.values[Field.TEMPERATURE].low <= 125 for hour in found.hours)
