"""Strangers try what was mended last: lost frames, boards of two languages, old answers, late writes, odd numbers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util
from tests.world.devices import KINDS

from ..face.conftest import Open, look
from ..home import Home
from ..lives import Life, ended, life
from .allowing import allow, device_id, turn
from .strange_boards import CHARGE, DISCHARGE, Ant, Board, Jbd, OldDaly
from .test_strangers_switching import House, moved_in

ONE = "A5:C2:37:00:5C:01"
OLD = "96:2A:51:00:5C:01"
WORD = "123456789abc"
__all__ = ["life", "look"]  # fixtures


async def old_daly(home: Home, board: OldDaly) -> House:
    """Add one: its advert may be that of a younger one, so that is asked twice."""
    form = await home.answer(await home.discover(board), {})
    done = await home.answer(form, {})
    if done.get("step_id") == "offer":
        done = await home.choose(done, "without_dashboard")
    assert done["type"] == "create_entry", done
    await home.clock.run(3)
    await allow(home, done["result"], experimental=True)
    house = House(home, board, done["result"])
    await house.listen(40)
    await house.arm()
    return house


# --- a reading that lost a frame ------------------------------------------------------------------

TOO_MUCH = 1 << 57  # a cell is over its limit
TOO_LITTLE = 1 << 59


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize(
    ("what", "failures", "refusal"),
    [
        ("charge", TOO_MUCH, "switch_charge_protection"),
        ("discharge", TOO_LITTLE, "switch_undervoltage"),
    ],
)
async def test_lost_alarms_are_asked_for_again(
    home: Home, what: str, failures: int, refusal: str, times: int
) -> None:
    board = OldDaly(OLD)
    house = await old_daly(home, board)
    board.failures = failures
    board.lose = [(0x98, 0)] * times
    assert await house.act(what, "on") == refusal
    assert board.frames == []


async def test_without_alarms_nothing_is_released(home: Home) -> None:
    board = OldDaly(OLD)
    house = await old_daly(home, board)
    board.failures = TOO_MUCH
    board.lose = [(0x98, 0)] * 1000
    assert await house.act("charge", "on") == "switch_incomplete"
    assert board.frames == []
    # What makes it safer needs no alarms.
    assert await house.act("charge", "off") in {"confirmed", "switch_unknown"}
    assert board.locked == CHARGE


@pytest.mark.parametrize("times", [1, 2])
async def test_a_frozen_battery_that_lost_its_temperatures(
    home: Home, times: int
) -> None:
    board = OldDaly(OLD)
    board.celsius = -9.0
    house = await old_daly(home, board)
    board.lose = [(0x96, 0)] * times
    assert await house.act("charge", "on") == "switch_too_cold"
    assert board.frames == []


async def test_a_probe_that_broke_does_not_keep_charging_off(home: Home) -> None:
    board = OldDaly(OLD)
    house = await old_daly(home, board)
    assert await house.act("charge", "off", minutes=2) == "confirmed"
    board.celsius = 215.0  # what an open one says
    await house.listen(240)
    assert board.locked == 0


@pytest.mark.parametrize("frame", [0, 1, 2])
@pytest.mark.parametrize("times", [1, 2, 3])
async def test_cells_that_get_lost_are_asked_for_again(
    home: Home, frame: int, times: int
) -> None:
    board = OldDaly(OLD)
    house = await old_daly(home, board)
    board.lose = [(0x95, frame)] * times
    links = board.links
    begun = home.clock.time
    assert await house.act("charge", "off") == "confirmed"
    assert home.clock.time - begun < 12
    assert board.links <= links + 1
    assert house.entry.runtime_data.reader.failures == {}


async def test_a_count_of_cells_that_got_lost_is_no_battery_without_cells(
    home: Home,
) -> None:
    board = OldDaly(OLD)
    house = await old_daly(home, board)
    board.lose = [(0x94, 0)] * 2
    assert await house.act("discharge", "off") == "confirmed"
    assert house.entry.runtime_data.reader.failures == {}


@pytest.mark.parametrize("seed", range(6))
async def test_a_lossy_line_tells_no_lies(home: Home, seed: int) -> None:
    """Whatever gets lost, what is said is so, and nothing else is switched."""
    board, rng = OldDaly(OLD), Random(seed)
    house = await old_daly(home, board)
    commands = (0x90, 0x93, 0x94, 0x95, 0x96, 0x98, 0xD9, 0xDA)
    for _ in range(8):
        await home.clock.leap(3700)
        board.lose.clear()
        board.locked, board.failures = rng.randrange(4), 0
        await house.listen(30)
        await house.arm()
        board.lose = [(rng.choice(commands), rng.randrange(3)) for _ in range(12)]
        board.failures = rng.choice((0, 0, TOO_MUCH, TOO_LITTLE))
        what, on = rng.choice(("charge", "discharge")), rng.random() < 0.5
        bit = {"charge": CHARGE, "discharge": DISCHARGE}[what]
        before = board.locked
        board.orders.clear()
        found = await house.act(what, "on" if on else "off")
        assert (board.locked ^ before) & ~bit == 0
        assert len(board.frames) <= 2
        if found in {"confirmed", "held"}:
            assert bool(board.locked & bit) is not on
        elif found not in {"switch_unknown", "switch_failed"}:
            assert board.frames == []
            assert board.locked == before


# --- boards of the newer language -----------------------------------------------------------------


def words(board: Board) -> list[str]:
    """Return the registers of what was ordered."""
    return [one[4:6] for one in board.asked if one.startswith("dd5a")]


@pytest.mark.parametrize("lost", ["none", "refusal", "order", "acknowledgement"])
async def test_a_board_that_said_no_to_one_word_is_not_asked_it_again(
    home: Home, lost: str
) -> None:
    board = Jbd(ONE, orders="fb")
    house = await moved_in(home, board)
    await house.arm()
    left = 1

    def spoil(question: bytes, answer: bytes) -> bytes:
        nonlocal left
        if question[1] != 0x5A or not left:
            return answer
        if (question[2] == 0xE1) == (lost == "refusal"):
            left -= 1
            return b""
        return answer

    board.acts = lost != "order"
    if lost != "none":
        board.spoil = spoil
    await house.act("charge", "off")
    asked = words(board)
    assert asked.count("e1") <= 1 + (lost == "refusal")
    assert asked.count("fb") <= 2
    board.asked.clear()
    board.acts = True
    await home.clock.run(6)
    assert await house.act("charge", "off") == "confirmed"
    # Once it took the other word, that is the only one; without it nobody knows after the link is gone.
    assert words(board)[-1] == "fb"
    assert words(board).count("e1") <= (lost in {"order", "acknowledgement"})


async def test_what_a_board_knows_is_learned_anew_after_it_was_exchanged(
    home: Home,
) -> None:
    """Another board came into the same battery, with the module of the old one."""
    board = Jbd(ONE, orders="fb")
    house = await moved_in(home, board)
    await house.arm()
    assert await house.act("charge", "off") == "confirmed"
    board.register = 0xE1
    await home.clock.run(6)
    found = [await house.act("charge", "on")]
    await home.clock.run(6)
    found.append(await house.act("charge", "on"))
    assert found[-1] == "confirmed"
    assert board.locked == 0


# --- returns, and what an old answer says of them -------------------------------------------------


@pytest.mark.parametrize("seed", range(8))
async def test_it_comes_back_whatever_got_lost(
    home: Home, seed: int, life: Life
) -> None:
    """A Daly board is asked for its commands; the answers are old, lost, or come over the next link."""
    rng = Random(seed)
    board: Any = KINDS["DALY"](address=OLD, name="DL-46640102AB12")
    board.pack.step = lambda _seconds: None
    board.pack.current = 0.0
    house = await moved_in(home, board)
    await house.listen(rng.choice((20, 320)))
    await house.arm()
    manner = board.obedience.manner
    manner.lose_frame = rng.choice((0.0, 0.1, 0.3))
    manner.lose_ack, manner.delay = rng.choice((0.0, 1.0)), rng.choice((0.0, 3.0))

    def broke() -> None:
        if board.leave is not None:
            board.leave()

    if rng.random() < 0.6:
        home.hass.loop.call_later(rng.uniform(0.2, 5), broke)
    await house.act("discharge", "off", minutes=2)
    if rng.random() < 0.5:
        home.air.refuse.add(OLD)
        await home.clock.run(rng.uniform(1, 60))
        home.air.refuse.clear()
    manner.clear()
    if rng.random() < 0.5:
        entries = home.hass.config_entries
        await home.clock.wait(entries.async_reload(house.entry.entry_id))
        await house.listen(300)
        assert board.pack.locked == set()
        return
    await ended(home)
    await home.clock.leap(rng.choice((1, 600)))
    async with life([house.entry], {}) as second:
        second.air.add(board)
        await second.listen(board, 60, 5)
        assert board.pack.locked == set()


@pytest.mark.parametrize("after", ["reload", "kill"])
async def test_two_wishes_and_one_return(home: Home, after: str, life: Life) -> None:
    """What is switched off again for longer, while the first is being put back."""
    board = Jbd(ONE)
    house = await moved_in(home, board, arm_minutes=60)
    await house.arm()
    assert await house.act("discharge", "off", minutes=1) == "confirmed"
    await home.clock.run(53)
    found = asyncio.ensure_future(house.act("discharge", "off", minutes=5))
    await home.clock.run(10)
    assert await home.clock.wait(found) == "confirmed"
    await house.listen(120)
    assert board.locked == DISCHARGE
    if after == "reload":
        entries = home.hass.config_entries
        await home.clock.wait(entries.async_reload(house.entry.entry_id))
        await house.listen(240)
    else:
        await ended(home)
        async with life([house.entry], {}) as second:
            second.air.add(board)
            await second.listen(board, 50, 5)
    assert board.locked == 0


# --- what was forbidden meanwhile -----------------------------------------------------------------


@asynccontextmanager
async def slow_disk(
    home: Home, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> AsyncIterator[None]:
    """Let what is stored take so long."""
    real = Store.async_save

    async def slow(self: Any, data: Any) -> None:
        await asyncio.sleep(seconds)
        await real(self, data)

    with monkeypatch.context() as disk:
        disk.setattr(Store, "async_save", slow)
        yield


async def forbid(home: Home, house: House, door: str) -> None:
    if door == "disarm":
        await turn(home, house.board, "allow_commands", "off")
    elif door == "forbid":
        options = {**house.entry.options, "allow_switching": False}
        home.hass.config_entries.async_update_entry(house.entry, options=options)
        house.entry.runtime_data.async_take_options()
    else:
        data = {"device_id": device_id(home, house.board), "minutes": 10}
        await home.hass.services.async_call("mi_bms", "release", data, blocking=True)


DOORS = ("disarm", "forbid", "release")


@pytest.mark.parametrize("door", [*DOORS, "time", "link"])
async def test_forbidden_while_a_slow_disk_writes(
    home: Home, monkeypatch: pytest.MonkeyPatch, door: str
) -> None:
    board = Jbd(ONE)
    house = await moved_in(home, board, arm_minutes=1)
    await house.arm()
    if door == "time":
        await home.clock.run(58.5)
    async with slow_disk(home, monkeypatch, 2.5):
        found = asyncio.ensure_future(house.act("discharge", "off"))
        await home.clock.run(1.4)
        assert board.frames == []
        if door == "link":
            # What was read before counts on the connection that it was read over only.
            assert board.leave is not None
            board.leave()
        elif door != "time":
            await forbid(home, house, door)
        said = await home.clock.wait(found)
    await house.listen(120)
    assert board.frames == []
    assert (
        said
        in {
            "disarm": {"switch_not_armed"},
            "forbid": {"switch_not_allowed"},
            "release": {"switch_released"},
            "time": {"switch_not_armed"},
            "link": {"switch_unreachable"},
        }[door]
    )


@pytest.mark.parametrize("door", DOORS)
async def test_forbidden_between_two_writes(home: Home, door: str) -> None:
    board = Jbd(ONE)
    house = await moved_in(home, board)
    await house.arm()
    board.acts = board.acknowledges = False
    found = asyncio.ensure_future(house.act("charge", "off"))
    await home.clock.until(lambda: board.frames)
    board.acts = True
    await forbid(home, house, door)
    said = await home.clock.wait(found)
    await house.listen(60)
    assert len(board.frames) == 1
    assert board.locked == 0
    assert said in {"switch_failed", "switch_unknown"}


@pytest.mark.parametrize("door", DOORS)
async def test_forbidden_while_a_password_is_said(home: Home, door: str) -> None:
    board = Ant(ONE, WORD)
    house = await moved_in(home, board, control_password=WORD)
    await house.arm()

    def lost(question: bytes, answer: bytes) -> bytes:
        return b"" if answer[2:3] == b"\x43" else answer

    board.spoil = lost
    found = asyncio.ensure_future(house.act("charge", "off"))
    await home.clock.until(lambda: board.tries.said)
    await forbid(home, house, door)
    said = await home.clock.wait(found)
    await house.listen(60)
    assert board.frames == []
    assert (
        said
        in {
            "disarm": {"switch_not_armed"},
            "forbid": {"switch_not_allowed"},
            "release": {"switch_released", "switch_unreachable", "switch_unknown"},
        }[door]
    )


@pytest.mark.parametrize("days", [-400, 400])
async def test_a_wall_clock_that_jumps_arms_nothing(
    home: Home, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    board = Jbd(ONE)
    house = await moved_in(home, board, arm_minutes=1)
    await house.arm()
    real = dt_util.utcnow
    monkeypatch.setattr(dt_util, "utcnow", lambda: real() + timedelta(days=days))
    await home.clock.run(62)
    assert await house.act("charge", "off") == "switch_not_armed"
    assert board.frames == []


async def test_two_passwords_that_got_lost_lock_nobody_out(home: Home) -> None:
    board = Ant(ONE, WORD)
    house = await moved_in(home, board, control_password=WORD)
    left = 0

    def lost(question: bytes, answer: bytes) -> bytes:
        nonlocal left
        left -= answer[2:3] == b"\x43"
        return b"" if answer[2:3] == b"\x43" and left >= 0 else answer

    board.spoil = lost
    for state in ("off", "on", "off", "on"):
        await home.clock.run(6)
        await house.arm()
        left = 2
        # A new connection each time: it has to be said anew.
        if board.leave is not None:
            board.leave()
        await home.clock.run(1)
        assert await house.act("charge", state) == "confirmed"


# --- devices and numbers ----------------------------------------------------------------------------


async def test_only_the_battery_itself_is_switched(home: Home, look: Open) -> None:
    board = Jbd(ONE)
    house = await moved_in(home, board)
    await house.arm()
    registry = dr.async_get(home.hass)
    radio = home.hass.config_entries.async_entries("bluetooth")[0]
    stranger = registry.async_get_or_create(
        config_entry_id=radio.entry_id, identifiers={("bluetooth", "stranger")}
    )
    page = await look()
    usual = {"what": "charge", "state": "off"}
    for wrong in (stranger.id, house.entry.entry_id, ONE, [], "*", "all"):
        said = await asked(page, "switch", {"device_id": wrong, **usual})
        assert said not in {"done", "unknown_error"}, (wrong, said)
    target = {"target": {"device_id": device_id(home, board)}}
    await asked(page, "switch", usual, **target)
    assert len(board.frames) <= 1


async def asked(page: Any, service: str, data: dict[str, Any], **more: Any) -> str:
    """Call an action as a page does; return the word of what was wrong, or ``done``."""
    await page.client.send_json_auto_id(
        {
            "type": "call_service",
            "domain": "mi_bms",
            "service": service,
            "service_data": data,
            **more,
        }
    )
    answer = await page.home.clock.wait(page.client.receive_json())
    await page.home.clock.run(6)
    return "done" if answer["success"] else str(answer["error"]["code"])


ODD: tuple[Any, ...] = (
    "nan",
    "inf",
    "-inf",
    "1e999",
    "",
    " ",
    "0x10",
    "1,5",
    "١٢٣٤٥٦",
    1e300,
    -1e300,
    2**63,
    -0.0,
    1e-9,
    [5],
    {"minutes": 5},
    {},
    None,
    "5 minutes",
    "\u0000",
)


@pytest.mark.parametrize(
    ("service", "name", "low"),
    [
        ("switch", "minutes", 1.0),
        ("release", "minutes", 1.0),
        ("listen", "min_rssi", -127.0),
        ("listen", "every", 0.1),
    ],
)
async def test_odd_numbers_are_refused_as_such(
    home: Home, look: Open, service: str, name: str, low: float
) -> None:
    board = Jbd(ONE)
    house = await moved_in(home, board)
    await house.arm()
    page = await look()
    data: dict[str, Any] = {"device_id": device_id(home, board)}
    if service == "switch":
        data |= {"what": "charge", "state": "on"}
    elif service == "listen":
        data = {"minutes": 0.01}
    wrong = {}
    for odd in ODD:
        small = isinstance(odd, float) and low <= odd <= 1
        found = await asked(page, service, {**data, name: odd})
        if found != ("done" if small else "invalid_format"):
            wrong[str(odd)[:20]] = found
    assert wrong == {}
