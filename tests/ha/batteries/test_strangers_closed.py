"""A stranger owns ANT boards with passwords: what they hear, what is shown, and how they are added."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from custom_components.mi_bms.diagnostics import async_get_config_entry_diagnostics
from homeassistant.helpers import issue_registry as ir
from tests.world import ad
from tests.world.devices import KINDS

from ..home import Home
from ..lives import Life, life
from ..secrets import Secrets
from .closed_boards import Closed, Mixed, New, Old
from .closed_house import HOUR, OTHER, RIGHT, Tenant, error, fields
from .command_house import Owner

__all__ = ["life"]  # a fixture

type Make = type[Closed]

MAKES = pytest.mark.parametrize("make", [New, Old])
SHUT = pytest.mark.parametrize("closed", ["silent", "refusing"])
FIXTURES = Path("tests/fixtures/bms")


async def settled(home: Home, make: Make, closed: str, minutes: int = 3) -> Tenant:
    """Add a board whose password is right, and read it for a while."""
    tenant = Tenant(home, make(RIGHT[make.family], closed))
    await tenant.add()
    await tenant.live(minutes)
    return tenant


async def healed(tenant: Tenant, most: int = HOUR + 1) -> None:
    """Wait until it is read again, by itself, and nothing is asked any more."""
    for _ in range(most):
        await tenant.live(1)
        if tenant.good(1) and not tenant.asks():
            return
    raise AssertionError(f"not within {most} minutes")


# --- a right password ----------------------------------------------------------------------------


@MAKES
@pytest.mark.parametrize(
    ("closed", "trouble", "value", "least"),
    [
        ("silent", "late", 3.0, 27),
        ("refusing", "loses", 0.05, 20),
        ("silent", "loses", 0.2, 1),
        ("silent", "breaks", 0.2, 25),
        ("refusing", "breaks", 0.4, 20),
        ("silent", "acknowledges", True, 27),
    ],
)
async def test_a_right_one_is_not_kept_back_by_a_bad_radio(
    home: Home, make: Make, closed: str, trouble: str, value: Any, least: int
) -> None:
    tenant = await settled(home, make, closed)
    board = tenant.board
    before = getattr(board, trouble)
    setattr(board, trouble, value)
    await tenant.live(HOUR // 2)
    assert tenant.good(HOUR // 2) >= least
    assert trouble == "loses" or not board.wrong  # half a password is a wrong one
    setattr(board, trouble, before)
    await healed(tenant)
    assert tenant.compared >= least
    await tenant.live(3)
    assert tenant.good(3) == 3 and not tenant.asks()


@MAKES
@pytest.mark.parametrize(("wrong", "trouble"), [(False, "late"), (True, "breaks")])
async def test_who_can_be_read_without_hears_none(
    home: Home, make: Make, wrong: bool, trouble: str
) -> None:
    board = make(RIGHT[make.family], "open")
    board.hung = True
    tenant = Tenant(home, board)
    tenant.word = (OTHER if wrong else RIGHT)[make.family]
    form = await tenant.fill(await tenant.begin(), most=1)
    assert form["step_id"] == "family"
    board.hung = False
    assert (await tenant.fill(form))["type"] == "create_entry"
    board.late = 2.0 if trouble == "late" else board.late
    board.breaks = 0.4 if trouble == "breaks" else 0.0
    await tenant.live(HOUR // 2)
    assert tenant.good(HOUR // 2) >= 25 and not board.words
    board.hung = True
    await tenant.live(2 * HOUR)
    assert 0 < len(board.words) <= 6
    board.hung = False
    heard = len(board.words)
    await healed(tenant)
    await tenant.live(10)
    assert len(board.words) == heard


# --- a wrong one -----------------------------------------------------------------------------------

# How many are heard in two hours: at once, and after each rest.
MOST = {"unopened": 2 + 3, "silence": 5 + 3, "links": 10 + 5}


@MAKES
@pytest.mark.parametrize("known", [False, True], ids=["unopened", "opened"])
@pytest.mark.parametrize(
    ("closed", "trouble"),
    [("silent", "hung"), ("refusing", "word"), ("refusing", "breaks")],
)
async def test_changed_by_a_phone_and_changed_back(
    home: Home, make: Make, closed: str, known: bool, trouble: str
) -> None:
    tenant = await settled(home, make, closed, 3 * known)
    board = tenant.board
    board.word = OTHER[make.family]
    board.cut = trouble if trouble == "word" else ""
    board.hung = trouble == "hung"
    board.breaks = 0.3 if trouble == "breaks" else 0.0
    await tenant.live(2 * HOUR)
    least = "links" if trouble in {"word", "breaks"} else "silence"
    assert 0 < len(board.wrong) <= MOST[least if known else "unopened"]
    assert len(tenant.asks()) == 1
    board.cut, board.hung, board.breaks = "", False, 0.0
    board.word = RIGHT[make.family]
    await healed(tenant)


@MAKES
@pytest.mark.parametrize(
    ("closed", "way"), [("silent", "reauth"), ("refusing", "reconfigure")]
)
async def test_typed_anew_it_is_said_at_once(
    home: Home, make: Make, closed: str, way: str
) -> None:
    tenant = await settled(home, make, closed)
    board, other = tenant.board, OTHER[make.family]
    board.word = other
    await tenant.live(HOUR)
    heard = len(board.wrong)
    form = await tenant.type_anew(other[::-1], way)
    assert form["errors"] == {"base": "invalid_auth"}
    assert 0 < len(board.wrong) - heard <= 2
    heard = len(board.wrong)
    assert (await tenant.type_anew(other, way))["reason"] == "change_kept"
    await tenant.live(3)
    assert tenant.good(3) >= 2 and not tenant.asks()
    assert len(board.wrong) == heard


@MAKES
@pytest.mark.parametrize(("closed", "cut"), [("refusing", ""), ("silent", "word")])
async def test_each_start_begins_anew_and_no_more(
    life: Life, make: Make, closed: str, cut: str
) -> None:
    board = make(RIGHT[make.family], closed)
    async with life([], {}) as home:
        entry = await Tenant(home, board).add()
    board.word, board.cut = OTHER[make.family], cut
    for _ in range(2):
        heard = len(board.words)
        async with life([entry], {}) as home:
            home.air.add(board)
            tenant = Tenant(home, board)
            await tenant.live(HOUR)
            assert 0 < len(board.words) - heard <= 4
            assert len(tenant.asks()) == 1
    board.word, board.cut = RIGHT[make.family], ""
    async with life([entry], {}) as home:
        home.air.add(board)
        await healed(Tenant(home, board), 3)


@MAKES
async def test_removed_and_added_again(home: Home, make: Make) -> None:
    tenant = await settled(home, make, "silent")
    entries = home.hass.config_entries
    await home.clock.wait(entries.async_remove(tenant.entry.entry_id))
    heard = len(tenant.board.words)
    tenant.board.word = tenant.word = OTHER[make.family]
    await home.clock.run(60)
    await tenant.add()
    await tenant.live(3)
    assert tenant.good(3) >= 2
    assert not tenant.board.wrong and len(tenant.board.words) > heard


# --- adding it ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [New, Old, Mixed])
@pytest.mark.parametrize("closed", ["open", "silent", "refusing"])
@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("ANT@BLE24-own", "card"),
        ("ANT-BLE04-own", "card"),
        ("ANT-BLE04-own", "hand"),
        ("ANT-BLE04-own", "found out"),
    ],
)
async def test_who_knows_the_password_can_add_it(
    home: Home, make: Make, closed: str, name: str, way: str
) -> None:
    if make is Old:
        name = name.replace("@", "-").replace("24", "22")  # none of the kind is known
    board = make(RIGHT[make.family], closed, name=name)
    tenant = Tenant(home, board)
    form = await tenant.begin(by_hand=way == "hand")
    if way == "found out":
        done = await tenant.fill(form, "find_out", 2)
        texts = " ".join(error(one) for one in [*tenant.forms, done])
        if done["type"] == "form":
            # The way on is said: in the error, or beside the field that is there.
            assert "choose the type yourself" in texts or "password" in fields(done)
        form = done
    done = await tenant.fill(form) if form["type"] == "form" else form
    assert done["type"] == "create_entry"
    assert done["result"].data["family"] == make.family
    assert not board.wrong
    assert bool(board.words) is (closed != "open")
    await tenant.live(2)
    assert tenant.good(2) == 2


async def test_the_wrong_type_is_spoken_of_where_a_password_does_not_help(
    home: Home,
) -> None:
    tenant = Tenant(home, Old(RIGHT["ant_leg"], "refusing"))
    form = await home.answer(await tenant.begin(), {"family": "ant"})
    form = await home.answer(form, {"password": tenant.word})
    assert "another type" in error(form)
    assert not tenant.board.words


HOSTILE = ("pässwört", "🔑🔑🔑🔑🔑🔑🔑🔑", "x" * 17, "x" * 1000)


@MAKES
@pytest.mark.parametrize("word", [*HOSTILE, "1234"], ids=range(5))
async def test_what_cannot_be_a_password_is_not_said(
    home: Home, make: Make, word: str
) -> None:
    tenant = Tenant(home, make(RIGHT[make.family], "refusing"))
    tenant.word = word
    form = await tenant.fill(await tenant.begin(), most=3)
    assert form["errors"] == {"base": "invalid_auth"}
    assert {one.text for one in tenant.board.words} <= {"1234"}
    assert bool(tenant.board.words) is (word == "1234" and make is New)
    tenant.word = RIGHT[make.family]
    assert (await tenant.fill(form))["type"] == "create_entry"


@MAKES
@pytest.mark.parametrize("word", HOSTILE, ids=range(4))
async def test_an_open_board_is_read_whatever_was_typed(
    home: Home, make: Make, word: str
) -> None:
    board = make(RIGHT[make.family], "open")
    board.hung = True
    tenant = Tenant(home, board)
    form = await tenant.fill(await tenant.begin(), most=1)
    board.hung, tenant.word = False, word
    assert (await tenant.fill(form))["type"] == "create_entry"
    await tenant.live(3)
    assert tenant.good(3) == 3 and not board.words


def vectors() -> list[Any]:
    """Return a good recording of each type, with its password where it has one."""
    found = {}
    for path in sorted(FIXTURES.glob("[a-z]*.json")):
        for one in json.loads(path.read_text(encoding="utf-8")):
            good = one.get("kind") == "decode" and "voltage" in one["expect"]
            if good and (path.stem not in found or "secret" in one):
                found[path.stem] = (one["id"], one.get("secret"))
    return [pytest.param(*one, id=family) for family, one in found.items()]


async def chosen(home: Home, vector: str, end: int, **more: str) -> dict[str, Any]:
    """Add a recorded battery by hand, with its type; return what is stored of it, or the error."""
    device = KINDS["RECORDED"](address=f"C8:47:8C:5E:00:{end:02X}", vector=vector)
    home.air.add(device)
    home.air.hear(device.address, ad.payload(ad.flags()))
    await home.clock.settle()
    form = await home.choose(await home.start(), "manual")
    form = await home.answer(form, {"address": device.address})
    form = await home.choose(form, "family")
    done = await home.answer(form, {"family": vector.partition(":")[0], **more})
    await home.clock.run(3)
    return dict(done.get("data") or done["errors"])


@pytest.mark.parametrize(("vector", "secret"), vectors())
async def test_a_password_does_no_harm_to_any_type(
    home: Home, vector: str, secret: str | None
) -> None:
    there = await chosen(home, vector, 1, password=secret or "Hx4-barr")
    if secret:
        assert there["password"] == secret
    elif there != {"base": "invalid_auth"}:  # told, and another one than it has
        without = await chosen(home, vector, 2) if "base" in there else {}
        assert there.get("base") == without.get("base")
        assert without or there["family"] == vector.partition(":")[0]


# --- commands ------------------------------------------------------------------------------------------


async def commanding(tenant: Tenant, word: str = RIGHT["ant"]) -> Owner:
    """Allow commands."""
    owner = Owner(tenant.home, tenant.board, tenant.entry)
    old = tenant.board.family == "ant_leg"
    await owner.allow(**({"experimental": True} if old else {"control_password": word}))
    await owner.arm()
    return owner


@MAKES
@SHUT
@pytest.mark.parametrize(("late", "acts"), [(2.0, True), (0.05, False)])
async def test_what_is_confirmed_is_so(
    home: Home, make: Make, closed: str, late: float, acts: bool
) -> None:
    tenant = await settled(home, make, closed)
    board, owner = tenant.board, await commanding(tenant)
    board.late, board.acts = late, acts
    for state in ("off", "on"):
        before = len(board.orders)
        told = await owner.outcome("charge", state)
        if acts:
            assert told == "confirmed"
            assert board.locked == ({"charge"} if state == "off" else set())
        else:
            assert told in {"switch_failed", "switch_unknown"} or state == "on"
        assert 1 <= len(board.orders) - before <= 2
        await tenant.live(10)
        assert tenant.good(10) >= 9
        await owner.arm()
    assert not board.wrong and not owner.issues() and not tenant.asks()
    assert len(board.words) == len({one.link for one in board.words})


@MAKES
@SHUT
async def test_no_order_after_a_phone_has_changed_it(
    home: Home, make: Make, closed: str
) -> None:
    tenant = await settled(home, make, closed)
    owner = await commanding(tenant)
    tenant.board.word = OTHER[make.family]
    for _ in range(4):
        told = await owner.refused("charge", "off")
        assert told in {"switch_unreachable", "switch_wrong_password"}
        await tenant.live(10)
        await owner.arm()
    assert not tenant.board.orders
    assert len(tenant.board.wrong) <= MOST["silence"]


@SHUT
async def test_a_wrong_one_for_commands_does_not_end_the_reading(
    home: Home, closed: str
) -> None:
    tenant = await settled(home, New, closed)
    owner = await commanding(tenant, OTHER["ant"])
    for _ in range(4):
        assert await owner.refused("charge", "off") == "switch_wrong_password"
        await tenant.live(10)
        await owner.arm()
    assert len(tenant.board.wrong) <= 2 and not tenant.board.orders
    assert tenant.good(10) == 10 and not tenant.asks()


# --- nobody reads it -------------------------------------------------------------------------------------


@MAKES
@SHUT
async def test_no_password_is_told_anywhere(
    home: Home, make: Make, closed: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secrets, other = Secrets(), OTHER[make.family]
    secrets.add(RIGHT[make.family], other, other[::-1])
    tenant = await settled(home, make, closed)
    owner = await commanding(tenant)
    await owner.outcome("charge", "off")
    tenant.board.word = other
    await tenant.live(HOUR // 3)
    for word in (other[::-1], other):
        tenant.forms.append(await tenant.type_anew(word, "reconfigure"))
    await tenant.live(3)
    report = await async_get_config_entry_diagnostics(home.hass, tenant.entry)
    secrets.look("the diagnostics", report)
    secrets.look("states", [one.as_dict() for one in home.hass.states.async_all()])
    secrets.look("repairs", repr(list(ir.async_get(home.hass).issues.values())))
    for form in tenant.forms:
        told = {key: repr(form.get(key)) for key in ("errors", "data_schema")}
        secrets.look("a form", told | dict(form.get("description_placeholders") or {}))
    secrets.look_at_log(caplog.records)
    assert secrets.looked > 10_000 and not secrets.hits
