"""ANT boards that answer nobody who has not said their password: when it is said, how often, and what silence means."""

from dataclasses import dataclass, field
from typing import Final

import pytest

from custom_components.mi_bms.proto.bms import registry
from custom_components.mi_bms.proto.bms.contract import Ask, Context, Talk, Write
from custom_components.mi_bms.proto.bms.control import Passphrase, Target
from custom_components.mi_bms.proto.bms.dialects.ant_closed import (
    CHANGED,
    IN_VAIN,
    REST,
    SOON,
)
from custom_components.mi_bms.proto.model.errors import (
    LOST,
    MiBmsError,
    NoAnswer,
    PairingNeeded,
    Unreachable,
)
from custom_components.mi_bms.proto.model.fields import Field
from custom_components.mi_bms.proto.model.sample import BmsSample
from custom_components.mi_bms.proto.model.steps import Step
from tests.each import rows
from tests.proto.gatt.boards import recorded

from .talks import frames_of, say

RIGHT: Final = "12345678"
FAMILIES: Final = ("ant", "ant_leg")
# What a board does that does not know who asks.
SILENT: Final = NoAnswer()
CLOSED: Final = PairingNeeded(8)
UNPAIRED: Final = PairingNeeded(5)
GONE: Final = Unreachable(LOST)


def status(family: str) -> bytes:
    """Return a recorded answer to the question for everything."""
    (chunks,) = recorded(f"{family}:update").values()
    (frame,) = frames_of(registry.load(family), *chunks)
    return frame


@dataclass
class Board:
    """A board that hears passwords, and what is done with it."""

    family_id: str
    word: str | None = RIGHT  # None for one that anybody may read
    means: MiBmsError = SILENT
    told: MiBmsError | None = None  # what it means by then
    lost: bool = False  # its link breaks when a password was heard
    heard: list[str] = field(default_factory=list)
    knows: bool = False

    def __post_init__(self) -> None:
        self.family = registry.load(self.family_id)
        self.context: Context = say(self.family)
        self.context.now = 1_700_000_000
        self._parts = b""

    def _takes(self, data: bytes) -> None:
        if self.family_id == "ant":
            word = data[6:-4]
        elif data[2] < 0xF1 or data[2] > 0xF4:  # a command
            return
        else:
            self._parts += data[3:5]
            if data[2] != 0xF4:
                return
            word, self._parts = self._parts, b""
        self.heard.append(word.decode())
        self.knows = word.decode() == self.word
        if self.lost:
            raise GONE

    def _does(self, step: Step) -> bytes | None:
        if isinstance(step, Write):
            self._takes(step.data)
            return None
        assert isinstance(step, Ask)
        if step.request is None:  # an acknowledgement
            return None
        if self.heard and self.told:
            raise self.told
        if self.word is not None and not self.knows:
            raise self.means
        return status(self.family_id)

    def carry_out[T](self, talk: Talk[T]) -> T:
        """Do what a runner does, with errors thrown into the dialogue."""
        result: bytes | None = None
        error: MiBmsError | None = None
        while True:
            try:
                step = talk.send(result) if error is None else talk.throw(error)
            except StopIteration as done:
                value: T = done.value
                return value
            result = error = None
            try:
                result = self._does(step)
            except MiBmsError as err:
                error = err

    def connect(self) -> None:
        self.context.state.clear()
        self.knows = False
        if self.family.login:
            self.carry_out(self.family.login(self.context))

    def poll(self, secret: str | None = None) -> float | str:
        """Read over a new connection; return its voltage, or the name of what it ended with."""
        self.context.secret = secret
        try:
            self.connect()
            draft = self.carry_out(self.family.poll(self.context))
        except MiBmsError as err:
            return type(err).__name__
        return float(draft.number(Field.VOLTAGE) or 0)

    def polls(self, number: int, secret: str | None = None) -> list[float | str]:
        return [self.poll(secret) for _ in range(number)]


@pytest.fixture(params=FAMILIES)
def family_id(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


def volts(family: str) -> float:
    return float(Board(family, None).poll())


def test_who_may_read_says_nothing(family_id: str) -> None:
    board = Board(family_id, None)
    assert board.polls(3, "00000000") == [volts(family_id)] * 3
    assert board.heard == []


@pytest.mark.parametrize("means", [SILENT, CLOSED])
def test_a_closed_board_is_opened_and_from_then_on_told_first(
    family_id: str, means: MiBmsError
) -> None:
    board = Board(family_id, means=means)
    assert board.polls(4, RIGHT) == [volts(family_id)] * 4
    assert board.heard == [RIGHT] * 4


def test_what_a_closed_board_means_where_no_password_is_known(family_id: str) -> None:
    assert Board(family_id).poll() == "NoAnswer"
    assert Board(family_id, means=CLOSED).poll() == "AuthNeeded"
    for secret in (None, RIGHT):
        board = Board(family_id, means=UNPAIRED)
        assert board.poll(secret) == "PairingNeeded"
        assert board.heard == []


def test_who_is_told_and_then_wants_a_pairing(family_id: str) -> None:
    assert Board(family_id, told=UNPAIRED).poll(RIGHT) == "PairingNeeded"
    board = Board(family_id)
    board.poll(RIGHT)
    board.word, board.means = "changed!", UNPAIRED
    assert board.polls(9, RIGHT) == ["PairingNeeded"] * 9


@pytest.mark.parametrize("means", [SILENT, CLOSED])
def test_a_wrong_password_is_said_twice_and_then_ever_less_often(
    family_id: str, means: MiBmsError
) -> None:
    board = Board(family_id, means=means)
    assert board.polls(20, "00000000") == ["AuthRejected"] * 20
    assert len(board.heard) == IN_VAIN
    for more, rest in enumerate((SOON, 2 * SOON, 4 * SOON, REST, REST), IN_VAIN + 1):
        board.context.now += rest - 1
        board.polls(9, "00000000")
        assert len(board.heard) == more - 1
        board.context.now += 1
        assert board.polls(9, "00000000") == ["AuthRejected"] * 9
        assert len(board.heard) == more
    # A clock that is set back keeps nothing back for longer.
    board.context.now -= 10 * REST
    board.poll("00000000")
    assert len(board.heard) == IN_VAIN + 6


def test_a_password_whose_link_breaks_counts_half_once_it_has_proven_right(
    family_id: str,
) -> None:
    """A board may well answer a wrong one by leaving."""
    board = Board(family_id, lost=True)
    found = board.polls(6, RIGHT)
    assert found == ["Unreachable"] * IN_VAIN + ["AuthRejected"] * (6 - IN_VAIN)
    board = Board(family_id)
    board.poll(RIGHT)
    board.lost = True
    found = board.polls(20, RIGHT)
    borne = 2 * CHANGED
    assert found == ["Unreachable"] * borne + ["AuthRejected"] * (20 - borne)
    assert len(board.heard) == 1 + borne
    board.lost = False
    board.context.now += SOON
    assert board.poll(RIGHT) == volts(family_id)


def test_a_password_that_was_changed_elsewhere_is_asked_for(family_id: str) -> None:
    """Some silence is a bad link: only more of it is told as a wrong password."""
    board = Board(family_id)
    board.poll(RIGHT)
    board.word = "changed!"
    found = board.polls(20, RIGHT)
    assert found == ["NoAnswer"] * (CHANGED - 1) + ["AuthRejected"] * (21 - CHANGED)
    assert len(board.heard) == 1 + CHANGED
    # Set back, it is read again within the hour.
    board.word = RIGHT
    board.context.now += REST
    assert board.polls(3, RIGHT) == [volts(family_id)] * 3


def test_silence_of_a_board_that_anybody_may_read_is_no_wrong_password(
    family_id: str,
) -> None:
    board = Board(family_id, None)
    board.poll("00000000")
    board.word = RIGHT
    assert board.poll("00000000") == "NoAnswer"
    assert board.poll("00000000") == "AuthRejected"
    board.word = None
    assert board.polls(9, "00000000") == [volts(family_id)] * 9
    assert len(board.heard) == IN_VAIN


def test_what_has_opened_a_board_is_not_said_again_before_a_command() -> None:
    """Each saying is followed by questions, which a slow board leaves no time for."""
    board, taken = Board("ant"), list[bool]()
    board.poll(RIGHT)
    word = Passphrase(text=RIGHT, taken=lambda: taken.append(True))
    assert board.family.control and board.family.control.unlock
    assert board.carry_out(board.family.control.unlock(board.context, word))
    assert board.heard == [RIGHT] and taken


def test_old_boards_hear_their_password_before_a_command() -> None:
    """It stands in no reading whether it was right; one that goes on answering is told again."""
    board = Board("ant_leg", None)
    control = board.family.control
    assert control
    (switch,) = [one for one in control.switches if one.target is Target.CHARGE]
    for _ in range(4):
        board.poll(RIGHT)
        for _ in range(2):
            board.carry_out(control.write(board.context, switch, False, BmsSample()))
        board.carry_out(board.family.poll(board.context))
    assert board.heard == [RIGHT] * 4
    board.poll(None)
    board.carry_out(control.write(board.context, switch, False, BmsSample()))
    assert len(board.heard) == 4


@rows(
    ("family", "secret"),
    [
        ("ant_leg", "1234567"),
        ("ant_leg", "123456789"),
        ("ant_leg", "1234567é"),
        ("ant", "1234567é"),
        ("ant", "1" * 17),
        ("ant", "1" * 1000),
    ],
)
def test_what_no_board_of_the_type_can_have_is_not_said(
    family: str, secret: str
) -> None:
    board = Board(family)
    assert board.poll(secret) == "AuthRejected"
    assert board.heard == []
    board.word = None
    assert board.poll(secret) == volts(family)


def test_the_bytes_of_an_old_boards_password() -> None:
    told: list[str] = []

    class Spy(Board):
        def _takes(self, data: bytes) -> None:
            told.append(data.hex())
            super()._takes(data)

    Spy("ant_leg").poll(RIGHT)
    assert told == ["a5a5f1313254", "a5a5f2333459", "a5a5f335365e", "a5a5f4373863"]
