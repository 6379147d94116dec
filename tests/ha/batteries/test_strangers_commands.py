"""A stranger commands boards of its own: what is told is so, and nothing moves that nobody asked for."""

from collections.abc import Callable
from typing import Any

import pytest

from ..home import Home
from .command_boards import SWITCHES, Board, Jbd, Jk
from .command_boards_more import Ant, Daly, DalyLegacy
from .command_house import STOPPED, owned

type Make = Callable[[], Any]

EACH = pytest.mark.parametrize(
    ("make", "options"),
    [
        pytest.param(Jbd, {}, id="jbd-e1"),
        pytest.param(lambda: Jbd(knows=(0xFB,)), {}, id="jbd-fb"),
        pytest.param(Jk, {}, id="jk"),
        pytest.param(Daly, {}, id="daly"),
        pytest.param(DalyLegacy, {"experimental": True}, id="daly-legacy"),
        pytest.param(Ant, {}, id="ant"),
    ],
)
UNDER, OVER = 1 << 1, 1 << 0  # JBD: cell under- and over-voltage
E1 = "dd5ae102"


def words(board: Jbd) -> list[int]:
    """Return which locks JBD's one word set, order by order."""
    return [one[5] for one in board.orders if one.hex().startswith(E1)]


def effective(board: Board) -> list[bytes]:
    """Return the orders that the board knows; FB is found out by asking E1 first."""
    if isinstance(board, Jbd):
        return [one for one in board.orders if one[2] in board.knows]
    return board.orders


# --- what is confirmed is so ------------------------------------------------------------------


@EACH
async def test_off_and_on_are_confirmed_and_touch_one_switch(
    home: Home, make: Make, options: dict[str, Any]
) -> None:
    owner = await owned(home, make(), **options)
    for what in SWITCHES:
        told = await owner.order(what, "off")
        assert told["outcome"] == "confirmed" and told["state"] is False
        assert owner.board.locked == {what}
        await owner.clock.run(STOPPED)
        told = await owner.order(what, "on")
        assert told["outcome"] == "confirmed" and told["state"] is True
        assert not owner.board.locked
        await owner.clock.run(STOPPED)
    assert len(effective(owner.board)) == 4


@EACH
async def test_an_acknowledgement_without_a_deed_is_never_confirmed(
    home: Home, make: Make, options: dict[str, Any]
) -> None:
    owner = await owned(home, make(), **options)
    owner.board.acts = False
    assert await owner.refused("charge", "off") == "switch_failed"
    assert len(effective(owner.board)) == 1
    assert owner.shown("charging_allowed") == "on"


@EACH
async def test_a_deed_that_takes_three_seconds_is_waited_for(
    home: Home, make: Make, options: dict[str, Any]
) -> None:
    owner = await owned(home, make(), **options)
    owner.board.acts_after = 3.0
    before = owner.clock.time
    assert (await owner.order("charge", "off"))["outcome"] == "confirmed"
    assert owner.clock.time - before < 20
    assert owner.board.locked == {"charge"}
    assert len(effective(owner.board)) == 1


@EACH
async def test_everything_heard_twice_is_confirmed_once_or_refused_unwritten(
    home: Home, make: Make, options: dict[str, Any]
) -> None:
    owner = await owned(home, make(), **options)
    board = owner.board
    board.tamper = lambda _asked, answers: [
        one for answer in answers for one in (answer, answer)
    ]
    if isinstance(board, DalyLegacy):
        # A set of frames in which one comes twice is dropped, as its page says.
        assert await owner.refused("discharge", "off") == "switch_implausible"
        assert not board.orders
    else:
        assert (await owner.order("discharge", "off"))["outcome"] == "confirmed"
        assert board.locked == {"discharge"} and len(effective(board)) == 1


async def test_a_phone_that_undoes_it_at_once_is_not_confirmed(home: Home) -> None:
    owner = await owned(home, Jk())
    board = owner.board
    board.do = lambda _wishes: None  # undone before anybody can look
    assert await owner.refused("discharge", "off") == "switch_failed"
    assert len(effective(board)) <= 2


async def test_the_wrong_switch_moved_is_not_confirmed(home: Home) -> None:
    owner = await owned(home, Daly())
    obey = owner.board.do
    owner.board.do = lambda wishes: obey({"discharge": wishes["charge"]})
    assert await owner.refused("charge", "off") == "switch_failed"


async def test_a_forged_acknowledgement_of_an_order_that_got_lost(home: Home) -> None:
    owner = await owned(home, Jk())
    owner.board.lose_orders = 9
    owner.board.tamper = lambda asked, answers: (
        [Jk.READY] if asked[4:5] == b"\x1d" else answers
    )
    assert await owner.refused("charge", "off") == "switch_failed"
    assert not owner.board.locked


async def test_released_but_held_is_said_with_its_protection(home: Home) -> None:
    board = Jbd()
    owner = await owned(home, board)
    board.locked = {"discharge"}
    board.word = 1 << 7  # too cold to discharge: not what on is refused for
    told = await owner.order("discharge", "on")
    assert told["outcome"] == "held"
    assert told["held_by"] == ["discharge_undertemperature"]
    assert told["conducts"] is False and not board.locked


async def test_a_protection_that_trips_meanwhile_is_no_obedience(home: Home) -> None:
    """Off means told to be off, not merely that no current can flow."""
    board = Jbd()
    owner = await owned(home, board)
    board.acts = False
    board.ordered = lambda _order: setattr(board, "word", OVER)
    assert await owner.refused("charge", "off") in {"switch_failed", "switch_unknown"}
    assert not board.locked


# --- JBD's word carries both locks --------------------------------------------------------------


async def test_the_other_lock_stays_as_somebody_set_it(home: Home) -> None:
    owner = await owned(home, Jbd())
    for before, what, state, word in (
        (set[str](), "charge", "off", 1),
        (set[str](), "discharge", "off", 2),
        ({"discharge"}, "charge", "off", 3),
        ({"charge"}, "discharge", "off", 3),
        ({"charge", "discharge"}, "charge", "on", 2),
        ({"charge", "discharge"}, "discharge", "on", 1),
    ):
        owner.board.locked = set(before)
        assert (await owner.order(what, state))["outcome"] == "confirmed"
        assert words(owner.board)[-1] == word
        await owner.clock.run(STOPPED)
    assert len(owner.board.orders) == 6


@pytest.mark.parametrize(
    ("what", "bits"), [("charge", (1, 3, 6, 7, 9, 10)), ("discharge", (0, 2, 4, 5, 8))]
)
async def test_a_passing_protection_of_the_other_never_becomes_a_lock(
    home: Home, what: str, bits: tuple[int, ...]
) -> None:
    owner = await owned(home, Jbd())
    for bit in bits:
        owner.board.word = 1 << bit
        await owner.order(what, "off")
        assert owner.board.locked == {what}
        owner.board.word = 0
        await owner.clock.run(STOPPED)
        await owner.order(what, "on")
        assert not owner.board.locked
        await owner.clock.run(STOPPED)


@pytest.mark.parametrize("locked", [{"charge"}, {"charge", "discharge"}])
async def test_nobody_knows_the_other_lock_so_nothing_is_written(
    home: Home, locked: set[str]
) -> None:
    owner = await owned(home, Jbd())
    owner.board.locked, owner.board.word = set(locked), UNDER
    assert await owner.refused("charge", "off") == "switch_other_unknown"
    assert not owner.board.orders and owner.board.locked == locked


async def test_a_second_try_does_not_undo_what_a_phone_did_in_between(
    home: Home,
) -> None:
    """The first word is lost, a phone locks the other switch, the second word must know it."""
    owner = await owned(home, Jbd())
    board = owner.board
    board.lose_orders = 1
    board.ordered = lambda _order: (
        board.locked.add("discharge") if len(board.orders) == 1 else None
    )
    await owner.outcome("charge", "off")
    assert "discharge" in board.locked


async def test_fb_is_used_where_e1_is_not_known_and_stays_so(home: Home) -> None:
    owner = await owned(home, Jbd(knows=(0xFB,)))
    owner.board.locked = {"discharge"}
    await owner.order("charge", "off")
    assert owner.board.locked == {"charge", "discharge"}
    asked = len(owner.board.orders)
    await owner.clock.run(STOPPED)
    await owner.order("charge", "on")
    assert owner.board.locked == {"discharge"}
    assert len(owner.board.orders) == asked + 1, "asked anew what it knows"


# --- how often something is written -------------------------------------------------------------


@EACH
async def test_a_lost_acknowledgement_is_read_back_and_not_written_again(
    home: Home, make: Make, options: dict[str, Any]
) -> None:
    owner = await owned(home, make(), **options)
    owner.board.lose_acks = 9
    assert (await owner.order("charge", "off"))["outcome"] == "confirmed"
    assert len(effective(owner.board)) == 1


@EACH
async def test_a_lost_order_is_written_once_more(
    home: Home, make: Make, options: dict[str, Any]
) -> None:
    owner = await owned(home, make(), **options)
    owner.board.lose_orders = 1
    assert (await owner.order("charge", "off"))["outcome"] == "confirmed"
    assert len(effective(owner.board)) == 2


@EACH
async def test_orders_that_never_arrive_are_two_at_most_and_failed(
    home: Home, make: Make, options: dict[str, Any]
) -> None:
    owner = await owned(home, make(), **options)
    owner.board.lose_orders = 99
    assert await owner.refused("charge", "off") == "switch_failed"
    assert len(effective(owner.board)) == 2
    await owner.passes(300)
    assert len(effective(owner.board)) == 2


@EACH
async def test_a_link_that_breaks_at_the_order_ends_in_knowledge_or_in_unknown(
    home: Home, make: Make, options: dict[str, Any]
) -> None:
    owner = await owned(home, make(), **options)
    board = owner.board
    board.ordered = lambda _order: board.leave()
    told = await owner.outcome("charge", "off")
    assert told in {"switch_unknown", "switch_failed", "confirmed"}
    assert told != "confirmed" or board.locked == {"charge"}
    written = len(board.orders)
    assert len(effective(board)) <= 2
    await owner.passes(300)
    assert len(board.orders) == written, "written later"


@pytest.mark.parametrize("refusal", [0x80, 0x81, 0x83], ids=hex)
async def test_a_board_that_refuses_is_told_so_and_not_pressed(
    home: Home, refusal: int
) -> None:
    owner = await owned(home, Jbd(knows=()))
    owner.board.refusal = refusal
    assert await owner.refused("charge", "off") == "switch_rejected"
    assert len(owner.board.orders) <= 2
    # Neither factory mode nor a password is tried.
    assert not {one.hex()[:8] for one in owner.board.orders} & {"dd5a0002", "dd5a0607"}
