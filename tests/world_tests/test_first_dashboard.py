"""The dashboard of script/run is made as soon as that can be, and not before."""

import asyncio
from types import SimpleNamespace
from typing import Any

from tests.e2e import __main__ as program
from tests.e2e.process import Trouble


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
