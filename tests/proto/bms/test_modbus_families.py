"""What families with several protocol variants do from the second poll on."""

from collections.abc import Callable, Coroutine, Iterator, Mapping
from typing import Any

import pytest

from custom_components.mi_bms.proto.bms import registry
from custom_components.mi_bms.proto.bms.checksum import low_high, modbus16
from custom_components.mi_bms.proto.bms.dialects.modbus import modbus_read
from custom_components.mi_bms.proto.gatt.session import Device, Memory, Session
from custom_components.mi_bms.proto.model.errors import NoAnswer
from custom_components.mi_bms.proto.model.fields import Field
from custom_components.mi_bms.proto.model.sample import BmsSample, Place, Probe
from tests.replay.batteries import VectorLink
from tests.replay.virtual import VirtualLoop

from .fixtures import VECTORS

DEVICE = Device("battery", "11:22:33:44:55:66")


class Battery:
    """Be the device of a fixture, and keep what it was asked."""

    def __init__(self, vector_id: str) -> None:
        self.vector: Mapping[str, Any] = next(
            vector for vector in VECTORS if vector["id"] == vector_id
        )
        self.family = registry.load(self.vector["family"])
        # Settings are read besides, when they are due.
        self.memory = Memory(settings_due=1.0)
        self.session = Session(self.family, memory=self.memory, clock=lambda: 0.0)
        self.link = Recorder(self)
        self.loop = VirtualLoop()

    def run[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Run in a time that goes on from poll to poll."""
        return self.loop.run_until_complete(work)

    def read(self) -> BmsSample:
        self.link.asked.clear()
        return self.run(self.session.read(self.link, DEVICE))

    def reconnect(self, *missing: str) -> None:
        """Connect anew to a device that no longer answers some requests."""
        self.link = Recorder(self, missing)


class Recorder(VectorLink):
    """Keep the requests."""

    def __init__(self, battery: Battery, missing: tuple[str, ...] = ()) -> None:
        exchange = [
            entry
            for entry in battery.vector["exchange"]
            if entry.get("write") not in missing
        ]
        super().__init__(battery.family, exchange)
        self.asked: list[str] = []

    async def write(self, uuid: str, data: bytes, *, response: bool) -> None:
        self.asked.append(data.hex())
        await super().write(uuid, data, response=response)


type Make = Callable[[str], Battery]


@pytest.fixture
def make() -> Iterator[Make]:
    """Make batteries of fixtures, and close their loops."""
    made: list[Battery] = []

    def one(vector_id: str) -> Battery:
        made.append(Battery(vector_id))
        return made[-1]

    yield one
    for battery in made:
        battery.loop.close()


def reply(device: int, data: bytes) -> list[str]:
    frame = bytes((device, 3, len(data))) + data
    return [(frame + low_high(modbus16(frame))).hex()]


LONG, BLOCK, MOSFET, RATED, BLOCK_81, SECOND_81 = (
    modbus_read(0xD2, 0, 68, 3).hex(),
    "d2030000003ed7b9",
    "d203003e0009f7a3",
    "d20300800029965f",
    "8103000000405bfa",
    "81030041003e8bce",
)


def test_daly_does_not_repeat_what_failed_at_first(make: Make) -> None:
    battery = make("daly:update_nomos")
    battery.read()
    assert battery.link.asked[0] == BLOCK
    assert MOSFET in battery.link.asked
    assert RATED in battery.link.asked
    battery.read()
    assert battery.link.asked == [LONG, BLOCK]
    battery.read()
    assert battery.link.asked == [BLOCK]


def more(cells: int, current: int, mosfet: int, board: int) -> bytes:
    """Make the registers 3E to 43."""
    words = (cells, cells >> 16, current, 0, mosfet, board)
    return b"".join((word & 0xFFFF).to_bytes(2, "big") for word in words)


def long_answer(battery: Battery, *values: int) -> None:
    """Let a board answer the long question from now on."""
    entries = battery.link._entries
    block = bytes.fromhex(
        "".join(next(e for e in entries if e["write"] == BLOCK)["notify"])
    )
    notify = reply(0xD2, block[3:-2] + more(*values))
    answer = {"write": LONG, "notify": notify, "used": False}
    battery.link._entries[:] = [e for e in entries if e["write"] != LONG] + [answer]


def test_daly_reads_all_at_once_where_it_can(make: Make) -> None:
    battery = make("daly:update[210]")
    first = battery.read()
    long_answer(battery, 0x20005, 30000, 78, 0xFFFF)
    second = battery.read()
    assert battery.link.asked == [LONG]
    assert second.probes == first.probes
    assert second.values[Field.BALANCE_CURRENT] == 0
    assert second.values[Field.BALANCER] == 0x20005
    long_answer(battery, 0, 29000, 70, 65)
    third = battery.read()
    assert third.probes[0] == Probe(30, Place.MOSFET)
    assert third.probes[-1] == Probe(25, Place.PCB)
    assert third.values[Field.BALANCE_CURRENT] == -1
    assert third.values[Field.BALANCER] is True
    long_answer(battery, 5, 29000, 0, 65)
    assert battery.read().probes == first.probes[1:]


def test_daly_goes_back_to_short_questions_where_long_ones_fail(make: Make) -> None:
    battery = make("daly:update[210]")
    battery.read()
    long_answer(battery, 0, 30000, 78, 0xFFFF)
    battery.read()
    battery.reconnect(LONG, BLOCK)
    with pytest.raises(NoAnswer):
        battery.read()
    # All were silent: that says nothing about the long question.
    assert battery.memory.notes["long"] is True
    battery.reconnect(LONG)
    assert battery.read().probes
    assert battery.link.asked[0] == LONG
    battery.read()
    assert LONG not in battery.link.asked


def test_daly_mosfet_temperature_may_fail_later(make: Make) -> None:
    battery = make("daly:update[210]")
    assert len(battery.read().probes) == 5
    entry = next(e for e in battery.link._entries if e["write"] == MOSFET)
    entry["notify"] = reply(0xD2, bytes(18))
    assert len(battery.read().probes) == 4
    assert MOSFET in battery.link.asked


def test_daly_rated_capacity_is_read_once_per_device(make: Make) -> None:
    battery = make("daly:alarms_and_rated_capacity")
    for _ in range(2):
        assert battery.read().values[Field.DESIGN_CAPACITY] == 105
        battery.reconnect(RATED)
    assert RATED not in battery.link.asked
    battery.memory.notes["rated"] = 0
    assert Field.DESIGN_CAPACITY not in battery.read().values


def test_daly_keeps_its_protocol(make: Make) -> None:
    battery = make("daly:alarms_and_rated_capacity")
    battery.read()
    battery.reconnect(BLOCK)
    with pytest.raises(NoAnswer):
        battery.read()
    assert set(battery.link.asked) == {LONG, BLOCK}
    other = make("daly:protocol_81")
    other.read()
    assert other.link.asked[-2:] == [BLOCK_81, SECOND_81]
    other.read()
    assert other.link.asked == [BLOCK_81, SECOND_81]


def test_daly_odd_production_dates_are_left_out(make: Make) -> None:
    battery = make("daly:device_info[210]")
    assert (
        battery.run(battery.session.identify(battery.link, DEVICE)).production_date
        == "2024-02-29"
    )
    entry = next(e for e in battery.link._entries if e["write"] != BLOCK)
    entry["notify"] = reply(0xD2, b"T00K".ljust(64, b"\0"))
    info = battery.run(battery.session.identify(battery.link, DEVICE))
    assert (info.sw_version, info.production_date) == ("T00K", None)


def test_old_daly_boards_have_to_answer_the_main_question_again(make: Make) -> None:
    battery = make("daly_legacy:all_commands")
    battery.read()
    assert battery.link.asked[0] == ""
    main, further = battery.link.asked[1], battery.link.asked[3]
    battery.reconnect(further)
    assert Field.VOLTAGE in battery.read().values
    battery.reconnect(main)
    with pytest.raises(NoAnswer):
        battery.read()


def test_old_daly_boards_are_asked_again_for_cells_that_got_lost(make: Make) -> None:
    battery = make("daly_legacy:all_commands")
    entries = battery.link._entries
    whole = next(one for one in entries if one["write"].startswith("a58095"))
    half = whole | {"notify": whole["notify"][:1]}
    entries.insert(entries.index(whole), half)
    assert len(battery.read().cells) == 4


def test_old_daly_boards_are_woken_at_their_own_characteristic(make: Make) -> None:
    battery = make("daly_legacy:idle")
    wake = "02f00000-0000-0000-0000-00000000ff01"
    battery.link._named.add(wake)
    assert battery.read().values[Field.CURRENT] == 0


def test_lipower_keeps_its_device_number(make: Make) -> None:
    battery = make("lipower:charging_third_device")
    battery.read()
    assert len(set(battery.link.asked)) == 3
    battery.read()
    assert set(battery.link.asked) == {"08030400000845a5"}


def test_seplos_packs_without_balance_coils_are_asked_once(make: Make) -> None:
    battery = make("seplos:update")
    battery.read()
    first = len(battery.link.asked)
    battery.read()
    assert len(battery.link.asked) == first - 1


def test_tdt_keeps_head_and_version(make: Make) -> None:
    battery = make("tdt:update[16S6Tv1.3]")
    battery.read()
    battery.read()
    assert battery.link.asked == ["7e000103008c000099420d", "7e000103008d000059130d"]
    battery.reconnect()
    assert battery.read().values[Field.DESIGN_CAPACITY] == 50
    silent = make("tdt:update_0x1e_head")
    silent.read()
    silent.read()
    assert silent.link.asked == ["1e000103008c0000b1440d", "1e000103008d000071150d"]
