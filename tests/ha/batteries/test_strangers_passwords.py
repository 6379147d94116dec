"""A board that bars its owner at the third wrong password, and loses on the air what it is told to lose."""

import asyncio
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from typing import Any, override

import pytest

from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.exceptions import HomeAssistantError

from ..banks.conftest import Owner as BankOwner
from ..home import Home
from ..lives import Life, life
from .command_boards_more import Ant
from .command_house import STOPPED, Owner, owned

__all__ = ["life"]  # a fixture

WRONG, FACTORY = "Hx4-barracud", "123456789abc"
KINDS = {0x23: "word", 0x51: "order"}


class Vault(Ant):
    """Count wrong passwords; ``lost`` and ``cut`` frames of a kind do not arrive, or end the link when they do."""

    def __init__(self, number: int = 9, **more: Any) -> None:
        super().__init__(number, **more)
        self.wrong = 0
        self.lost, self.cut = Counter[str](), Counter[str]()
        self.hears: Callable[[], None] = lambda: None

    def _due(self, what: Counter[str], kind: str) -> bool:
        what[kind] -= 1
        return what[kind] >= 0

    @override
    def answer(self, data: bytes) -> list[bytes]:
        whole = data if data.startswith(b"\x7e\xa1") else self.begun + data
        if not whole.endswith(b"\xaa\x55"):
            return super().answer(data)
        kind = KINDS.get(whole[2], "question")
        if self._due(self.lost, kind):
            self.begun = b""
            return []
        heard = len(self.spoken)
        answers = super().answer(data)
        if len(self.spoken) > heard:
            self.wrong += self.spoken[-1] != self.word.encode()
            self.hears()
        if self._due(self.cut, kind) and self.leave:
            self.leave()
        return [] if self._due(self.lost, kind + "_answer") else answers


async def tries(owner: Owner, times: int, *more: str) -> list[str]:
    """Give commands one after the other, with polls in between; return what is told of each."""
    told = []
    for number in range(times):
        await owner.passes(10)
        await owner.arm()
        state = "off" if number % 4 < 2 else "on"
        told.append(await owner.outcome(("charge", "discharge")[number % 2], state))
    return told


TROUBLES: dict[str, tuple[dict[str, int], dict[str, int]]] = {
    "none": ({}, {}),
    "a word is lost": ({"word": 1}, {}),
    "an order is lost": ({"order": 1}, {}),
    "questions are lost": ({"question": 5}, {}),
    "answers are lost": ({"question_answer": 5}, {}),
    "the link breaks at a word": ({}, {"word": 1}),
    "the link breaks at all words": ({}, {"word": 99}),
    "the link breaks at all orders": ({}, {"order": 99}),
    "the link breaks at questions": ({}, {"question": 3}),
}


def troubled(board: Vault, trouble: str) -> None:
    """Let it lose what it is to lose from now on."""
    lost, cut = TROUBLES[trouble]
    board.lost, board.cut = Counter(lost), Counter(cut)


async def typed(owner: Owner, word: str) -> None:
    """Give a password in the options, and allow commands."""
    await owner.allow(control_password=word)
    await owner.clock.run(STOPPED)
    await owner.arm()


async def reloaded(owner: Owner) -> None:
    """Load the entry anew, and allow commands."""
    entries = owner.hass.config_entries
    await owner.clock.wait(entries.async_reload(owner.entry.entry_id))
    await owner.clock.run(5)
    await owner.arm()


# --- a wrong password is heard twice ------------------------------------------------------------


@pytest.mark.parametrize("silent", [True, False], ids=["silent", "answers"])
@pytest.mark.parametrize("trouble", TROUBLES)
async def test_twice_whatever_gets_lost(home: Home, trouble: str, silent: bool) -> None:
    owner = await owned(home, Vault(), control_password=WRONG)
    board = owner.board
    board.falls_silent = silent
    for _ in range(2):
        troubled(board, trouble)
        await tries(owner, 2)
        await reloaded(owner)
    assert await owner.refused("charge", "off") == "switch_wrong_password"
    assert "control_password_wrong" in owner.issues()
    assert board.wrong <= 2 and not board.locked
    troubled(board, "none")
    # Typed again it may be said again, and no more often.
    await typed(owner, WRONG)
    await tries(owner, 3)
    assert board.wrong <= 4
    await typed(owner, board.word)
    assert "control_password_wrong" not in owner.issues()
    assert await owner.outcome("charge", "off") == "confirmed"


async def test_twice_whoever_gives_commands_at_once(home: Home) -> None:
    owner = await owned(home, Vault(), control_password=WRONG)
    refresh = {"device_id": owner.device}
    for _ in range(3):
        calls = [owner.call(what, "off", minutes=5) for what in ("charge", "discharge")]
        calls += [owner.turn("charging_allowed", on=False) for _ in range(3)]
        calls.append(
            owner.hass.services.async_call("mi_bms", "refresh", refresh, blocking=True)
        )
        together = asyncio.gather(*calls, return_exceptions=True)
        told = await owner.clock.wait(together)
        assert all(isinstance(one, HomeAssistantError) for one in told[:2])
        await owner.passes(60)
    assert owner.board.wrong <= 2 and not owner.board.locked


async def test_twice_whatever_else_is_changed(home: Home) -> None:
    owner = await owned(home, Vault(), control_password=WRONG)
    await tries(owner, 2)
    await owner.allow(arm_minutes=20)
    await tries(owner, 2)
    await owner.allow(allow_switching=False)
    await owner.passes(60)
    await owner.allow()
    await tries(owner, 2)
    entries, wanted = owner.hass.config_entries, owner.entry.entry_id
    await owner.clock.wait(
        entries.async_set_disabled_by(wanted, ConfigEntryDisabler.USER)
    )
    await owner.clock.run(60)
    await owner.clock.wait(entries.async_set_disabled_by(wanted, None))
    await owner.clock.run(5)
    await tries(owner, 2)
    assert owner.board.wrong <= 2


async def test_a_factory_password_that_stays_ticked_is_not_given_again(
    home: Home,
) -> None:
    owner = await owned(home, Vault(), factory_password=True)
    for minutes in (10, 20, 30):
        await owner.allow(factory_password=True, arm_minutes=minutes)
        await tries(owner, 2)
    assert owner.board.wrong <= 2


@pytest.mark.parametrize("silent", [True, False], ids=["silent", "answers"])
async def test_twice_over_kills_right_after_a_word(
    hass_storage: dict[str, Any], life: Life, silent: bool
) -> None:
    board, disk = Vault(), dict[str, Any]()
    board.falls_silent = silent
    async with life([], {}) as home:
        owner = await owned(home, board, control_password=WRONG)
        board.hears = lambda: disk.update(deepcopy(hass_storage))
        await owner.outcome("charge", "off")
        entry = owner.entry
    for _ in range(3):
        hass_storage.clear()
        hass_storage.update(disk)
        async with life([entry], {}) as home:
            home.air.add(board)
            (loaded,) = home.hass.config_entries.async_entries("mi_bms")
            owner = Owner(home, board, loaded)
            await tries(owner, 1)
    assert board.wrong <= 2


@pytest.mark.parametrize("then", ["waits", "removed", "commands"])
async def test_twice_where_a_phone_has_changed_it_before_something_comes_back(
    home: Home, then: str
) -> None:
    owner = await owned(home, Vault())
    board = owner.board
    await owner.order("charge", "off", minutes=30)
    board.word = "another-word"
    if then != "waits":
        await tries(owner, 3)
        assert board.wrong == 2
    if then == "removed":
        entries = owner.hass.config_entries
        await owner.clock.wait(entries.async_remove(owner.entry.entry_id))
    await owner.passes(3600)
    assert board.wrong == 2 and board.locked == {"charge"}


async def test_twice_by_a_charge_window(home: Home) -> None:
    owner = await owned(home, Vault(), control_password=WRONG)
    owner.board.level = 90
    form = await home.options(owner.entry, "charge_window")
    limits = {"charge_window": True, "window_low": 60, "window_high": 80}
    await home.set_options(form, limits)
    await owner.passes(3600)
    assert owner.board.wrong == 2 and "control_password_wrong" in owner.issues()


async def test_twice_in_a_bank_and_out_of_it(home: Home) -> None:
    owners = [
        await owned(home, Vault(1)),
        await owned(home, Vault(2), control_password=WRONG),
    ]
    bank = await BankOwner(home).combine(*(one.board.address for one in owners))
    both = Owner(home, None, bank)
    for _ in range(3):
        for one in owners:
            await one.passes(10)
            await one.arm()
        assert await both.refused("charge", "off") != "confirmed"
        assert not owners[0].board.locked and not owners[1].board.locked
    entries = home.hass.config_entries
    await home.clock.wait(entries.async_remove(bank.entry_id))
    await tries(owners[1], 2)
    assert owners[1].board.wrong == 2 and not owners[0].board.wrong
    await owners[0].arm()
    assert await owners[0].outcome("charge", "off") == "confirmed"


# --- a password that was right ---------------------------------------------------------------------


RIGHT = {
    "words": ({"word": 2}, {}),
    "many words": ({"word": 99}, {}),
    "answers to words": ({"word_answer": 99}, {}),
    "orders": ({"order": 99}, {}),
    "answers to orders": ({"order_answer": 99}, {}),
    "questions": ({"question": 7}, {}),
    "answers": ({"question_answer": 7}, {}),
    "links at words": ({}, {"word": 99}),
    "links at orders": ({}, {"order": 99}),
    "all answers": ({"word_answer": 99, "order_answer": 99}, {}),
    "words and answers to orders": ({"word": 1, "order_answer": 1}, {}),
}


@pytest.mark.parametrize(
    ("trouble", "again"),
    [(one, "") for one in RIGHT]
    + [("words", "reload"), ("many words", "typed"), ("links at words", "typed")],
)
async def test_what_was_obeyed_is_never_called_wrong(
    home: Home, trouble: str, again: str
) -> None:
    owner = await owned(home, Vault())
    board = owner.board
    assert await owner.outcome("charge", "off") == "confirmed"
    for _ in range(2):
        board.lost, board.cut = (Counter(one) for one in RIGHT[trouble])
        told = await tries(owner, 3)
        assert "switch_wrong_password" not in told
        if again == "reload":
            await reloaded(owner)
        elif again == "typed":
            await typed(owner, board.word)
    assert "control_password_wrong" not in owner.issues()
    troubled(board, "none")
    await owner.clock.run(STOPPED)
    assert await owner.outcome("charge", "off") == "confirmed"
    await owner.clock.run(STOPPED)
    assert await owner.outcome("charge", "on") == "confirmed"


@pytest.mark.parametrize("kind", ["order", "order_answer"])
async def test_what_was_acknowledged_is_right_though_no_order_arrives(
    home: Home, kind: str
) -> None:
    owner = await owned(home, Vault())
    owner.board.lost[kind] = 99
    told = await tries(owner, 4)
    assert "switch_wrong_password" not in told
    owner.board.lost.clear()
    await owner.clock.run(STOPPED)
    assert await owner.outcome("charge", "off") == "confirmed"


async def test_a_wrong_one_is_not_proven_by_what_was_so_before(home: Home) -> None:
    owner = await owned(home, Vault(), control_password=WRONG)
    owner.board.falls_silent = False
    for _ in range(5):
        await owner.outcome("charge", "on")
        await owner.clock.run(STOPPED)
        await owner.arm()
    assert owner.board.wrong <= 2


# --- the factory's password ------------------------------------------------------------------------


@pytest.mark.parametrize("trouble", ["words", "links at words"])
async def test_the_factorys_password_is_typed_by_hand(home: Home, trouble: str) -> None:
    owner = await owned(home, Vault(word=FACTORY), factory_password=True)
    board = owner.board
    board.lost, board.cut = (Counter(one) for one in RIGHT[trouble])
    told = await tries(owner, 3)
    assert told[-1] == "switch_wrong_password"
    assert "control_password_wrong" in owner.issues()
    troubled(board, "none")
    await owner.allow(control_password=FACTORY, factory_password=False)
    await owner.clock.run(STOPPED)
    await owner.arm()
    assert "control_password_wrong" not in owner.issues()
    assert await owner.outcome("charge", "off") == "confirmed"
