"""script/run: its dashboard is made as soon as that can be, and not before; it stops when it is told to."""

import asyncio
from pathlib import Path
import signal
from types import SimpleNamespace
from typing import Any

import pytest

from tests.e2e import __main__ as program
from tests.e2e.process import Trouble

from ..patience import eventually


class Api:
    """A Home Assistant that takes its time to set up what was added."""

    url = "http://house"

    def __init__(self) -> None:
        self.states = ["not_loaded", "setup_in_progress", "loaded"]

    async def call(self, kind: str, **_: Any) -> Any:
        if kind == "config_entries/get":
            state = self.states[0]
            self.states = self.states[1:] or [state]
            return [{"state": state}]
        if self.states != ["loaded"]:
            raise Trouble("there is no such action yet")
        return {"response": {"path": "/mi-bms"}}


async def test_it_is_asked_for_when_a_device_is_set_up() -> None:
    adding = asyncio.create_task(asyncio.sleep(0))
    home: Any = SimpleNamespace(api=Api(), child=SimpleNamespace(check=lambda: None))
    assert await program.first_dashboard(home, adding) == "http://house/mi-bms"


async def test_it_stops_though_nobody_listens_any_more(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    begun = asyncio.Event()

    async def session(*_: Any) -> int:
        begun.set()
        await asyncio.Event().wait()
        return 1

    def say(_: str) -> None:
        raise BrokenPipeError

    monkeypatch.setattr(program, "session", session)
    monkeypatch.setattr(program, "say", say)
    run = asyncio.create_task(program.guarded({"check": False}, tmp_path))
    await begun.wait()
    signal.raise_signal(signal.SIGTERM)
    await eventually(run.done)
    assert run.result() == 0
