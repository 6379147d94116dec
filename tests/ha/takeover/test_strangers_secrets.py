"""No key and no password gets out of the entries: not into the record, a text, a log or the diagnostics."""

import json
import logging
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.mi_bms.diagnostics import async_get_config_entry_diagnostics
from homeassistant.helpers import (
    device_registry as dr,
    entity_registry as er,
    issue_registry as ir,
)
from tests.world.devices import KINDS

from ..home import Home
from . import strangers as st

PACK, PASSWORD = "A5:C2:37:00:00:04", "zqxjkv"
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


async def test_no_password_gets_out(
    home: Home,
    hass_storage: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    pack = KINDS["JBD"](address=PACK, name="JBD-mine")
    entry = MockConfigEntry(
        domain="bms_ble",
        unique_id=PACK,
        data={"type": "jbd_bms"},
        options={"password": PASSWORD},
    )
    entry.add_to_hass(home.hass)
    device = dr.async_get(home.hass).async_get_or_create(
        config_entry_id=entry.entry_id,
        identifiers={("bms_ble", PACK)},
        connections={(dr.CONNECTION_BLUETOOTH, PACK)},
    )
    er.async_get(home.hass).async_get_or_create(
        "sensor",
        "bms_ble",
        f"bms_ble-{PACK.lower()}-voltage",
        config_entry=entry,
        device_id=device.id,
        original_device_class="voltage",
        unit_of_measurement="V",
        capabilities={"state_class": "measurement"},
    )
    flow = await home.discover(pack)
    flow = await home.choose(flow, "move_here")
    assert flow["step_id"] == "move_preview"
    shown = str(flow)
    done = await home.send(flow, {})
    assert done["type"] == "create_entry"
    await home.clock.run(400)
    ours = st.ours(home.hass, PACK)
    assert ours
    shown += str(done["description_placeholders"]) + str(done["context"])
    shown += json.dumps(
        await async_get_config_entry_diagnostics(home.hass, ours), default=str
    )
    shown += "".join(
        json.dumps(stored, default=str)
        for name, stored in hass_storage.items()
        if name not in KEPT
    )
    shown += "".join(
        one.getMessage() for one in caplog.records if not one.name.startswith("pytest")
    )
    assert PASSWORD not in shown
