"""What families learn in one poll and use in the next ones, and how they switch and keep awake."""

import json
from typing import Any, override

import pytest

from custom_components.mi_bms.proto.bms import registry
from custom_components.mi_bms.proto.bms.checksum import high_low, xmodem16
from custom_components.mi_bms.proto.bms.contract import MISSES, Ask, Context, Write
from custom_components.mi_bms.proto.gatt.session import Device, Memory, Session
from custom_components.mi_bms.proto.model.errors import FrameError, MiBmsError, NoAnswer
from custom_components.mi_bms.proto.model.fields import Field
from custom_components.mi_bms.proto.model.sample import BmsSample
from tests.replay.batteries import VectorLink, run

from .fixtures import VECTORS
from .talks import answer, frames_of, say

type Exchange = list[Any]


def exchange_of(vector_id: str) -> Exchange:
    """Return a copy of the exchange of a fixture."""
    found = next(vector for vector in VECTORS if vector["id"] == vector_id)
    copy: Exchange = json.loads(json.dumps(found["exchange"]))
    return copy


def rested() -> Memory:
    """Return the memory of a battery whose settings are not due."""
    return Memory(settings_due=1.0)


class Heard(VectorLink):
    """Note what is written."""

    written: list[tuple[str, str]]

    @override
    async def write(self, uuid: str, data: bytes, *, response: bool) -> None:
        self.__dict__.setdefault("written", []).append((uuid[4:8], data.hex()))
        await super().write(uuid, data, response=response)


def polls(
    family_id: str, *exchanges: Exchange, link: type[VectorLink] = VectorLink
) -> list[BmsSample]:
    """Poll once per exchange, each over a connection of its own, with one memory."""
    family = registry.load(family_id)
    session = Session(family, memory=rested(), clock=lambda: 0.0)
    device = Device(name="Battery", address="11:22:33:44:55:66")

    async def all_of_them() -> list[BmsSample]:
        return [
            await session.read(link(family, exchange), device) for exchange in exchanges
        ]

    return run(all_of_them())


def test_abc_waits_for_as_many_cell_frames_as_ever() -> None:
    update = exchange_of("abc:update")
    first, second = polls("abc", update, update)
    assert first == second
    short = json.loads(json.dumps(update))
    del short[1]["notify"][3]
    with pytest.raises(FrameError, match="cells"):
        polls("abc", update, short)


def test_abc_leaves_flags_alone_that_never_come() -> None:
    update = exchange_of("abc:update")
    context = say(registry.load("abc"))
    context.memory["cell_frames"] = 2
    frames = [bytes.fromhex(chunk) for entry in update[:2] for chunk in entry["notify"]]
    asked = []
    for _ in range(5):
        sent: list[bytes] = []
        silent = [] if asked.count(0xC4) >= MISSES else [None]
        talk = registry.load("abc").poll(context)
        draft = answer(talk, *frames, *silent, sent=sent)
        asked += [request[1] for request in sent]
        assert Field.PROBLEM_CODE not in draft.values
    assert asked.count(0xC4) == MISSES


def test_abc_looks_twice_before_it_trusts_a_number_of_cell_frames() -> None:
    update = exchange_of("abc:last_part_lost")
    cells = len(polls("abc", update)[0].cells)
    assert cells > len(update[1]["notify"][2:]) * 4


def test_tdt_reads_a_board_that_never_tells_its_version_right() -> None:
    broken = exchange_of("tdt:broken_version")
    first, second = polls("tdt", broken, broken)
    assert Field.CYCLE_CHARGE not in first.values
    assert second.values[Field.CYCLE_CHARGE] > 0


def test_basen_asks_again_for_a_mask_that_came_broken() -> None:
    broken = exchange_of("basen:broken_balancing")
    mask = "3a16fe01001501"
    repaired = json.loads(json.dumps(broken))
    frame = bytearray.fromhex("".join(repaired[-1]["notify"]))
    frame[6] ^= 1
    repaired[-1]["notify"] = [frame.hex()]
    assert repaired[-1]["write"].startswith(mask)
    first, second = polls("basen", broken, repaired)
    assert Field.BALANCER not in first.values
    assert second.values[Field.BALANCER] == 0


def test_basen_keeps_a_last_cell_that_has_died() -> None:
    update = exchange_of("basen:update")
    dead = json.loads(json.dumps(update))
    page = bytearray.fromhex("".join(dead[3]["notify"]))
    page[10:12] = bytes(2)
    page[-4:-2] = (sum(page[1:-4]) & 0xFFFF).to_bytes(2, "little")
    dead[3]["notify"] = [page.hex()]
    first, second = polls("basen", update, dead)
    assert (len(first.cells), len(second.cells)) == (16, 16)
    assert second.cells[-1] == 0
    with pytest.raises(NoAnswer):
        polls("basen", update, update[:3])


def test_basen_does_not_ask_again_for_a_mask_that_does_not_come() -> None:
    alarms = exchange_of("basen:alarms")
    first, second = polls("basen", alarms, alarms)
    assert first == second
    assert Field.BALANCER not in first.values


def seplos_v2_pack(exchange: Exchange, number: int) -> None:
    """Let a further pack answer like the main unit, with its own charge and the same checksum rule."""
    core = bytes((0x10, 0, 0x46, 0x61, 0, 1, number))
    request = b"\x7e" + core + high_low(xmodem16(core)) + b"\x0d"
    frame = bytearray.fromhex("".join(exchange[1]["notify"]))
    current = 11 + 2 * (frame[9] + frame[10 + 2 * frame[9]])
    frame[current : current + 2] = (100 * number).to_bytes(2, "big")
    frame[-3:-1] = high_low(xmodem16(bytes(frame[1:-3])))
    exchange.append({"write": request.hex(), "notify": [frame.hex()]})


def test_seplos_v2_reads_the_packs_behind_the_main_unit() -> None:
    update = exchange_of("seplos_v2:update")
    seplos_v2_pack(update, 1)
    (sample,) = polls("seplos_v2", update)
    main, extension = sample.packs
    assert extension.values[Field.CURRENT] == 1
    assert len(main.cells) == len(extension.cells) == 16
    assert sample.values[Field.PACK_COUNT] == 2
    assert sample.values[Field.CURRENT] == round(main.values[Field.CURRENT] + 1, 3)


def test_seplos_v2_leaves_packs_alone_that_do_not_answer() -> None:
    alone = exchange_of("seplos_v2:update")
    links: list[Heard] = []

    class Kept(Heard):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            links.append(self)

    first, second = polls("seplos_v2", alone, alone, link=Kept)
    assert first == second
    assert (first.packs, first.values[Field.PACK_COUNT]) == ((), 1)
    assert [len(link.written) for link in links] == [4, 2]


def test_seplos_v2_insists_on_packs_that_have_answered() -> None:
    update = exchange_of("seplos_v2:update")
    both = exchange_of("seplos_v2:update")
    seplos_v2_pack(both, 1)
    with pytest.raises(MiBmsError):
        polls("seplos_v2", both, update)


def test_redodo_keeps_probes_that_read_zero_later() -> None:
    first, second = polls(
        "redodo",
        exchange_of("redodo:update"),
        exchange_of("redodo:temp_sensor_detection"),
    )
    assert [probe.celsius for probe in second.probes] == [0, 0, 0]
    assert len(first.probes) == 3


def test_ecoworthy_starts_a_silent_adapter_at_once() -> None:
    silent = exchange_of("ecoworthy:started_by_one_command")
    first, second = polls("ecoworthy", silent, silent)
    assert first == second


def test_jikong_takes_the_stream_and_asks_when_it_stops() -> None:
    family = registry.load("jikong")
    link = Heard(family, exchange_of("jikong:update[JK02_24S]"))
    session = Session(family, memory=rested(), clock=lambda: 0.0)
    device = Device(name="JK", address="11:22:33:44:55:66")

    async def three_times() -> list[BmsSample]:
        first = await session.read(link, device)
        second = await session.read(link, device)
        return [first, second]

    first, second = run(three_times())
    assert first == second
    assert [data[8:10] for _uuid, data in link.written] == ["97", "96", "96"]


def test_jikong_streams_without_asking() -> None:
    family = registry.load("jikong")
    context = say(family)
    context.memory["version"] = 10
    context.state["streams"] = True
    entry = exchange_of("jikong:update[JK02_24S]")[1]
    frames = frames_of(family, *map(bytes.fromhex, entry["notify"]))
    sent: list[bytes] = []
    draft = answer(family.poll(context), *frames, None, sent=sent)
    assert not sent
    assert draft.values[Field.CURRENT] == 2.329


def jikong_connects(*exchanges: Exchange) -> list[list[str]]:
    """Poll once per connection with one memory; give the commands of each."""
    family = registry.load("jikong")
    session = Session(family, memory=rested(), clock=lambda: 0.0)
    links = [Heard(family, exchange) for exchange in exchanges]

    async def all_of_them() -> None:
        for link in links:
            assert (await session.read(link, Device("JK", "11:22:33:44:55:66"))).cells

    run(all_of_them())
    return [[data[8:10] for _uuid, data in link.written] for link in links]


def test_jikong_greets_a_board_it_knows_only_now_and_then() -> None:
    update = exchange_of("jikong:update[JK02_24S]")
    asked = jikong_connects(*[update] * 53)
    assert asked == [["97", "96"], *[["96"]] * 50, ["97", "96"], ["96"]]


def test_jikong_always_greets_a_board_that_insists() -> None:
    update = exchange_of("jikong:update[JK02_24S]")
    family = registry.load("jikong")

    class Insisting(Heard):
        @override
        async def write(self, uuid: str, data: bytes, *, response: bool) -> None:
            greeted = any(said[8:10] == "97" for _uuid, said in self.written)
            if data[4] == 0x97 or greeted:
                await super().write(uuid, data, response=response)
            else:
                self.written.append((uuid[4:8], data.hex()))

    session = Session(family, memory=rested(), clock=lambda: 0.0)
    links = [Insisting(family, update) for _ in range(3)]
    for link in links:
        link.written = []

    async def thrice() -> None:
        for link in links:
            assert (await session.read(link, Device("JK", "11:22:33:44:55:66"))).cells

    run(thrice())
    asked = [[data[8:10] for _uuid, data in link.written] for link in links]
    assert asked == [["97", "96"], ["96", "97", "96"], ["97", "96"]]


def test_jikong_has_no_serial_number_where_it_is_all_zeros() -> None:
    family = registry.load("jikong")
    info = bytearray(300)
    info[:5] = bytes.fromhex("55aaeb9003")
    for serial, expected in ((b"00000000000", None), (b"41018492555", "41018492555")):
        # Behind it stands the passcode, with nothing in between.
        info[86:102] = serial + b"1234\0"
        info[299] = sum(info[:299]) & 0xFF
        draft = answer(family.inform(say(family)), bytes(info))  # type: ignore[misc]
        assert draft.info.get("serial_number") == expected


def dometic_steps(context: Context, *replies: bytes | None) -> list[tuple[str, bytes]]:
    """Poll with these frames; give what was written, with the short UUID."""
    talk = registry.load("dometic").poll(context)
    waiting = list(replies)
    written = []
    step = next(talk)
    while waiting:
        if isinstance(step, Write):
            written.append(((step.uuid or "")[4:8], step.data))
            step = talk.send(None)
        else:
            assert isinstance(step, Ask)
            try:
                step = talk.send(waiting.pop(0))
            except StopIteration:
                break
    return written


def test_dometic_answers_b_and_c_at_any_time() -> None:
    context = say(registry.load("dometic"))
    pushed = exchange_of("dometic:update")[4]["notify"][1:]
    frames = [bytes.fromhex(chunk) for chunk in pushed]
    written = dometic_steps(context, b"Cab", b"B1", b"B2", *frames, b"B3", None)
    assert written == [
        ("0009", b"ab"),
        ("0003", b"\xff"),
        ("0003", b"\xdf"),
        ("0003", b"\xff"),
    ]
    # From now on one round of the pack that is known is enough.
    assert context.state["packs"] == b"\x01"
    assert dometic_steps(context, *frames) == []


def test_dometic_stays_awake() -> None:
    family = registry.load("dometic")
    assert family.alive is not None
    steps = list(family.alive(say(family)))
    assert [step.data for step in steps if isinstance(step, Write)] == [
        b"APP+NET",
        b"\xff",
    ]
