"""Two browsers show one flow: what the second one sends is answered with a sentence, and nothing is lost."""

from collections.abc import Callable, Coroutine
from typing import Any, Final

import pytest

from homeassistant.data_entry_flow import InvalidData, UnknownFlow
from tests.rules.repo import translations
from tests.world.devices import KINDS

from ..home import Home, Result
from .test_nearby import BATTERY, CLEAR, fill, near

ADDRESS: Final = "A5:C2:37:00:15:44"
ERRORS: Final = translations()["config"]["error"]
# What forms and menus of ours send.
ANSWERS: Final = (
    {"key": "00" * 16},
    {"family": "jbd"},
    {"address": ADDRESS},
    {"password": "123456"},
    {"text": "00" * 16},
    {"take": []},
    {"rivals": []},
    {"confirm": True},
    {"accept": True, "instant": False},
    {"members": [], "wiring": "parallel", "length": 1},
    {"path": "x.jsonl"},
)

type Way = Callable[[Home], Coroutine[Any, Any, Result]]


async def clear(home: Home) -> Result:
    return await home.discover(KINDS["ATC1441"](address="A4:C1:38:00:14:41"))


async def unchecked(home: Home) -> Result:
    sensor = KINDS["MJYD02YL"](address="54:48:E6:00:07:F6", key="f6" * 16)
    return await home.answer(await home.ask_key(sensor), {"key": "00" * 16})


async def key_ways(home: Home) -> Result:
    return await home.discover(KINDS["LYWSD03MMC"](address=CLEAR, key="11" * 16))


async def battery(home: Home) -> Result:
    return await home.discover(KINDS["JBD"](address=ADDRESS, name="JBD-mine"))


async def reading(home: Home) -> Result:
    return await home.send(await battery(home), {})


async def is_it(home: Home) -> Result:
    return await home.read(await reading(home))


async def user(home: Home) -> Result:
    return await home.start()


async def manual(home: Home) -> Result:
    return await home.choose(await home.start(), "manual")


async def import_keys(home: Home) -> Result:
    return await home.choose(
        await home.choose(await home.start(), "keys"), "import_keys"
    )


async def pair(home: Home) -> Result:
    return await home.choose(await home.start(), "pair")


WAYS: Final = (
    clear, unchecked, key_ways, battery, reading, is_it, user, manual, import_keys, pair,
    near,
)  # fmt: skip


def entries(home: Home) -> int:
    return len(home.hass.config_entries.async_entries("mi_bms"))


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
async def test_the_answer_to_another_form_changes_nothing(home: Home, way: Way) -> None:
    form = await way(home)
    schema = form["data_schema"].schema if form.get("data_schema") else {}
    for answer in ANSWERS:
        if not answer.keys() - set(schema):
            continue
        if form["type"] == "progress":
            same = await home.send(form, dict(answer))
            assert (same["type"], same["step_id"]) == ("progress", form["step_id"])
            continue
        with pytest.raises(InvalidData) as refused:
            await home.send(form, dict(answer))
        (words,) = refused.value.schema_errors.values()
        assert [ERRORS[one] for one in words]
    assert entries(home) == 0
    (flow,) = [one for one in home.flows() if one["flow_id"] == form["flow_id"]]
    assert flow["step_id"] == form["step_id"]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
async def test_a_choice_from_another_menu_shows_what_is_shown_now(
    home: Home, way: Way
) -> None:
    """The frontend ends a flow whose choice is refused, and says nothing."""
    form = await way(home)
    for step in ("forget_keys", "download", "nonsense", 5, None, ["keyless"]):
        now = await home.send(form, {"next_step_id": step})
        assert (now["type"], now["step_id"]) == (form["type"], form["step_id"])
    assert entries(home) == 0


async def test_a_line_that_only_the_other_browser_shows(home: Home) -> None:
    form = await near(home)
    data = fill(form, batteries=[BATTERY])
    home.air.devices.pop(BATTERY)
    await home.clock.leap(3_000)
    await home.answer(form)  # the other one has the list as it is now
    with pytest.raises(InvalidData) as refused:
        await home.answer(form, {**data, "take": [BATTERY]})
    (word,) = refused.value.schema_errors.values()
    assert ERRORS[word] if isinstance(word, str) else [ERRORS[one] for one in word]
    assert entries(home) == 0


async def test_a_flow_that_ended_in_the_other_browser(home: Home) -> None:
    """Home Assistant says so; the entry is there once."""
    form = await clear(home)
    await home.send(form, {})
    with pytest.raises(UnknownFlow):
        await home.send(form, {})
    assert entries(home) == 1


async def test_a_card_left_at_its_list_shows_it_as_it_is_later(home: Home) -> None:
    await near(home)
    (card,) = home.flows(CLEAR)
    form = await home.choose(await home.send(card), "nearby")
    assert {CLEAR, BATTERY} <= listed(form)
    # Meanwhile one is added by hand, and the browser of the card is opened again.
    done = await home.choose(await home.start(), "manual")
    done = await home.answer(done, {"address": BATTERY})
    done = await home.answer(done, {})
    assert done["type"] == "create_entry"
    again = await home.send(form)
    assert again["step_id"] == "nearby"
    assert CLEAR in listed(again)
    assert BATTERY not in listed(again)
    assert home.flows(CLEAR)


def listed(form: Result) -> set[str]:
    """Return whom a list has, whether ticked or not."""
    return {
        one["value"]
        for field, kind in form["data_schema"].schema.items()
        if field != "ignored" and "options" in getattr(kind, "config", {})
        for one in kind.config["options"]
    }
