"""The simulated boards switched by the real session, in virtual time: what it says is what the ledger says."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from custom_components.mi_bms.proto.bms import registry
from custom_components.mi_bms.proto.bms.control import Effect, Result, Target
from custom_components.mi_bms.proto.gatt.session import Device, Session
from tests.world.devices.server import GattBattery
from tests.world.scenario import load

from .reading import DAY_ZERO, Client, with_client
from .test_batteries import FULL

SCENARIO = Path(__file__).parents[1] / "world" / "scenarios" / "control.toml"
NAMES = [one.peripheral.name for one in load(SCENARIO).devices]
BUDGET = 12.0  # s

type Act = Callable[[Target, bool], Awaitable[Result]]


def switched(
    name: str, work: Callable[[GattBattery, Act], Awaitable[Any]], **press: Any
) -> GattBattery:
    """Connect to a board of the scenario and switch it; return it."""
    (spec,) = (one for one in load(SCENARIO).devices if one.peripheral.name == name)
    board = spec.peripheral
    assert isinstance(board, GattBattery)
    session = Session(
        registry.load(spec.family or FULL[spec.kind]), clock=lambda: DAY_ZERO
    )
    device = Device(name=name, address=board.address)

    async def use(client: Client) -> None:
        async def act(target: Target, on: bool) -> Result:
            sample = await session.read(client, device)
            board.press(**press)
            return await session.switch(
                client,
                device,
                target,
                on,
                sample,
                budget=BUDGET,
                factory_password=True,
            )

        await work(board, act)

    with_client(board, use)
    return board


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("target", [Target.CHARGE, Target.DISCHARGE])
def test_off_and_on(name: str, target: Target) -> None:
    async def work(board: GattBattery, act: Act) -> None:
        before = set(board.pack.locked)
        off = await act(target, False)
        assert (off.effect, off.sent) == (Effect.CONFIRMED, 1)
        assert board.pack.locked == before | {target.value}
        await asyncio.sleep(2)
        on = await act(target, True)
        assert (on.effect, on.sent) == (Effect.CONFIRMED, 1)
        assert board.pack.locked == before

    switched(name, work)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("early", [True, False], ids=["before", "meanwhile"])
def test_a_passing_protection_becomes_no_lock(name: str, early: bool) -> None:
    trip = {"cell_overvoltage": 15.0}

    async def work(board: GattBattery, act: Act) -> None:
        before = set(board.pack.locked)
        if early:
            board.press(trip=trip)
        await act(Target.DISCHARGE, False)
        assert board.pack.locked == before | {"discharge"}
        await asyncio.sleep(20)
        assert board.pack.charge_on

    switched(name, work, **({} if early else {"trip": trip}))


@pytest.mark.parametrize("name", NAMES)
def test_a_protection_is_no_proof(name: str) -> None:
    # It takes the command, does nothing, and a protection opens the same switch.
    async def work(board: GattBattery, act: Act) -> None:
        result = await act(Target.DISCHARGE, False)
        assert "discharge" not in board.pack.locked
        assert result.effect is not Effect.CONFIRMED
        assert result.sent <= 2

    switched(
        name, work, manner={"idle": True}, trip={"discharge_overtemperature": 60.0}
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_late_board(name: str) -> None:
    async def work(board: GattBattery, act: Act) -> None:
        result = await act(Target.CHARGE, False)
        assert result.effect is Effect.CONFIRMED
        assert "charge" in board.pack.locked

    switched(name, work, manner={"delay": 3.0})
