"""What batteries are set to: read with the second poll and once a day, believed with care, never at the cost of a sample."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final, override

from custom_components.mi_bms.proto.bms import registry
from custom_components.mi_bms.proto.bms.codec import Draft
from custom_components.mi_bms.proto.bms.settings.believed import (
    SETTINGS,
    believed,
    kept,
)
from custom_components.mi_bms.proto.gatt.session import (
    SETTINGS_EVERY,
    SETTINGS_REST,
    Device,
    Memory,
    Session,
)
from custom_components.mi_bms.proto.model.errors import Unreachable
from custom_components.mi_bms.proto.model.fields import Field
from custom_components.mi_bms.proto.model.sample import BmsSample
from tests.each import each, rows
from tests.replay.batteries import VectorLink, run, values_of

from .families import ALL
from .fixtures import VECTORS
from .test_questions import FAULTS

type Vector = Mapping[str, Any]

TOLD: Final[dict[str, Vector]] = {}
for _vector in VECTORS:
    if _vector["kind"] == "settings":
        TOLD.setdefault(_vector["family"], _vector)
DEVICE: Final = Device(name="Battery", address="11:22:33:44:55:66")
NAMES: Final = frozenset(map(str, SETTINGS))


class Written(VectorLink):
    """Note what is written; ``lost`` breaks the link when that is asked."""

    lost = ""

    def note(self, polls: list[list[str]]) -> None:
        self.polls = polls

    @override
    async def write(self, uuid: str, data: bytes, *, response: bool) -> None:
        self.polls[-1].append(data.hex())
        if data.hex() == self.lost:
            raise Unreachable("lost")
        await super().write(uuid, data, response=response)


class Battery:
    """Be the battery of a fixture; ``polls`` are what was written for each."""

    def __init__(
        self, vector: Vector, exchange: list[Mapping[str, Any]] | None = None
    ) -> None:
        self.family = registry.load(vector["family"])
        self.exchange = exchange or vector["exchange"]
        self.now = 1_700_000_000.0
        self.memory = Memory()
        self.polls: list[list[str]] = []
        self.lost = ""

    def read(self, *after: float) -> list[BmsSample]:
        """Read over one connection, after each of some waits (s) of the clock."""
        link = Written(self.family, self.exchange)
        link.lost = self.lost
        link.note(self.polls)
        session = Session(self.family, memory=self.memory, clock=lambda: self.now)

        async def all_of_them() -> list[BmsSample]:
            found = []
            for seconds in after:
                self.now += seconds
                self.polls.append([])
                found.append(await session.read(link, DEVICE))
            return found

        return run(all_of_them())

    def asked(self, request: str) -> int:
        return sum(poll.count(request) for poll in self.polls)


def questions(vector: Vector) -> list[str]:
    """Return what the second poll asks and the third one does not."""
    battery = Battery(vector)
    battery.read(0, 30, 30)
    _, second, third = map(Counter, battery.polls)
    return sorted(second - third)


def settings_of(sample: BmsSample) -> dict[Field, Any]:
    return {name: sample.values[name] for name in SETTINGS & sample.values.keys()}


def rest_of(sample: BmsSample) -> dict[str, Any]:
    return {
        name: value for name, value in values_of(sample).items() if name not in NAMES
    }


def test_every_family_that_tells_its_settings_has_a_fixture() -> None:
    assert {family.id for family in ALL if family.settings} - {"eleksol"} == set(TOLD)


def test_settings_come_with_the_second_poll_and_stay() -> None:
    def check(vector: Vector) -> None:
        battery = Battery(vector)
        first, second, third = battery.read(0, 30, 30)
        assert settings_of(first) == {}
        found = settings_of(second)
        assert found
        assert settings_of(third) == found
        assert rest_of(second) == rest_of(first)

    each(TOLD.items(), check)


def test_they_are_read_again_after_a_day() -> None:
    vector, question = TOLD["daly"], "d20300800029965f"
    battery = Battery(vector)
    battery.read(0)
    before = battery.asked(question)
    battery.read(30, 30, SETTINGS_EVERY - 61)
    assert battery.asked(question) == before + 1
    battery.read(32)
    assert battery.asked(question) == before + 2


def test_a_clock_that_is_set_back_does_not_end_that() -> None:
    vector = TOLD["seplos_v2"]
    [question] = questions(vector)
    battery = Battery(vector)
    battery.read(0, 30)
    battery.now -= 30 * SETTINGS_EVERY
    battery.read(30, 30)
    assert battery.asked(question) == 2


def test_one_that_tells_nothing_is_left_alone_for_an_hour() -> None:
    vector = TOLD["seplos_v2"]
    [question] = questions(vector)
    silent = [one for one in vector["exchange"] if one["write"] != question]
    battery = Battery(vector, silent)
    battery.read(0, 30)
    once = battery.asked(question)
    assert once
    samples = battery.read(30, SETTINGS_REST - 61)
    assert battery.asked(question) == once
    samples += battery.read(62)
    assert battery.asked(question) == 2 * once
    assert all(settings_of(sample) == {} for sample in samples)


def spoil(
    vector: Vector, request: str, answer: Callable[[bytes], list[str]]
) -> list[Mapping[str, Any]]:
    return [
        {**entry, "notify": answer(bytes.fromhex("".join(entry["notify"])))}
        if entry.get("write") == request
        else entry
        for entry in vector["exchange"]
    ]


def test_no_answer_to_a_question_for_settings_loses_the_sample() -> None:
    def check(row: tuple[Vector, str, str]) -> None:
        vector, request, fault = row
        family = registry.load(vector["family"])
        exchange = spoil(
            vector, request, lambda raw: FAULTS[fault](family, request, raw)
        )
        first, second = Battery(vector, exchange).read(0, 30)
        assert rest_of(second) == rest_of(first)

    each(
        (
            (f"{family_id} {request} {fault}", (vector, request, fault))
            for family_id, vector in TOLD.items()
            for request in questions(vector)
            # The same question brings cells, which a sample needs.
            if family_id != "jikong"
            for fault in FAULTS
        ),
        check,
    )


def test_a_jk_board_that_sends_no_settings_is_read_all_the_same() -> None:
    exchange = [
        {**entry, "notify": [one for one in entry["notify"] if one[8:10] != "01"]}
        for entry in TOLD["jikong"]["exchange"]
    ]
    first, second = Battery(TOLD["jikong"], exchange).read(0, 30)
    assert settings_of(second) == {}
    assert rest_of(second) == rest_of(first)


def test_a_link_that_breaks_over_settings_does_not_lose_the_sample() -> None:
    vector = TOLD["seplos_v2"]
    battery = Battery(vector)
    [battery.lost] = questions(vector)
    first, second = battery.read(0, 30)
    assert battery.asked(battery.lost) == 1
    assert rest_of(second) == rest_of(first)


def test_what_was_known_stays_when_it_cannot_be_read_again() -> None:
    vector = TOLD["seplos_v2"]
    battery = Battery(vector)
    before = battery.read(0, 30)[-1]
    [battery.lost] = questions(vector)
    [after] = battery.read(SETTINGS_EVERY + 1)
    assert settings_of(after) == settings_of(before) != {}


def test_an_earlier_run_is_remembered() -> None:
    vector = TOLD["braunpwr"]
    sample = Battery(vector).read(0, 30)[-1]
    again = BmsSample.from_json(sample.to_json())
    battery = Battery(vector)
    battery.memory.settings = kept(again)
    [first] = battery.read(0)
    assert settings_of(first) == settings_of(sample) != {}
    # The values of the poll are its own.
    assert kept(again).keys() <= SETTINGS


def test_jbd_stops_at_the_first_refusal() -> None:
    vector = next(one for one in VECTORS if one["id"] == "jbd:settings[refused]")
    battery = Battery(vector)
    battery.read(0, 30, 30)
    assert battery.asked("dda52400ffdc77") == 1
    assert not battery.asked("dda52500ffdb77")
    written = [one for poll in battery.polls for one in poll]
    assert not any(one.startswith("dd5a") for one in written)


def test_daly_asks_81_boards_nothing() -> None:
    vector = next(one for one in VECTORS if one["id"] == "daly:protocol_81")
    battery = Battery(vector)
    battery.read(0, 30)
    assert not any(one.startswith("d2030080") for poll in battery.polls for one in poll)


CELLS: Final = Draft(cells=[3.3] * 4)
OVER, UNDER = Field.CELL_OVERVOLTAGE_LIMIT, Field.CELL_UNDERVOLTAGE_LIMIT
OVER_RELEASE = Field.CELL_OVERVOLTAGE_RELEASE
PACK_OVER, PACK_UNDER = Field.PACK_OVERVOLTAGE_LIMIT, Field.PACK_UNDERVOLTAGE_LIMIT
HOT, COLD = Field.CHARGE_OVERTEMPERATURE_LIMIT, Field.CHARGE_UNDERTEMPERATURE_LIMIT


@rows(
    ("found", "expected"),
    [
        ({OVER: 3.65, UNDER: 2.5}, {OVER, UNDER}),
        # Switched off is no limit; a float read as a number is none either.
        ({OVER: 0.0, UNDER: 2.5}, {UNDER}),
        ({OVER: 1_080_033_280 * 0.001}, set()),
        ({OVER: 2.5, UNDER: 3.65}, set()),
        ({OVER: 3.65, OVER_RELEASE: 3.7, UNDER: 2.5}, {OVER, UNDER}),
        ({OVER: 3.65, OVER_RELEASE: 2.4, UNDER: 2.5}, {OVER, UNDER}),
        ({OVER_RELEASE: 3.5}, {OVER_RELEASE}),
        ({OVER: 3.65, PACK_OVER: 14.6}, {OVER, PACK_OVER}),
        ({OVER: 3.65, PACK_OVER: 146.0}, {OVER}),
        ({OVER: 3.65, PACK_OVER: 1.46}, {OVER}),
        ({UNDER: 2.5, PACK_UNDER: 100.0, PACK_OVER: 146.0}, {UNDER, PACK_OVER}),
        ({PACK_OVER: 146.0}, {PACK_OVER}),
        ({HOT: 55, COLD: 0}, {HOT, COLD}),
        ({HOT: 0, COLD: 55}, set()),
        ({HOT: 215, COLD: -40}, set()),
        ({Field.VOLTAGE: 13.2, Field.BATTERY_MODE: "bulk"}, set()),
    ],
)
def test_what_is_believed(found: dict[Field, float], expected: set[Field]) -> None:
    assert set(believed(Draft(values=dict(found)), CELLS)) == expected


@rows("polled", [Draft(), Draft(values={Field.CELL_COUNT: 4})])
def test_a_pack_is_compared_with_its_cells_where_they_are_counted(
    polled: Draft,
) -> None:
    found = believed(Draft(values={OVER: 3.65, PACK_OVER: 146.0}), polled)
    assert (PACK_OVER in found) is (not polled.values)


def test_a_current_limit_has_no_sign() -> None:
    name = Field.DISCHARGE_CURRENT_LIMIT
    assert believed(Draft(values={name: -120.0}), CELLS) == {name: 120.0}
