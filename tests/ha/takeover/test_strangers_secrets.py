"""No key and no password gets out of the entries: not into the record, a text, a log or the diagnostics."""

import json
import logging
from typing import Any

import pytest

from custom_components.mi_bms.diagnostics import async_get_config_entry_diagnostics
from homeassistant.helpers import issue_registry as ir

from ..home import Home
from . import strangers as st

# Where a key belongs.
KEPT = {"core.config_entries", "mi_bms.keys"}


def spelled(key: str) -> list[str]:
    """Return how a key may be written."""
    raw = bytes.fromhex(key)
    return [
        key.lower(),
        key.upper(),
        repr(raw)[2:-1],
        str(list(raw))[1:-1],
        ":".join(f"{one:02x}" for one in raw),
        " ".join(f"{one:02x}" for one in raw),
    ]


def clean(where: str, text: str) -> None:
    """Check that a text has no key in it."""
    for one in spelled(st.KEY):
        assert one not in text, f"{where} tells the key"


async def test_no_key_gets_out(
    home: Home,
    hass_storage: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    device = st.thermometer()
    await st.read_there(home, device)
    caplog.clear()  # what the other integration and its library say of it is theirs
    flow = await st.preview(home, device)
    clean("preview", str(flow))
    done = await home.send(flow, {})
    clean("end", str(done["description_placeholders"]) + str(done["context"]))
    await home.clock.run(400)
    entry = st.ours(home.hass)
    assert entry
    told = await async_get_config_entry_diagnostics(home.hass, entry)
    clean("diagnostics", json.dumps(told, default=str))
    clean("repairs", str(ir.async_get(home.hass).issues))
    assert "mi_bms.takeover" in hass_storage
    for name, stored in hass_storage.items():
        if name not in KEPT:
            clean(name, json.dumps(stored, default=str))
    clean("menu", str(await home.reconfigure(entry)))
    await st.give_back(home)
    ours = [one for one in caplog.records if "mi_bms" in one.name]
    assert ours
    for one in caplog.records:
        # The others write what they keep, and the harness what is stored.
        if not one.name.startswith(("homeassistant.components.xiaomi", "pytest")):
            clean(one.name, one.getMessage() + str(one.exc_text))
