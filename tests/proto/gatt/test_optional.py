"""What a sample can do without: refusals, silence and unreadable answers cost little and lose nothing; a poll always ends."""

import asyncio
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from typing import Any

import pytest

from custom_components.mi_bms.proto.bms.codec import Draft, Flags, Num
from custom_components.mi_bms.proto.bms.contract import (
    MISSES,
    REST,
    Ask,
    Context,
    Family,
    Talk,
    Wire,
    Write,
    unless_refused,
)
from custom_components.mi_bms.proto.bms.framing import WholeFramer
from custom_components.mi_bms.proto.bms.uuids import expand
from custom_components.mi_bms.proto.gatt.link import Notified
from custom_components.mi_bms.proto.gatt.session import Device, Memory, Session
from custom_components.mi_bms.proto.model.errors import (
    AuthNeeded,
    FrameError,
    NoAnswer,
    Unsupported,
)
from custom_components.mi_bms.proto.model.fields import Field
from custom_components.mi_bms.proto.model.sample import DeviceInfo
from custom_components.mi_bms.proto.model.steps import STEPS, WRITES
from tests.each import rows
from tests.replay.batteries import run

DEVICE = Device("made up", "11:22:33:44:55:66")
REFUSED = b"no"
CYCLES = Num(Field.CYCLES, 1, ">u1")

type Answers = Callable[[bytes], Iterable[bytes]]


class Link:
    """Be a device that answers by a function, on the characteristic behind the written one."""

    def __init__(self, answers: Answers, *chars: str) -> None:
        self.answers = answers
        self.characteristics: Collection[str] = [
            expand(char) for char in chars or ("ff01", "ff02")
        ]
        self.values: dict[str, bytes] = {}
        self.written: list[tuple[float, str, bytes]] = []
        self.notified: dict[str, Notified] = {}

    def properties(self, uuid: str) -> Collection[str]:
        return ("read", "write", "notify")

    def max_write(self, uuid: str) -> int:
        return 512

    async def subscribe(self, uuid: str, notified: Notified) -> None:
        assert uuid not in self.notified
        self.notified[uuid] = notified

    async def read(self, uuid: str) -> bytes:
        return self.values[uuid]

    async def write(self, uuid: str, data: bytes, *, response: bool) -> None:
        loop = asyncio.get_running_loop()
        self.written.append((round(loop.time(), 3), uuid, data))
        for chunk in self.answers(data):
            for notified in self.notified.values():
                loop.call_later(0.01, notified, chunk)

    @property
    def frames(self) -> list[bytes]:
        return [data for *_, data in self.written]


def check(frame: bytes) -> None:
    if frame == REFUSED:
        raise FrameError("refused")


def family(
    talk: Callable[[Context], Talk[Draft]] | None = None, **changes: Any
) -> Family:
    base = Family(
        id="made_up",
        wires=(Wire(service="ff00", notify=("ff01",), write="ff02"),),
        framer=lambda _context: WholeFramer(check),
        dialogue=talk,
    )
    return replace(base, **changes)


def plan(**changes: Any) -> tuple[Ask, ...]:
    level = Num(Field.BATTERY_LEVEL, 1, ">u1")
    return (
        Ask(request=b"1", reply=b"1", rows=(level,)),
        Ask(request=b"2", reply=b"2", rows=(CYCLES,), optional=True, **changes),
    )


def read(one: Session, link: Link) -> dict[Field, Any]:
    """Read over a new connection."""
    link.notified.clear()
    fresh = Session(one.family, memory=one.memory, clock=one._clock)
    return dict(run(fresh.read(link, DEVICE)).values)


@rows("answer", [[], [REFUSED], [b"2"], [b"3x"]])
def test_a_plan_survives_what_comes_instead_of_an_optional_answer(
    answer: list[bytes],
) -> None:
    link = Link(lambda data: [b"1\x32"] if data == b"1" else answer)
    found = read(Session(family(plan=plan()), clock=lambda: 0.0), link)
    assert found[Field.BATTERY_LEVEL] == 50
    assert Field.CYCLES not in found


def test_a_refusal_of_an_optional_question_takes_no_time() -> None:
    link = Link(lambda data: [b"1\x32"] if data == b"1" else [REFUSED])

    async def seconds() -> float:
        loop = asyncio.get_running_loop()
        await Session(family(plan=plan(tries=3)), clock=lambda: 0.0).read(link, DEVICE)
        return loop.time()

    assert run(seconds()) < 0.1
    assert link.frames == [b"1", b"2"]


def test_what_is_refused_once_is_counted_once() -> None:
    """Whatever comes after it."""
    more = [REFUSED, b"9", b"9"]
    link = Link(lambda data: [b"1\x32"] if data == b"1" else more)
    one = Session(family(plan=plan()), memory=Memory(), clock=lambda: 0.0)
    read(one, link)
    assert one.memory.rejects == {"refused": 1}


def test_a_refusal_of_a_needed_question_is_asked_again_and_told() -> None:
    link = Link(lambda data: [REFUSED])
    with pytest.raises(FrameError, match="refused"):
        read(Session(family(plan=plan()), clock=lambda: 0.0), link)
    assert len(link.frames) > 1


def test_what_is_never_answered_is_left_alone_for_a_while() -> None:
    now = [1000.0]
    link = Link(lambda data: [b"1\x32"] if data == b"1" else [])
    one = Session(family(plan=plan()), clock=lambda: now[0])
    for _ in range(MISSES + 2):
        read(one, link)
    assert link.frames.count(b"2") == MISSES
    now[0] += REST
    read(one, link)
    assert link.frames.count(b"2") == MISSES + 1


def test_what_was_answered_before_is_asked_twice() -> None:
    heard = [True]
    link = Link(
        lambda data: [b"1\x32"] if data == b"1" else [b"2\x07"] if heard[0] else []
    )
    one = Session(family(plan=plan()), clock=lambda: 0.0)
    assert read(one, link)[Field.CYCLES] == 7
    heard[0] = False
    link.written.clear()
    assert Field.CYCLES not in read(one, link)
    assert link.frames == [b"1", b"2", b"2"]


def test_silence_of_many_optional_questions_does_not_use_up_the_poll() -> None:
    silent = tuple(
        Ask(request=b"x%d" % n, reply=b"x", rows=(CYCLES,), optional=True)
        for n in range(40)
    )
    link = Link(lambda data: [b"1\x32"] if data == b"1" else [])
    one = Session(family(plan=(*plan(), *silent)), clock=lambda: 0.0)
    assert read(one, link)[Field.BATTERY_LEVEL] == 50


def test_alarms_that_were_not_told_are_no_word_that_all_is_well() -> None:
    alarms = Ask(request=b"2", reply=b"2", rows=(Flags(1, ">u1"),), optional=True)
    answers = {b"1": [b"1\x32"], b"2": [b"2\0"]}
    one = Session(family(plan=(plan()[0], alarms)), clock=lambda: 0.0)
    assert read(one, Link(lambda data: answers[data]))[Field.PROBLEM] is False
    del answers[b"2"]
    link = Link(lambda data: answers.get(data, []))
    assert Field.PROBLEM not in read(one, link)


def test_a_device_may_refuse_what_is_needed_but_not_be_silent_about_it() -> None:
    def talk(context: Context) -> Talk[Draft]:
        frame = yield from unless_refused(context, Ask(request=b"2", reply=b"2"))
        return Draft(values={Field.CYCLES: 99 if frame is None else frame[1]})

    now, said = [0.0], [[b"2\x07"]]
    link = Link(lambda data: said[0])
    one = Session(family(talk), clock=lambda: now[0])
    assert read(one, link)[Field.CYCLES] == 7
    said[0] = []
    with pytest.raises(NoAnswer):
        read(one, link)
    said[0] = [REFUSED]
    assert read(one, link)[Field.CYCLES] == 99
    asked = len(link.written)
    assert read(one, link)[Field.CYCLES] == 99
    assert len(link.written) == asked
    said[0], now[0] = [b"2\x07"], now[0] + REST
    assert read(one, link)[Field.CYCLES] == 7


def echo(context: Context) -> Talk[Draft]:
    frame: bytes | None = b"?"
    while frame:
        frame = yield Ask(request=frame, reply=None)
    return Draft()


def knock(context: Context) -> Talk[Draft]:
    while True:
        yield Write(data=b"!")


def listen(context: Context) -> Talk[Draft]:
    while True:
        yield Ask(reply=None, timeout=0.001, optional=True)


@rows("talk", [echo, knock, listen])
def test_a_dialogue_that_comes_to_no_end_is_ended(
    talk: Callable[[Context], Talk[Draft]],
) -> None:
    link = Link(lambda data: [data])
    with pytest.raises(FrameError, match="endless"):
        run(Session(family(talk)).read(link, DEVICE))
    assert len(link.written) <= WRITES <= STEPS


def test_a_dialogue_that_stumbles_over_bytes_is_an_invalid_reply() -> None:
    def talk(context: Context) -> Talk[Draft]:
        frame = (yield Ask(request=b"?", reply=None)) or b""
        return Draft(values={Field.CYCLES: int(frame)})

    with pytest.raises(FrameError, match="broken"):
        run(Session(family(talk)).read(Link(lambda data: [b"x"]), DEVICE))


TWO = (
    Wire(service="ff00", notify=("ff01",), write="ff02"),
    Wire(service="ff00", notify=("ff03",), write="ff04"),
)


def test_a_battery_that_never_spoke_is_tried_on_each_wire() -> None:
    link = Link(lambda data: [], "ff01", "ff02", "ff03", "ff04")

    async def write(uuid: str, data: bytes, *, response: bool) -> None:
        link.written.append((0, uuid, data))
        if uuid == expand("ff04"):
            answer = b"1\x32" if data == b"1" else b"2\x07"
            link.notified[expand("ff03")](answer)

    link.write = write  # type: ignore[method-assign]
    memory = Memory()
    one = Session(family(plan=plan(), wires=TWO), memory=memory, clock=lambda: 0.0)
    assert read(one, link)[Field.CYCLES] == 7
    assert memory.wire == 1
    link.written.clear()
    other = Session(family(plan=plan(), wires=TWO), memory=memory, clock=lambda: 0.0)
    assert read(other, link)[Field.CYCLES] == 7
    assert {uuid for _, uuid, _ in link.written} == {expand("ff04")}


def test_a_battery_that_spoke_keeps_its_wire_and_names_of_one_wire_are_one() -> None:
    link = Link(lambda data: [], "ff01", "ff02", "ff03", "ff04")
    memory = Memory(polls=1)
    with pytest.raises(NoAnswer):
        read(Session(family(plan=plan(), wires=TWO), memory=memory), link)
    assert memory.wire == 0
    same = (
        Wire(service="ff00", notify=("ff00/ff01",), write="ff00/ff02"),
        Wire(service="ff00", notify=("ff01",), write="ff02"),
    )
    link = Link(lambda data: [], "ff01", "ff02", "ff00/ff01", "ff00/ff02")
    with pytest.raises(NoAnswer):
        read(Session(family(plan=plan(), wires=same)), link)
    assert {uuid for _, uuid, _ in link.written} == {expand("ff00/ff02")}


def raising(error: Exception) -> Callable[[Context], Talk[Draft]]:
    def inform(context: Context) -> Talk[Draft]:
        yield from ()
        raise error

    return inform


@rows("error", [FrameError("short"), NoAnswer(), Unsupported("x")])
def test_device_information_stays_when_the_own_question_fails(error: Exception) -> None:
    link = Link(lambda data: [], "ff01", "ff02", "2a24")
    link.values[expand("2a24")] = b"M1"
    one = Session(family(plan=plan(), inform=raising(error)))
    assert run(one.identify(link, DEVICE)) == DeviceInfo(model="M1")
    with pytest.raises(type(error)):
        run(one.identify(Link(lambda data: []), DEVICE))


def test_a_missing_password_is_told_all_the_same() -> None:
    link = Link(lambda data: [], "ff01", "ff02", "2a24")
    link.values[expand("2a24")] = b"M1"
    with pytest.raises(AuthNeeded):
        run(
            Session(family(plan=plan(), inform=raising(AuthNeeded()))).identify(
                link, DEVICE
            )
        )
