"""Hostile pastes through the real flows: the event loop goes on, and how long it paused is printed."""

import asyncio
from collections.abc import Callable, Iterator
import contextlib
import sys
import threading
import time
from typing import Any

import pytest

from custom_components.mi_bms.flow import (
    import_keys as flow_keys,
    sensor_key as flow_sensor_key,
)
from custom_components.mi_bms.keys import import_preview as preview
from custom_components.mi_bms.proto.keys.preview import OFFERED, Preview

from ..home import Home, Result
from ..keys.test_import import choices, ticked
from ..keys.test_ring import ADDRESS, entries, take, thermometer
from ..pastes import PASTES

pytestmark = pytest.mark.slow

HEARD = 60


def now() -> float:
    """Return the real time, which stands still for nobody."""
    return time.clock_gettime(time.CLOCK_MONOTONIC)


class Pulse:
    """Feel how long the event loop pauses."""

    def __init__(self) -> None:
        self.longest, self._last, self._beats = 0.0, 0.0, False

    @contextlib.contextmanager
    def felt(self) -> Iterator[None]:
        self.longest, self._last, self._beats = 0.0, now(), True
        self._beat()
        try:
            yield
        finally:
            self._beats = False

    def _beat(self) -> None:
        self.longest = max(self.longest, now() - self._last)
        self._last = now()
        if self._beats:
            asyncio.get_running_loop().call_soon(self._beat)


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> dict[str, set[bool]]:
    """Note of each heavy function whether it ran beside the event loop."""
    loop, seen = threading.get_ident(), dict[str, set[bool]]()

    def note(module: Any, name: str) -> None:
        real: Callable[..., Any] = getattr(module, name)

        def noted(*given: Any) -> Any:
            seen.setdefault(name, set()).add(threading.get_ident() != loop)
            return real(*given)

        monkeypatch.setattr(module, name, noted)

    note(flow_keys, "read_keys")
    note(Preview, "told")
    note(flow_sensor_key, "judge")
    note(preview, "look")
    return seen


async def crowded(home: Home) -> Result:
    """Let many encrypted sensors be heard; return the form that asks for the key of one."""
    form = await home.ask_key(thermometer())
    for number in range(HEARD):
        device = thermometer(f"A4:C1:38:0A:00:{number:02X}", f"{number + 7:030x}ab")
        home.air.add(device)
        await home.listen(device, 2)
    return form


async def test_no_paste_holds_the_event_loop(
    home: Home, outside: dict[str, set[bool]], capsys: pytest.CaptureFixture[str]
) -> None:
    key_form = await crowded(home)
    pulse, told = Pulse(), []
    for name, text in PASTES.items():
        flow = await home.choose(await home.start(), "keys")
        flow = await home.choose(flow, "import_keys")
        with pulse.felt():
            form = await home.answer(flow, {"text": text})
        told.append((pulse.longest, f"import, {name}"))
        assert form["type"] == "form"
        home.hass.config_entries.flow.async_abort(form["flow_id"])
        with pulse.felt():
            form = await home.answer(key_form, {"key": text})
        told.append((pulse.longest, f"key field, {name}"))
        if form["step_id"] != "key":
            break
    with capsys.disabled():
        told.sort(reverse=True)
        for longest, name in told[:8]:
            sys.stdout.write(f"\n{longest * 1000:6.1f} ms  {name}")
        sys.stdout.write(f"\nof {len(told)} pastes\n")
    assert set(outside) == {"read_keys", "told", "judge", "look"}
    assert all(where == {True} for where in outside.values())


async def test_taking_many_lets_the_event_loop_go_on(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    flow = await home.choose(await home.start(), "keys")
    flow = await home.choose(flow, "import_keys")
    form = await home.answer(flow, {"text": PASTES["2,000 keys with addresses"]})
    assert len(choices(form)) == OFFERED
    assert "too many at once" in form["description_placeholders"]["rest"]
    some = ticked(form)[:60]
    pulse = Pulse()
    with pulse.felt():
        done = await take(home, form, *some)
    with capsys.disabled():
        sys.stdout.write(f"\n{pulse.longest * 1000:6.1f} ms  taking {len(some)}\n")
    assert done["description_placeholders"]["added"] == str(len(some))
    assert len(entries(home)) == len(some)
    assert ADDRESS not in entries(home)
