"""Sessions in virtual time: tries, pacing, write types, errors, passwords, extras, probing."""

import asyncio
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from itertools import pairwise

import pytest

from custom_components.mi_bms.proto.bms import registry
from custom_components.mi_bms.proto.bms.checksum import sum8
from custom_components.mi_bms.proto.bms.codec import Draft, Num, decode
from custom_components.mi_bms.proto.bms.contract import (
    Ask,
    Context,
    Family,
    Pacing,
    Pause,
    Read,
    Subscribe,
    Talk,
    Wire,
    Write,
    gather,
)
from custom_components.mi_bms.proto.bms.dialects import jbd
from custom_components.mi_bms.proto.bms.framing import (
    LengthFramer,
    WholeFramer,
    length_at,
)
from custom_components.mi_bms.proto.bms.uuids import expand
from custom_components.mi_bms.proto.gatt.information import merge_info, read_device_info
from custom_components.mi_bms.proto.gatt.link import Notified
from custom_components.mi_bms.proto.gatt.probing import probe
from custom_components.mi_bms.proto.gatt.session import (
    DEAF_POLLS,
    Device,
    Memory,
    Session,
)
from custom_components.mi_bms.proto.model.errors import (
    AuthRejected,
    FrameError,
    NoAnswer,
    PairingNeeded,
    Unreachable,
    Unsupported,
)
from custom_components.mi_bms.proto.model.fields import Field
from custom_components.mi_bms.proto.model.sample import DeviceInfo
from tests.each import rows
from tests.replay.batteries import run

DEVICE = Device("JBD-1", "a4:c1:37:04:2d:be")
NOTIFY, WRITE = expand("ff01"), expand("ff02")
JBD = registry.load("jbd")
DALY = registry.load("daly")

BASIC = bytes.fromhex(
    "dd03001d0618fee101f201f4002a2c7c00000000000080640304030b8b0b8a0b84f88477"
)
CELLS = bytes.fromhex("dd0400080d660d610d680d59fe3c77")
COUNTERS = bytes.fromhex(
    "ddaa0018000000000000007a00020000000000000000000000000001ff6b77"
)
ASK_BASIC, ASK_CELLS, ASK_COUNTERS = (
    bytes.fromhex(frame)
    for frame in ("dda50300fffd77", "dda50400fffc77", "dda5aa00ff5677")
)
GOOD = {ASK_BASIC: [BASIC], ASK_CELLS: [CELLS]}

type Answers = Callable[[bytes], Iterable[bytes]]


class Link:
    """Be a connection whose device answers by a function, after ``delay`` seconds."""

    def __init__(
        self,
        answers: Answers | dict[bytes, list[bytes]],
        *,
        chars: Collection[str] = (NOTIFY, WRITE),
        offered: Collection[str] = (
            "read",
            "write",
            "write-without-response",
            "notify",
        ),
        delay: float = 0.01,
    ) -> None:
        self.answers = (
            (lambda data: answers.get(data, []))
            if isinstance(answers, dict)
            else answers
        )
        self.characteristics = set(chars)
        self.offered = offered
        self.delay = delay
        self.written: list[tuple[float, bytes, bool]] = []
        self.subscribed: list[str] = []
        self.values: dict[str, bytes] = {}
        self.most = 512
        self.notified: dict[str, Notified] = {}

    def properties(self, uuid: str) -> Collection[str]:
        return self.offered

    def max_write(self, uuid: str) -> int:
        return self.most

    async def subscribe(self, uuid: str, notified: Notified) -> None:
        self.subscribed.append(uuid)
        self.notified[uuid] = notified

    async def read(self, uuid: str) -> bytes:
        return self.values[uuid]

    async def write(self, uuid: str, data: bytes, *, response: bool) -> None:
        loop = asyncio.get_running_loop()
        self.written.append((round(loop.time(), 3), data, response))
        for chunk in self.answers(data):
            loop.call_later(self.delay, self.notified[NOTIFY], chunk)

    @property
    def frames(self) -> list[bytes]:
        return [data for _, data, _ in self.written]


def session(family: Family = JBD, memory: Memory | None = None) -> Session:
    return Session(family, memory=memory, clock=lambda: 1_700_000_000.5)


def only_basic() -> Talk[Draft]:
    """Ask one question, and tell nobody what its answer holds."""
    return decode(jbd.ROWS, (yield from jbd.ask(jbd.BASIC)), Draft())


def lossy(count: int, answers: dict[bytes, list[bytes]]) -> Answers:
    """Lose the first writes."""
    left = [count]

    def answer(data: bytes) -> Iterable[bytes]:
        left[0] -= 1
        return answers.get(data, []) if left[0] < 0 else []

    return answer


def test_a_poll() -> None:
    link = Link(GOOD)
    memory = Memory()
    sample = run(session(memory=memory).read(link, DEVICE))
    assert sample.values[Field.VOLTAGE] == 15.6
    assert sample.cells == (3.43, 3.425, 3.432, 3.417)
    assert link.frames == [ASK_BASIC, ASK_CELLS]
    assert [response for *_, response in link.written] == [False, False]
    assert link.written[0][0] == 0
    assert memory.polls == 1
    assert not memory.settle
    assert memory.response == {WRITE: False}


@rows(
    ("family", "answers", "age"),
    [
        # The cells come half a second after the current.
        (JBD, GOOD, 0.5),
        (replace(JBD, dialogue=lambda _context: only_basic()), GOOD, 0.0),
    ],
)
def test_a_sample_is_as_old_as_the_answer_with_its_current(
    family: Family, answers: dict[bytes, list[bytes]], age: float
) -> None:
    link, one = Link(answers, delay=0.5), session(family)
    run(one.read(link, DEVICE))
    assert one.age == pytest.approx(age, abs=0.05)


def test_lost_first_commands_are_sent_again() -> None:
    link = Link(lossy(2, GOOD))
    run(session().read(link, DEVICE))
    assert [(at, data) for at, data, _ in link.written[:3]] == [
        (0, ASK_BASIC),
        (1, ASK_BASIC),
        (3, ASK_BASIC),
    ]


def test_a_module_that_loses_the_first_command_is_given_time_from_then_on() -> None:
    memory = Memory()
    run(session(memory=memory).read(Link(lossy(1, GOOD)), DEVICE))
    assert memory.settle
    again = Link(GOOD)
    run(session(memory=memory).read(again, DEVICE))
    assert again.written[0][:2] == (0.2, ASK_BASIC)


def test_only_the_first_command_tells_of_a_module_that_settles() -> None:
    memory = Memory()
    left = [1]

    def late(data: bytes) -> Iterable[bytes]:
        left[0] -= data == ASK_CELLS
        return GOOD[data] if data == ASK_BASIC or left[0] < 0 else []

    run(session(memory=memory).read(Link(late), DEVICE))
    assert not memory.settle


def test_what_is_not_answered_waits_for_the_module_to_settle() -> None:
    def talk(_context: Context) -> Talk[Draft]:
        yield Write(data=b"hello")
        return Draft()

    link = Link({})
    silent = replace(JBD, dialogue=talk, login=None)
    run(session(silent).read(link, DEVICE))
    assert link.written[0][:2] == (0.2, b"hello")


def test_the_other_write_type_is_the_last_resort_and_is_remembered() -> None:
    memory = Memory()
    link = Link(lossy(3, GOOD))
    run(session(memory=memory).read(link, DEVICE))
    assert [response for *_, response in link.written] == [
        False,
        False,
        False,
        True,
        True,
    ]
    assert memory.response == {WRITE: True}
    again = Link(GOOD)
    run(session(memory=memory).read(again, DEVICE))
    assert [response for *_, response in again.written[:2]] == [True, True]


def test_the_write_type_follows_the_characteristic() -> None:
    link = Link(GOOD, offered=("write", "notify"))
    run(session().read(link, DEVICE))
    assert {response for *_, response in link.written} == {True}
    link = Link(GOOD, offered=("write-without-response", "notify"))
    run(session(replace(JBD, response=True)).read(link, DEVICE))
    assert {response for *_, response in link.written} == {False}


def test_silence() -> None:
    memory = Memory(response={WRITE: True})
    with pytest.raises(NoAnswer):
        run(session(memory=memory).read(Link({}), DEVICE))
    assert memory.response == {}


def test_one_that_lost_a_whole_poll_is_asked_more_often_for_some_time() -> None:
    memory = Memory(response={WRITE: False})
    made = session(memory=memory)
    run(made.read(Link(GOOD), DEVICE))
    with pytest.raises(NoAnswer):
        run(made.read(Link(lossy(4, GOOD)), DEVICE))
    link = Link(lossy(5, GOOD))
    run(made.read(link, DEVICE))
    assert link.frames.count(ASK_BASIC) == 6
    # Quickly first, then with ever more patience.
    waits = [b - a for (a, *_), (b, *_) in pairwise(link.written[:6])]
    assert waits == pytest.approx([1.0, 1.0, 1.0, 1.0, 2.0], abs=0.01)
    for _ in range(DEAF_POLLS - 1):
        run(made.read(Link(GOOD), DEVICE))
    with pytest.raises(NoAnswer):
        run(made.read(Link(lossy(4, GOOD)), DEVICE))


def test_one_that_never_answered_is_not_asked_more_often() -> None:
    made = session(memory=Memory(response={WRITE: False}))
    for _ in range(2):
        link = Link({})
        with pytest.raises(NoAnswer):
            run(made.read(link, DEVICE))
        assert link.frames.count(ASK_BASIC) <= 4  # the last one of the other type


@rows(
    ("chunk", "reason"),
    [
        (BASIC[:-2] + b"\0\x77", "checksum"),
        (b"AT\r\n", "noise"),
        (BASIC[:9], "short"),
        (CELLS, "other_reply"),
    ],
)
def test_what_came_instead_of_an_answer(chunk: bytes, reason: str) -> None:
    memory = Memory()
    with pytest.raises(FrameError) as caught:
        run(session(memory=memory).read(Link(lambda data: [chunk]), DEVICE))
    assert caught.value.reason == reason
    assert bool(memory.rejects) is (reason in {"checksum", "noise"})


def test_a_refusal_ends_the_poll_at_once() -> None:
    link = Link({**GOOD, ASK_BASIC: [bytes.fromhex("dd038000ff8077")]})
    with pytest.raises(FrameError, match="status"):
        run(session().read(link, DEVICE))
    assert len(link.written) == 1


def test_a_refusal_of_what_is_optional_ends_the_question_at_once() -> None:
    link = Link({**GOOD, ASK_CELLS: [bytes.fromhex("dd048000ff8077")]})
    sample = run(session().read(link, DEVICE))
    assert sample.values[Field.VOLTAGE]
    assert sample.cells == ()
    assert len(link.written) == 2


def test_an_echo_means_that_pairing_is_missing() -> None:
    link = Link(lambda data: [data])
    with pytest.raises(PairingNeeded) as caught:
        run(session().read(link, DEVICE))
    assert caught.value.code is None
    assert len(link.written) == 1
    with pytest.raises(PairingNeeded):
        run(probe(Link(lambda data: [data]), DEVICE, [JBD, DALY]))


@rows("code", [5, 8, 15])
def test_a_write_that_wants_a_pairing_is_told_at_once(code: int) -> None:
    class Closed(Link):
        async def write(self, uuid: str, data: bytes, *, response: bool) -> None:
            self.written.append((0.0, data, response))
            raise PairingNeeded(code)

    link = Closed(GOOD)
    with pytest.raises(PairingNeeded) as caught:
        run(session().read(link, DEVICE))
    assert caught.value.code == code
    assert len(link.written) == 1
    with pytest.raises(PairingNeeded):
        run(probe(Closed(GOOD), DEVICE, [DALY, JBD]))


def test_other_families_may_echo() -> None:
    link = Link(lambda data: [data, *GOOD[data]])
    run(session(replace(JBD, echo_is_unpaired=False)).read(link, DEVICE))


def test_a_lost_connection_passes_through() -> None:
    class Broken(Link):
        async def write(self, uuid: str, data: bytes, *, response: bool) -> None:
            raise Unreachable("link")

    with pytest.raises(Unreachable):
        run(session().read(Broken({}), DEVICE))


def test_a_refused_other_write_type_is_no_lost_connection() -> None:
    class Refusing(Link):
        types: list[bool] = []

        async def write(self, uuid: str, data: bytes, *, response: bool) -> None:
            self.types.append(response)
            if response != self.types[0]:
                raise Unreachable("link")

    with pytest.raises(NoAnswer):
        run(session().read(Refusing({}), DEVICE))
    assert set(Refusing.types) == {True, False}


def test_the_deadline_bounds_everything() -> None:
    family = replace(JBD, pacing=Pacing(timeout=4, deadline=5))
    with pytest.raises(NoAnswer):
        run(session(family).read(Link({}), DEVICE))

    class Slow(Link):
        async def subscribe(self, uuid: str, notified: Notified) -> None:
            await asyncio.sleep(100)

    with pytest.raises(NoAnswer):
        run(session(family).read(Slow({}), DEVICE))


def test_a_slow_answer_in_pieces_counts() -> None:
    link = Link({ASK_BASIC: [BASIC[:20], BASIC[20:]], ASK_CELLS: [CELLS]}, delay=1.5)
    run(session().read(link, DEVICE))
    assert link.frames.count(ASK_BASIC) == 2


@rows("chars", [("ff01", "ff02"), ("ff07", "ff08")])
def test_the_wire_is_chosen_after_connecting(chars: tuple[str, str]) -> None:
    link = Link({}, chars=[expand(uuid) for uuid in chars])
    with pytest.raises(NoAnswer):
        run(session().read(link, DEVICE))
    assert link.subscribed == [expand(chars[0])]


@rows(
    ("chars", "offered"),
    [
        ((WRITE,), ("write", "notify")),
        ((NOTIFY, WRITE), ("write",)),
        ((NOTIFY, WRITE), ("notify",)),
    ],
)
def test_devices_without_a_known_wire(
    chars: tuple[str, ...], offered: tuple[str, ...]
) -> None:
    with pytest.raises(Unsupported):
        run(session().read(Link({}, chars=chars, offered=offered), DEVICE))


def test_an_open_connection_is_set_up_once() -> None:
    link = Link(GOOD)
    one = session()

    async def twice() -> None:
        await one.read(link, DEVICE)
        link.notified[NOTIFY](CELLS)
        await one.read(link, DEVICE)

    run(twice())
    assert link.subscribed == [NOTIFY]


def test_what_a_stream_said_a_moment_ago_is_good_enough() -> None:
    """A frame that came by itself is taken while it is fresh; an older one is waited out."""

    def stream(fresh: float) -> Family:
        return Family(
            id="stream",
            wires=(Wire(service="ff00", notify=("ff01",)),),
            framer=lambda _context: WholeFramer(lambda frame: True),
            plan=(Ask(timeout=5.0, rows=(Num(Field.CYCLES, 0, ">u1"),)),),
            fresh=fresh,
        )

    async def second(fresh: float, age: float) -> tuple[object, float]:
        link = Link({}, chars=(NOTIFY,))
        loop = asyncio.get_running_loop()
        one = session(stream(fresh))
        loop.call_later(1.0, lambda: link.notified[NOTIFY](b"\x01"))
        await one.read(link, DEVICE)
        for byte in (b"\x02", b"\x03"):
            link.notified[NOTIFY](byte)
            await asyncio.sleep(age)
        start = loop.time()
        loop.call_later(3.0, lambda: link.notified[NOTIFY](b"\x04"))
        sample = await one.read(link, DEVICE)
        return sample.values[Field.CYCLES], loop.time() - start

    assert run(second(1.0, 0.8)) == (3, 0.0)
    assert run(second(1.0, 1.2)) == (4, pytest.approx(3.0))
    assert run(second(0.0, 0.0)) == (4, pytest.approx(3.0))


def test_a_wrong_password_is_told_and_logging_in_starts_anew() -> None:
    refused = bytes.fromhex("ffaa15010117")
    link = Link(lambda data: [refused] if data.startswith(b"\xff\xaa") else [])
    one = session()

    async def twice() -> None:
        for _ in range(2):
            with pytest.raises(AuthRejected):
                await one.read(link, DEVICE, "123456")

    run(twice())
    assert link.subscribed == [NOTIFY]
    assert len(link.written) == 4


def test_extras_come_with_the_second_poll_and_stay() -> None:
    link = Link({**GOOD, ASK_COUNTERS: [COUNTERS]})
    one = session()

    async def thrice() -> list[dict[str, int]]:
        return [dict((await one.read(link, DEVICE)).counters) for _ in range(3)]

    first, second, third = run(thrice())
    assert first == {}
    assert second["cell_overvoltage"] == 122
    assert third == second
    assert link.frames.count(ASK_COUNTERS) == 1


def test_extras_come_again_when_other_alarms_are_active_and_after_very_long() -> None:
    alarmed = bytearray(BASIC)
    alarmed[20:22] = b"\x00\x01"
    check = (-sum(alarmed[2:-3]) & 0xFFFF).to_bytes(2, "big")
    alarmed[-3:-1] = check
    answers = {**GOOD, ASK_COUNTERS: [COUNTERS]}
    link = Link(answers)
    one = session()

    async def asked(polls: int) -> int:
        before = link.frames.count(ASK_COUNTERS)
        for _ in range(polls):
            await one.read(link, DEVICE)
        return link.frames.count(ASK_COUNTERS) - before

    async def story() -> list[int]:
        counts = [await asked(1), await asked(1), await asked(3)]
        answers[ASK_BASIC] = [bytes(alarmed)]
        counts += [await asked(1), await asked(3)]
        answers[ASK_BASIC] = [BASIC]
        return [*counts, await asked(1), await asked(491), await asked(1)]

    assert run(story()) == [0, 1, 0, 1, 0, 1, 0, 1]


def test_refused_extras_are_not_asked_for_again() -> None:
    memory = Memory(polls=1)
    run(session(memory=memory).read(Link(GOOD), DEVICE))
    assert memory.diagnose is False
    memory.polls = 1
    link = Link(GOOD)
    run(session(memory=memory).read(link, DEVICE))
    assert ASK_COUNTERS not in link.frames


def test_a_connection_lost_during_the_extras_keeps_the_sample() -> None:
    class Breaking(Link):
        async def write(self, uuid: str, data: bytes, *, response: bool) -> None:
            if data == ASK_COUNTERS:
                raise Unreachable("link")
            await super().write(uuid, data, response=response)

    memory = Memory(polls=1)
    assert run(session(memory=memory).read(Breaking(GOOD), DEVICE)).cells
    assert memory.diagnose is True
    link = Link({**GOOD, ASK_COUNTERS: [COUNTERS]})
    assert run(session(memory=memory).read(link, DEVICE)).counters


def test_device_information() -> None:
    link = Link(
        {
            **GOOD,
            bytes.fromhex("dda50500fffb77"): [
                bytes.fromhex("dd05000a30313233343536373839fde977")
            ],
        },
        chars=(NOTIFY, WRITE, expand("2a24"), expand("2a27")),
    )
    link.values = {expand("2a24"): b"Model\0x", expand("2a27"): b"1"}
    info = run(session().identify(link, DEVICE))
    assert info == DeviceInfo(
        model="Model",
        hw_version="0123456789",
        sw_version="8.0",
        production_date="2022-03-28",
    )
    assert (
        run(session(replace(JBD, inform=None)).identify(link, DEVICE)).hw_version == "1"
    )
    assert run(read_device_info(Link({}))) == DeviceInfo()
    assert merge_info(
        DeviceInfo(model="a", name="b"), DeviceInfo(model="c")
    ) == DeviceInfo(model="c", name="b")


def test_a_first_meeting_brings_values_and_what_the_battery_says_of_itself() -> None:
    name = {
        bytes.fromhex("dda50500fffb77"): [
            bytes.fromhex("dd05000a30313233343536373839fde977")
        ]
    }
    met = run(session().meet(Link({**GOOD, **name}), DEVICE))
    assert met.values[Field.VOLTAGE] == 15.6
    assert met.info.hw_version == "0123456789"


def test_one_that_does_not_know_the_question_is_met_all_the_same() -> None:
    def inform(_: Context) -> Talk[Draft]:
        yield Ask(request=bytes.fromhex("dda50500fffb77"), timeout=1)
        return Draft()

    met = run(session(replace(JBD, inform=inform)).meet(Link(GOOD), DEVICE))
    assert met.values[Field.VOLTAGE] == 15.6
    assert met.info.hw_version is None


def test_counters_on_demand() -> None:
    link = Link({ASK_COUNTERS: [COUNTERS]})
    assert run(session().diagnose(link, DEVICE))["cell_undervoltage"] == 2
    with pytest.raises(Unsupported):
        run(session(replace(JBD, diagnose=None)).diagnose(link, DEVICE))


def test_logging_in_only() -> None:
    link = Link({})
    run(session().log_in(link, DEVICE))
    assert link.subscribed
    assert not link.written


# A made-up family for the steps that JBD does not use --------------------------------------------


def check(frame: bytes) -> None:
    if sum8(frame[:-1]) != frame[-1]:
        raise FrameError("checksum")


def sealed(*data: int) -> bytes:
    frame = bytes((0xAA, len(data), *data))
    return frame + bytes((sum8(frame),))


def family(
    talk: Callable[[Context], Talk[Draft]] | None = None, **changes: object
) -> Family:
    base = Family(
        id="made_up",
        wires=(Wire(service="ff00", notify=("ff01",), write="ff02", later=("ff03",)),),
        framer=lambda _context: LengthFramer((b"\xaa",), length_at(1, 3), check),
        dialogue=talk,
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def test_plans() -> None:
    plan = (
        Ask(
            request=b"1",
            reply=b"\xaa\x02\x01",
            rows=(Num(Field.BATTERY_LEVEL, 1, ">u1"),),
        ),
        Ask(
            request=b"2",
            reply=b"\xaa",
            rows=(Num(Field.CYCLES, 1, ">u1"),),
            tries=1,
            optional=True,
        ),
    )
    link = Link({b"1": [sealed(1, 50)]})
    sample = run(session(family(plan=plan, body=2, tail=1)).read(link, DEVICE))
    assert sample.values == {Field.BATTERY_LEVEL: 50, Field.PROBLEM: False}
    assert [response for *_, response in link.written] == [True, True]


def test_steps() -> None:
    seen: list[object] = []

    def talk(context: Context) -> Talk[Draft]:
        seen.append((context.now, context.mac.hex(), context.secret))
        yield Write(data=b"hello, device", uuid="ff02")
        yield Write(data=b"x", uuid="ff05", optional=True)
        yield Subscribe(uuid="ff03")
        seen.append((yield Read(uuid="ff04")))
        seen.append((yield Read(uuid="ff05", optional=True)))
        yield Pause(seconds=3)
        seen.append((yield Ask(source=expand("ff03"), timeout=1)))
        seen.append((yield Ask(timeout=1, optional=True)))
        seen.append((yield Ask(timeout=1, optional=True)))
        try:
            yield Read(uuid="ff05")
        except Unsupported as error:
            seen.append(error.what)
        return Draft()

    link = Link({}, chars=(NOTIFY, WRITE, expand("ff03"), expand("ff04")))
    link.values = {expand("ff04"): b"value"}
    link.most = 5

    def answers(data: bytes) -> Iterable[bytes]:
        loop = asyncio.get_running_loop()
        loop.call_later(2, lambda: link.notified[expand("ff03")](b"raw"))
        return [sealed(7)] if data == b"ice" else []

    link.answers = answers
    made = family(
        talk, framers={expand("ff03"): lambda _context: WholeFramer()}, response=False
    )
    run(session(made).read(link, DEVICE, ""))
    assert link.frames == [b"hello", b", dev", b"ice"]
    assert seen[:3] == [(1_700_000_000, "a4c137042dbe", None), b"value", None]
    assert seen[3:] == [b"raw", sealed(7), b"raw", "characteristics"]


def test_requests_in_pieces_and_gaps() -> None:
    def talk(_context: Context) -> Talk[Draft]:
        yield Ask(request=b"123456", reply=None)
        yield Ask(request=b"7", reply=b"\xaa")
        return Draft()

    link = Link(lambda data: [sealed(1)] if data in {b"56", b"7"} else [])
    made = family(talk, chunk=4, pacing=Pacing(gap=1.0, settle=0))
    run(session(made).read(link, DEVICE))
    assert [(at, data) for at, data, _ in link.written] == [
        (0.0, b"1234"),
        (0.0, b"56"),
        (1.01, b"7"),
    ]


def test_a_wire_without_write() -> None:
    made = family(
        lambda _context: (yield Write(data=b"x")) or Draft(),
        wires=(Wire(service="ff00", notify=("ff01",)),),
    )
    with pytest.raises(Unsupported, match="write"):
        run(session(made).read(Link({}), DEVICE))


def test_gathering() -> None:
    def complete(found: object) -> bool:
        return isinstance(found, dict) and {1, 2} <= set(found)

    def talk(_context: Context) -> Talk[Draft]:
        found = yield from gather(
            b"?", lambda frame: frame[2] or None, complete, tries=2, timeout=1
        )
        return Draft(
            values={Field.COUNTER: len(found), Field.COUNT: int(complete(found))}
        )

    def polled(*answers: list[bytes]) -> dict[Field, object]:
        waiting = list(answers)
        link = Link(lambda data: waiting.pop(0) if waiting else [])
        return dict(run(session(family(talk)).read(link, DEVICE)).values)

    one, two, nothing = sealed(1), sealed(2), sealed(0)
    assert polled([nothing, one, two])[Field.COUNT] == 1
    assert polled([one], [two])[Field.COUNT] == 1
    assert polled([], [two, one])[Field.COUNT] == 1
    assert polled([one], [one])[Field.COUNTER] == 1
    with pytest.raises(NoAnswer):
        polled([], [])


def test_keep_alive() -> None:
    def alive(_context: Context) -> Talk[None]:
        yield Write(data=b"ping")

    link = Link({})
    run(session(family(alive=alive, alive_every=5)).keep_alive(link, DEVICE))
    run(session(family()).keep_alive(link, DEVICE))
    assert link.frames == [b"ping"]


def test_probing_asks_in_order_and_only_what_fits() -> None:
    ej = registry.load("ej")
    link = Link(GOOD)
    unable = replace(JBD, id="unable", probe=None)
    elsewhere = replace(
        JBD, id="elsewhere", wires=(Wire(service="1", notify=("1111",), write="2222"),)
    )
    assert run(probe(link, DEVICE, [unable, elsewhere, ej, JBD])) == "jbd"
    assert link.subscribed == [NOTIFY]
    assert link.frames[-1] == ASK_BASIC
    assert run(probe(Link({}), DEVICE, [ej, JBD])) is None


def test_probing_tells_of_a_missing_pairing() -> None:
    link = Link(lambda data: [data])
    with pytest.raises(PairingNeeded):
        run(probe(link, DEVICE, [JBD]))
