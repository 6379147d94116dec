"""Answers longer than anybody ticks are refused as a whole; each list is shown as it always was."""

from typing import Any

import probatio
import pytest

from custom_components.mi_bms.flow.base import TYPED, Choice, choice
from homeassistant.data_entry_flow import InvalidData
from homeassistant.helpers import selector
from tests.world.devices import KINDS

from ..home import Home
from ..keys.test_ring import entries, take, thermometer

LINES = [
    selector.SelectOptionDict(value=f"A4:C1:38:00:00:{n:02X}", label=f"Number {n}")
    for n in range(20)
]
MANY = [f"A4:C1:38:01:{n >> 8:02X}:{n & 255:02X}" for n in range(10_000)]


@pytest.mark.parametrize("options", [LINES, ["one", "two"], []])
@pytest.mark.parametrize("custom_value", [True, False])
def test_a_list_is_what_home_assistant_makes_of_it(
    options: Any, custom_value: bool
) -> None:
    config = selector.SelectSelectorConfig(
        options=options, multiple=True, custom_value=custom_value
    )
    ours, theirs = Choice(config), selector.SelectSelector(config)
    assert ours.serialize() == theirs.serialize()
    values = [one if isinstance(one, str) else one["value"] for one in options]
    given: tuple[Any, ...] = (
        [], values, values[:1], values[::-1], ["other"], [*values, "other"], ["other", "more"],
        [7], [None], [["one"]], [{}], [True], "one", None, {}, 5,
    )  # fmt: skip
    for one in given:
        found: list[Any] = []
        for field in (ours, theirs):
            try:
                found.append(field(one))
            except probatio.Invalid:
                found.append("refused")
        assert found[0] == found[1] or len(one) > len(values), one


def test_a_list_holds_all_its_lines_and_what_is_typed() -> None:
    closed, open_ = choice(LINES), choice(LINES, custom_value=True)
    values = [one["value"] for one in LINES]
    assert closed(values) == values
    typed = MANY[:TYPED]
    assert open_([*values, *typed]) == [*values, *typed]
    for field, given in ((closed, [*values, values[0]]), (open_, MANY)):
        with pytest.raises(probatio.Invalid):
            field(given)


@pytest.mark.parametrize("given", [MANY, [[]] * 10_000, ["x" * 100] * 10_000])
async def test_no_form_takes_a_list_of_ten_thousand(
    home: Home, monkeypatch: pytest.MonkeyPatch, given: list[Any]
) -> None:
    """Home Assistant's own way through the items of a list is never gone."""

    def looked(*_: Any) -> None:
        raise AssertionError

    device = thermometer()
    await home.add(device)
    monkeypatch.setattr(selector.SelectSelector, "__call__", looked)
    nearby = await home.choose(await home.start(), "nearby")
    groups = {
        str(key): given
        for key, field in nearby["data_schema"].schema.items()
        if isinstance(field, Choice)
    }
    assert groups
    for name in groups:
        answer = {"names": {}, "auto_add": False, "ignored": []} | {name: given}
        with pytest.raises(InvalidData):
            await home.answer(nearby, answer)
    keys = await home.choose(await home.start(), "keys")
    paste = await home.choose(keys, "import_keys")
    form = await home.answer(paste, {"text": f"{MANY[0]} {7:032x}"})
    with pytest.raises(InvalidData):
        await home.answer(form, {"take": given})
    await take(home, form, MANY[0])
    output = await home.choose(await home.start(), "outputs")
    output = await home.choose(output, "output_file")
    with pytest.raises(InvalidData):
        await home.answer(output, {"path": "x.jsonl", "devices": given})
    assert set(entries(home)) == {device.address, MANY[0]}
    assert len(given) > TYPED


async def test_no_form_looks_at_more_fields_than_it_has(home: Home) -> None:
    """Home Assistant makes an error of each."""
    many = dict.fromkeys(MANY, 1)
    device = thermometer()
    entry = await home.add(device)
    other = KINDS["LYWSDCGQ"](address="58:2D:34:00:01:AA")
    home.air.add(other)
    home.shout(other)
    nearby = await home.choose(await home.start(), "nearby")
    options = await home.options(entry)
    for answer in (
        home.answer(nearby, many),
        home.answer(nearby, {"names": many}),
        home.set_options(options, many),
    ):
        with pytest.raises(InvalidData) as refused:
            await answer
        errors = refused.value.schema_errors
        assert len(errors) == 1
        assert errors == {"base": ["form_changed"]}
