"""Keys, tokens, passwords and addresses stay where they belong, whatever happens.

Home Assistant itself knows the addresses of devices, in its device registry and in its own log lines;
ours are looked through for them, too.
"""

from types import SimpleNamespace
from typing import Any

import pytest
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from sqlalchemy import text
from sqlalchemy.engine import Connection

from custom_components.mi_bms.const import DOMAIN
from homeassistant.components.recorder import get_instance
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from tests.world.devices import KINDS
from tests.world.devices.activation import MiActivatable

from .database import written_database
from .home import Home
from .keys.test_import import Refused, TwoFactor, cloud, library
from .keys.test_pairing import READY, choose, fresh, watch
from .keys.test_ring import paste, thermometer
from .secrets import Secrets, spellings

__all__ = ["library", "written_database"]  # fixtures

KEY = "5b0500112233445566778899aabbcc01"
WRONG = "c0ffee00112233445566778899aabb02"
SENSOR = "A4:C1:38:7E:05:5B"
CLEAR = "A4:C1:38:7E:14:41"
PACK = "A5:C2:37:7E:19:D4"
PIN, BAD_PIN = "pw7593", "pw1112"
PHRASE = "hunter2hunter2"
OURS = "custom_components.mi_bms"
LIMIT = 2_000_000  # rows


@pytest.fixture
async def secrets(home: Home, caplog: pytest.LogCaptureFixture) -> Secrets:
    """Return what must not be found, with everything logged from the beginning."""
    assert await async_setup_component(home.hass, "diagnostics", {})
    caplog.set_level("DEBUG")
    # What the database holds is looked at itself.
    for name in ("sqlalchemy", "homeassistant.components.recorder"):
        caplog.set_level("WARNING", name)
    kept = Secrets()
    kept.add(KEY, WRONG, PIN, BAD_PIN, PHRASE)
    return kept


async def database(hass: HomeAssistant) -> list[tuple[Any, ...]]:
    """Return all rows of all tables of the recorder."""
    instance = get_instance(hass)

    def read(connection: Connection) -> list[tuple[Any, ...]]:
        names = connection.execute(
            text("SELECT name FROM sqlite_master WHERE type = 'table'")
        )
        return [
            tuple(row)
            for (name,) in list(names)
            for row in connection.execute(text(f'SELECT * FROM "{name}"'))  # noqa: S608
        ]

    def work() -> list[tuple[Any, ...]]:
        assert instance.engine
        with instance.engine.connect() as connection:
            return read(connection)

    return await instance.async_add_executor_job(work)


async def look_around(
    home: Home,
    client: ClientSessionGenerator,
    caplog: pytest.LogCaptureFixture,
    secrets: Secrets,
    *addresses: str,
) -> None:
    """Look at states, repairs, diagnostics, the database and the log; ours for addresses, too."""
    secrets.look_at_log(caplog.records)
    # The database lives in a thread of its own, and in real time.
    await get_instance(home.hass).async_block_till_done()
    rows = await database(home.hass)
    assert 0 < len(rows) < LIMIT
    secrets.add(*addresses)
    secrets.look("the database", rows)
    secrets.look_at_log(caplog.records, OURS)
    secrets.look_at_states(home.hass)
    for entry in home.hass.config_entries.async_entries(DOMAIN):
        report = await get_diagnostics_for_config_entry(home.hass, client, entry)
        secrets.look(f"diagnostics of {entry.title}", report)


async def test_a_full_run(
    home: Home,
    hass_client: ClientSessionGenerator,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    secrets: Secrets,
) -> None:
    """Sensors with and without a key, a battery with a password that is lost, actions, a new key."""
    sensor, clear = thermometer(SENSOR, KEY), KINDS["ATC1441"](address=CLEAR)
    entry = await home.add(sensor)
    await home.add(clear)
    battery = KINDS["JBD"](
        address=PACK, name="Boat", password=PIN, handshake="short", own_address=True
    )
    form = await home.answer(await home.discover(battery), {})
    refused = await home.answer(form, {"password": BAD_PIN})
    secrets.look("the refused password", refused)
    assert (await home.answer(form, {"password": PIN}))["type"] == "create_entry"
    device_id = next(
        one["device_id"]
        for one in await act(home, secrets, "devices")
        if one["address"] == SENSOR
    )
    recording = home.hass.async_create_task(
        act(home, secrets, "record", device_id=device_id, minutes=0.2)
    )
    for _ in range(6):
        await home.listen(sensor, 1)
        await home.listen(clear, 1)
    await home.clock.until(recording.done)
    await act(home, secrets, "scan")
    home.air.refuse.add(PACK)
    for _ in range(30):
        home.shout(battery, sensor, clear)
        await home.clock.run(20)
    sensor.key = WRONG  # it was paired again
    await home.listen(sensor, 30, every=10)
    await home.clock.wait(home.hass.config_entries.async_reload(entry.entry_id))
    await home.listen(sensor, 3)
    await look_around(home, hass_client, caplog, secrets, SENSOR, CLEAR, PACK)
    secrets.tell(capsys, "a full run")


async def act(home: Home, secrets: Secrets, action: str, **data: Any) -> Any:
    """Call an action as an automation; look through the answer."""
    answer = await home.clock.wait(
        home.hass.services.async_call(
            DOMAIN, action, data, blocking=True, return_response=True
        ),
        300,
    )
    secrets.look(action, answer)
    return answer["devices"] if answer and "devices" in answer else answer


async def test_keys_that_do_not_fit(
    home: Home,
    hass_client: ClientSessionGenerator,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    secrets: Secrets,
) -> None:
    """Typed one by one, pasted in heaps, and cut short."""
    sensor = thermometer(SENSOR, KEY)
    form = await home.ask_key(sensor)
    await home.listen(sensor, 3)
    for typed in (WRONG, WRONG[:-2], f"{WRONG}zz", f" {WRONG} x"):
        secrets.look(
            "the form of a key", shown(await home.answer(form, {"key": typed}))
        )
    heap = await paste(home, f"{SENSOR} {WRONG}\n{WRONG}\n{CLEAR}={KEY}\n{KEY[:-3]}")
    secrets.look("the preview", shown(heap))
    nothing = await paste(home, f"hello {WRONG[:-1]}")
    secrets.look("a paste without a key", shown(nothing))
    await look_around(home, hass_client, caplog, secrets)
    secrets.tell(capsys, "keys that do not fit")


def shown(form: Any) -> dict[str, Any]:
    """Return what a browser gets of a form, apart from the form itself."""
    hidden = {"data_schema", "flow_id", "handler"}
    return {key: value for key, value in form.items() if key not in hidden}


@pytest.mark.parametrize("fault", ["reset", "refuse", "gone"])
async def test_pairings_that_fail(
    home: Home,
    hass_client: ClientSessionGenerator,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    secrets: Secrets,
    fault: str,
) -> None:
    """And one that does not: token and key stand in its last form only."""
    device: MiActivatable = fresh(home)
    flow = await home.answer(await choose(home), READY)
    if fault == "refuse":
        home.air.refuse.add(device.address)
    elif fault == "gone":
        await home.clock.run(0.5)
        for link in list(home.air.links.values()):
            link.close()
        home.air.refuse.add(device.address)
    await watch(home, flow)
    done = await home.answer(flow)
    if done["step_id"] == "pair_done":
        told = done["description_placeholders"]
        secrets.add(told["key"], told["token"], told["mi32_key"])
        await home.answer(done, {})
        await home.listen(device, 3)
    else:
        assert done["step_id"] == "pair_failed"
    if device.token is not None:
        secrets.add(device.token.hex())
    await look_around(home, hass_client, caplog, secrets, device.address)
    secrets.tell(capsys, f"pairing, {fault}")


@pytest.mark.parametrize(
    "answer",
    [
        TwoFactor(PHRASE),
        Refused(PHRASE),
        KeyError(KEY),
        ValueError(f"{PHRASE} {KEY}"),
        SimpleNamespace(name=KEY[:-1], mac=SENSOR, bindkey=KEY[:-1]),
        SimpleNamespace(name="Bedroom", mac=SENSOR, bindkey=KEY),
    ],
)
async def test_the_makers_account(
    home: Home,
    hass_client: ClientSessionGenerator,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    secrets: Secrets,
    library: SimpleNamespace,
    answer: object,
) -> None:
    library.answer = answer
    form = await cloud(home, SENSOR)
    secrets.look("the form of the account", shown(form))
    await home.clock.settle()
    await look_around(home, hass_client, caplog, secrets)
    secrets.tell(capsys, "the maker's account")


def test_every_spelling_is_found() -> None:
    """What looks for secrets finds them."""
    raw = bytes.fromhex(KEY)
    for text_ in (
        KEY.upper(),
        raw[::-1].hex(":"),
        repr(raw),
        str(list(raw)),
        "W" + "wUAESIzRFVmd4iZqrvMAQ==",
        "-".join(f"{byte:02X}" for byte in raw),
    ):
        looker = Secrets()
        looker.add(KEY)
        looker.look("a text", f"before {text_} behind")
        assert looker.hits, text_
    looker = Secrets()
    looker.add(PIN)
    looker.look("a form", {"a": [PIN.upper()]})
    assert looker.hits
    assert KEY in spellings(KEY)
