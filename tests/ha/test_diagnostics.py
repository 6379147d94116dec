"""What a user may post in public tells nothing of him."""

import json
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.setup import async_setup_component
from tests.world.devices import KINDS

from .air import SOURCE
from .home import Home

ADDRESS = "A5:C2:37:7E:19:D4"
WORD = "pw7593"


def spellings(address: str) -> set[str]:
    """Return an address as it may stand in a text, in lower case."""
    pairs = address.lower().split(":")
    return {
        between.join(order)
        for between in ("", ":", "-")
        for order in (pairs, pairs[::-1])
    }


async def diagnosed(
    home: Home, client: ClientSessionGenerator, entry: ConfigEntry[Any]
) -> tuple[dict[str, Any], str]:
    """Download the diagnostics; also as text in lower case."""
    assert await async_setup_component(home.hass, "diagnostics", {})
    report = await get_diagnostics_for_config_entry(home.hass, client, entry)
    assert isinstance(report, dict)
    text = json.dumps(report).lower()
    for secret in spellings(entry.data["address"]) | spellings(SOURCE):
        assert secret not in text, secret
    assert entry.title.lower() not in text
    return report, text


async def test_a_sensor(home: Home, hass_client: ClientSessionGenerator) -> None:
    key = "5b0500112233445566778899aabbcc01"
    device = KINDS["LYWSD03MMC"](address="A4:C1:38:7E:05:5B", key=key)
    entry = await home.add(device)
    await home.listen(device, 4)
    report, text = await diagnosed(home, hass_client, entry)

    assert key not in text
    assert report["kind"] == "sensor"
    assert report["entry"]["key"] == "**REDACTED**"
    assert report["sensor"]["model"] == "LYWSD03MMC"
    assert report["sensor"]["key"] == "right"
    assert report["sensor"]["counters"]["decoded"] >= 4
    (frame,) = report["advert"]["service_data"].values()
    assert len(frame) > 20  # the frame is there, for somebody who wants to help


async def test_a_frame_that_holds_the_address(
    home: Home, hass_client: ClientSessionGenerator
) -> None:
    """Printed order in one format, reversed in the other."""
    for kind in ("ATC1441", "PVVX"):
        device = KINDS[kind](address=f"A4:C1:38:7E:14:{kind.encode()[0]:02X}")
        entry = await home.add(device)
        await home.listen(device, 2)
        report, _ = await diagnosed(home, hass_client, entry)
        (frame,) = report["advert"]["service_data"].values()
        assert "xxxxxxxxxxxx" in frame


async def test_a_battery(home: Home, hass_client: ClientSessionGenerator) -> None:
    device = KINDS["JBD"](
        address=ADDRESS,
        name="Papas Boot",
        password=WORD,
        handshake="short",
        own_address=True,
    )
    form = await home.discover(device)
    form = await home.answer(form, {})
    done = await home.answer(form, {"password": WORD})
    entry = done["result"]
    await home.clock.run(5)
    home.air.refuse.add(ADDRESS)
    await home.clock.run(30)
    report, text = await diagnosed(home, hass_client, entry)

    assert WORD not in text
    assert "papas boot" not in text
    assert report["battery"]["family"] == "jbd"
    assert report["battery"]["failures"] == {"connect": 1}
    assert report["battery"]["last_error"] == "connect"
    assert "scanner(s) registered" in report["battery"]["reachability"]
    assert report["battery"]["sample"]["values"]["voltage"] == 13.18
    assert report["battery"]["sample"]["cells"] == [3.298, 3.297, 3.292, 3.293]
    # The maker's id and what follows spell the address together.
    assert report["advert"]["manufacturer_data"] == ["xxxxxxxxxxxx"]


@pytest.mark.usefixtures("air")
async def test_an_entry_that_could_not_be_set_up(
    home: Home, hass_client: ClientSessionGenerator
) -> None:
    entry = MockConfigEntry(
        domain="mi_bms",
        unique_id=ADDRESS,
        title="Papas Boot",
        data={
            "kind": "battery",
            "address": ADDRESS,
            "family": "of_tomorrow",
            "password": WORD,
            "profile": {
                "fields": [],
                "cells": 0,
                "probes": [],
                "info": {"serial_number": "SN7593", "name": "Papas Boot"},
            },
        },
    )
    entry.add_to_hass(home.hass)
    await home.clock.wait(home.hass.config_entries.async_setup(entry.entry_id))
    assert entry.state is ConfigEntryState.SETUP_ERROR
    report, text = await diagnosed(home, hass_client, entry)

    assert WORD not in text
    assert "sn7593" not in text
    assert "papas boot" not in text
    assert report["entry"]["family"] == "of_tomorrow"
    assert report["advert"] is None
    assert "battery" not in report
