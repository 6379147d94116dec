"""The record of a move goes to JSON and comes back whole, or not at all."""

from collections.abc import Iterator
import copy
from dataclasses import replace
import json
from typing import Any, Final

import pytest

from custom_components.mi_bms.proto.takeover.journal import (
    KeptDevice,
    KeptRow,
    KeptStatistic,
    NoOrderError,
    Order,
    OrderState,
    order_from,
)
from custom_components.mi_bms.proto.takeover.model import (
    Fate,
    MovePlan,
    OldRow,
    OurRow,
    Recipe,
    Ruling,
    Statistic,
    Why,
)
from tests.each import rows

ADDRESS: Final = "A4:C1:38:00:00:01"
OLD: Final = OldRow(
    row_id="a1",
    entity_id="sensor.old",
    unique_id="old-1",
    name="Old",
    device_class="voltage",
    unit="V",
    statistic=Statistic.MEAN,
)
OURS: Final = OurRow(domain="sensor", key="voltage", unit="V", shown=False)
ROW: Final = KeptRow(
    row_id="a1",
    entity_id="sensor.old",
    platform="old",
    unique_id="old-1",
    device_id="d1",
    subentry_id=None,
    disabled_by="user",
    facts={"original_name": "Old"},
    options={"sensor": {"display_precision": 2}},
)
DEVICE: Final = KeptDevice(
    device_id="d1",
    identifiers=(("old", "1"),),
    connections=(("bluetooth", ADDRESS),),
    facts={"name": "Old"},
)
ORDER: Final = Order(
    plan=MovePlan(
        address=ADDRESS,
        peer="old",
        recipe=Recipe.OWN,
        peer_entry="e1",
        device_id="d1",
        rulings=(
            Ruling(old=OLD, ours=OURS, fate=Fate.CURED),
            Ruling(old=OLD, ours=None, fate=Fate.STAYS, why=Why.NO_COUNTERPART),
        ),
        added=(replace(OURS, key="current"),),
    ),
    state=OrderState.ORDERED,
    made=True,
    peer_off=False,
    since=1_790_000_000.0,
    device=DEVICE,
    rows=(ROW,),
    our_device=DEVICE,
    ours=(ROW,),
    statistics=(
        KeptStatistic(
            row_id="a1", statistic_id="sensor.old", unit="N", unit_class=None
        ),
    ),
    word="failed",
)


def through_json(order: Order) -> Any:
    return json.loads(json.dumps(order.to_json()))


@rows("state", OrderState)
def test_it_comes_back_whole(state: OrderState) -> None:
    order = replace(ORDER, state=state)
    assert order_from(through_json(order)) == order
    bare = replace(order, our_device=None, ours=(), statistics=(), word=None)
    assert order_from(through_json(bare)) == bare
    assert ROW.domain == "sensor"


def test_what_stays_does_not_move() -> None:
    assert ORDER.plan.moving == ORDER.plan.rulings[:1]


def test_values_stay_out_of_it() -> None:
    said = replace(OLD, value="13.1", at=5.0), replace(OURS, value="13.2", at=6.0)
    plan = replace(
        ORDER.plan,
        rulings=(Ruling(old=said[0], ours=said[1], fate=Fate.MOVES),),
        added=(said[1],),
    )
    text = json.dumps(replace(ORDER, plan=plan).to_json())
    assert "13.1" not in text
    assert "13.2" not in text


def test_what_can_be_done() -> None:
    at = {state: replace(ORDER, state=state) for state in OrderState}
    assert {state for state, one in at.items() if one.open} == {"ordered", "moved"}
    assert {state for state, one in at.items() if one.moved} == {
        "ordered",
        "moved",
        "settled",
    }


def spots(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Return every place in a stored move, what integrations say of their own aside."""
    if path and path[-1] in {"facts", "options"}:
        yield path
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from spots(one, (*path, name))
    elif isinstance(value, list):
        yield path
        for at, one in enumerate(value):
            yield from spots(one, (*path, at))
    else:
        yield path


STORED: Final = through_json(ORDER)


@rows("path", [*spots(STORED)])
def test_what_is_damaged_is_none(path: tuple[Any, ...]) -> None:
    damaged = copy.deepcopy(STORED)
    place = damaged
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = ["", 5.5]
    with pytest.raises(NoOrderError):
        order_from(damaged)


@rows("damaged", [None, [], "x", {}, {1: 2}, {**STORED, "rows": 5}])
def test_no_move(damaged: Any) -> None:
    with pytest.raises(NoOrderError):
        order_from(damaged)


@rows("pair", ["xy", ["a"], ["a", "b", "c"], [1, "b"], ["a", None], 7])
def test_no_pair(pair: Any) -> None:
    damaged = copy.deepcopy(STORED)
    damaged["device"]["identifiers"] = [pair]
    with pytest.raises(NoOrderError):
        order_from(damaged)


@rows("where", ["identifiers", "connections"])
def test_no_pairs(where: str) -> None:
    damaged = copy.deepcopy(STORED)
    damaged["device"][where] = "none"
    with pytest.raises(NoOrderError):
        order_from(damaged)


def test_a_newer_word() -> None:
    with pytest.raises(NoOrderError):
        order_from({**STORED, "state": "sold"})
