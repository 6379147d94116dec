"""Adding a battery that was heard, and changing it later."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from bleak.exc import BleakDBusError, BleakError, BleakGATTProtocolError
import pytest

from homeassistant.config_entries import ConfigEntry
from homeassistant.helpers import issue_registry as ir
from tests.world import ad
from tests.world.devices import KINDS
from tests.world.devices.server import GattBattery
from tests.world.faults import Faults
from tests.world.peripheral import GattError

from ..home import Home, Result

ADDRESS = "A5:C2:37:00:00:04"
WORD, OTHER_WORD = "pw7593", "other1"


def jbd(**more: Any) -> GattBattery:
    """Make a battery."""
    device: GattBattery = KINDS["JBD"](address=ADDRESS, name="JBD-mine", **more)
    return device


async def found(home: Home, device: GattBattery, **faults: Any) -> Result:
    """Discover a battery with some faults."""
    home.air.add(device, faults=Faults(**faults))
    return await home.discover(device)


@pytest.mark.parametrize(
    ("kind", "address", "name", "family"),
    [
        ("JBD", "A5:C2:37:00:00:04", "JBD-SP04S020", "jbd"),
        ("JBD_NUS", "A4:C1:37:00:12:20", "MLB-12200-NT", "jbd"),
        ("EJ", "C8:47:8C:00:15:44", "LT-12V-1544", "ej"),
    ],
)
async def test_a_battery_is_read_once_and_added(
    home: Home, kind: str, address: str, name: str, family: str
) -> None:
    device = KINDS[kind](address=address, name=name)
    form = await home.discover(device)
    assert form["step_id"] == "battery"
    # Nothing has to be told: what the meters begin with stands folded.
    assert [*form["data_schema"].schema] == ["meters"]
    assert form["description_placeholders"]["address"] == address
    assert home.air.connects == 0  # nothing before the user agrees

    done = await home.answer(form, {})
    assert done["type"] == "create_entry"
    await home.clock.run(5)
    assert home.air.connects == 2  # this one, and the first poll
    entry = done["result"]
    assert entry.unique_id == address
    assert entry.data["kind"] == "battery"
    assert entry.data["family"] == family
    assert entry.data["profile"]["cells"] == 4
    assert "password" not in entry.data
    assert not home.air.links
    await home.clock.run(5)


async def test_the_profile_holds_what_the_battery_says_of_itself(home: Home) -> None:
    form = await home.discover(jbd())
    done = await home.answer(form, {})
    assert done["data"]["profile"]["info"] == {
        "sw_version": "2.5",
        "hw_version": "JBD-SP04S020",
        "production_date": "2023-05-17",
    }
    assert "voltage" in done["data"]["profile"]["fields"]
    assert done["data"]["profile"]["probes"] == ["cell", "cell"]
    await home.clock.run(5)


async def test_a_battery_that_cannot_be_reached(home: Home) -> None:
    device = jbd()
    form = await home.discover(device)
    home.air.refuse.add(ADDRESS)
    form = await home.answer(form, {})
    assert form["errors"] == {"base": "cannot_connect"}
    reason = form["description_placeholders"]["reason"]
    assert reason.startswith("The receiver air hears the battery well (-60 dBm)")
    assert "Close the maker's app on every phone and tablet." in reason

    home.air.refuse.clear()
    done = await home.answer(form, {})
    assert done["type"] == "create_entry"
    await home.clock.run(5)


@pytest.mark.parametrize(
    ("faults", "error", "choice"),
    [
        ({"mute": True}, "no_answer", "find_out"),
        ({"mute": True}, "no_answer", "jbd"),
        ({"corrupt": 1.0}, "invalid_reply", "find_out"),
    ],
)
async def test_a_battery_that_does_not_answer_as_it_should(
    home: Home, faults: dict[str, Any], error: str, choice: str
) -> None:
    device = jbd()
    form = await found(home, device, **faults)
    # Nothing has to be told: what the meters begin with stands folded.
    assert [*form["data_schema"].schema] == ["meters"]
    form = await home.answer(form, {})
    # Its advert may be wrong: any type can be chosen now, and finding out comes first.
    assert form["step_id"] == "family"
    assert form["errors"] == {"base": error}
    options = [one["value"] for one in _options(form)]
    assert options[0] == "find_out"
    assert {"jbd", "ej", "jikong"} < set(options)
    field, more = form["data_schema"].schema
    assert field.description == {"suggested_value": "find_out"}
    assert str(more) == "password"
    assert not home.air.links

    home.air.faults[ADDRESS].clear()
    done = await home.answer(form, {"family": choice})
    assert done["type"] == "create_entry"
    assert done["data"]["family"] == "jbd"
    await home.clock.run(5)


@pytest.mark.parametrize("mute", [False, True])
async def test_a_battery_that_has_nothing_of_its_type(home: Home, mute: bool) -> None:
    """What its advert calls surely one type may even lack that type's characteristics."""
    home.air.add(
        KINDS["JIKONG"](address=ADDRESS, name="DXB-0001"), faults=Faults(mute=mute)
    )
    home.air.hear(ADDRESS, ad.payload(ad.flags(), ad.name("DXB-0001")))
    await home.clock.until(home.flows)
    form = await home.answer(home.flows()[0], {})
    if mute:
        assert form["step_id"] == "family"
        assert form["errors"] == {"base": "not_supported"}
        home.air.faults[ADDRESS].clear()
        done = await home.answer(form, {"family": "find_out"})
    else:
        assert form["errors"] == {"base": "other_family"}
        done = await home.answer(form, {})
    assert done["data"]["family"] == "jikong"
    await home.clock.run(5)


@pytest.mark.parametrize("handshake", ["short", "full"])
async def test_a_password_is_asked_for_and_tried(home: Home, handshake: str) -> None:
    device = jbd(password=WORD, handshake=handshake)
    form = await home.discover(device)
    form = await home.answer(form, {})
    assert form["step_id"] == "password"
    assert not form["errors"]

    form = await home.answer(form, {"password": "111111"})
    assert form["step_id"] == "password"
    assert form["errors"] == {"base": "invalid_auth"}
    done = await home.answer(form, {"password": WORD})
    assert done["type"] == "create_entry"
    assert done["data"]["password"] == WORD
    await home.clock.run(5)
    assert home.value(device, "voltage") == "13.18"


async def test_a_password_that_silences_the_battery(home: Home) -> None:
    """It may be another type that wants no password at all."""
    device = jbd(password=WORD, handshake="short")
    form = await home.answer(await home.discover(device), {})
    assert form["step_id"] == "password"
    home.air.faults[ADDRESS].update({"mute": True})
    form = await home.answer(form, {"password": WORD})
    assert form["step_id"] == "family"
    assert form["errors"] == {"base": "no_answer"}


async def test_a_module_that_wants_a_pairing_first(home: Home) -> None:
    """It gives every question back; no password helps, so none is asked for."""
    form = await home.discover(jbd(unpaired=True))
    form = await home.answer(form, {})
    assert form["step_id"] == "battery"
    assert form["errors"] == {"base": "pairing_echo"}


class ProxyError(Exception):
    """Be what a proxy's library raises: the number lies inside."""

    def __init__(self, number: int) -> None:
        super().__init__(f"error={number}")
        self.error = SimpleNamespace(error=number)


def of_a_proxy(number: int) -> BleakError:
    err = BleakError(f"Bluetooth GATT Error handle=1 error={number}")
    err.__cause__ = ProxyError(number)
    return err


def of_bluez(number: int) -> BleakError:
    words = f"Operation failed with ATT error: 0x{number:02x}"
    return BleakDBusError("org.bluez.Error.Failed", [words])


def of_bluez_in_words(_number: int) -> BleakError:
    return BleakDBusError("org.bluez.Error.NotPermitted", ["Not paired"])


@pytest.mark.parametrize(
    ("stack", "number", "told"),
    [
        (BleakGATTProtocolError, 5, "5"),
        (BleakGATTProtocolError, 8, "8"),
        (BleakGATTProtocolError, 15, "15"),
        (of_a_proxy, 5, "5"),
        (of_a_proxy, 0x89, "5"),
        (of_bluez, 15, "15"),
        (of_bluez_in_words, 12, "5"),
    ],
)
async def test_a_write_that_wants_a_pairing(
    home: Home,
    monkeypatch: pytest.MonkeyPatch,
    stack: Callable[[int], BleakError],
    number: int,
    told: str,
) -> None:
    """The number is kept on its way through every stack, and told."""
    writes = []

    def refuse(*args: object) -> None:
        writes.append(args)
        raise GattError(number)

    device = jbd()
    monkeypatch.setattr(device, "write", refuse)
    monkeypatch.setattr(home.air, "refusal", stack)
    form = await home.answer(await home.discover(device), {})
    assert form["step_id"] == "battery"
    assert form["errors"] == {"base": "pairing_needed"}
    assert form["description_placeholders"]["att"] == told
    assert len(writes) == 1


@pytest.mark.parametrize(
    "stack", [BleakGATTProtocolError, of_a_proxy, of_bluez, lambda _: BleakError("no")]
)
async def test_another_refusal_is_no_pairing(
    home: Home, monkeypatch: pytest.MonkeyPatch, stack: Callable[[int], BleakError]
) -> None:
    def refuse(*_: object) -> None:
        raise GattError(14)

    device = jbd()
    monkeypatch.setattr(device, "write", refuse)
    monkeypatch.setattr(home.air, "refusal", stack)
    form = await home.answer(await home.discover(device), {})
    assert form["errors"] == {"base": "cannot_connect"}


async def test_a_battery_that_wants_a_pairing_later(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No password is asked for; the state says what is wanted, and a repair what helps."""
    device = jbd()
    await added(home, device)

    def refuse(*_: object) -> None:
        raise GattError(5)

    monkeypatch.setattr(device, "write", refuse)
    await home.clock.run(1800)
    assert home.value(device, "connection") == "pairing"
    assert not home.flows(ADDRESS)
    issues = ir.async_get(home.hass).issues.values()
    (issue,) = [one for one in issues if one.domain == "mi_bms"]
    assert "proxies cannot pair" in issue.translation_placeholders["reason"]


async def test_a_module_that_is_in_charge_controllers_too(home: Home) -> None:
    device = jbd()
    home.air.add(device, faults=Faults(mute=True))
    home.air.hear(
        ADDRESS,
        ad.payload(ad.flags(), ad.services16(0xFFD0), ad.name("BT-TH-66000001")),
    )
    await home.clock.until(home.flows)
    form = await home.answer(home.flows()[0])
    assert "charge controller" in form["description_placeholders"]["about"]
    form = await home.answer(form, {})
    assert form["step_id"] == "family"
    assert form["errors"] == {"base": "maybe_controller"}


async def test_what_is_sure_leaves_no_doubt(home: Home) -> None:
    form = await home.discover(jbd())
    assert form["description_placeholders"]["about"].endswith(".")
    assert "charge" not in form["description_placeholders"]["about"]


def both_services() -> bytes:
    """Return an advert that fits two families equally well."""
    return ad.payload(ad.flags(), ad.services16(0xFF00, 0xFF06))


async def test_two_families_that_look_alike(home: Home) -> None:
    device = home.air.add(jbd())
    home.air.hear(ADDRESS, both_services())
    await home.clock.until(home.flows)
    form = await home.answer(home.flows()[0])
    options = _options(form)
    assert [one["value"] for one in options] == ["find_out", "jbd", "eleksol"]
    assert options[1]["label"] == "JBD smart BMS"

    form = await home.answer(form, {"family": "eleksol"})
    assert form["errors"] == {"base": "other_family"}
    assert form["description_placeholders"]["family"] == "JBD smart BMS"
    done = await home.answer(form, {})
    assert done["data"]["family"] == "jbd"
    await home.clock.run(5)
    assert home.value(device, "voltage") == "13.18"


async def test_finding_out_which_of_two_families_it_is(home: Home) -> None:
    home.air.add(jbd())
    home.air.hear(ADDRESS, both_services())
    await home.clock.until(home.flows)
    done = await home.answer(home.flows()[0], {"family": "find_out"})
    assert done["data"]["family"] == "jbd"
    await home.clock.run(5)


async def test_finding_out_stops_where_a_pairing_is_wanted(home: Home) -> None:
    """What it wants is told, whichever type it is."""
    home.air.add(jbd(unpaired=True))
    home.air.hear(ADDRESS, both_services())
    await home.clock.until(home.flows)
    form = await home.answer(home.flows()[0], {"family": "find_out"})
    assert form["step_id"] == "battery"
    assert form["errors"] == {"base": "pairing_echo"}


async def added(home: Home, device: GattBattery) -> ConfigEntry[Any]:
    """Add a battery and wait for its first poll."""
    entry = await home.add(device)
    await home.clock.run(5)
    return entry


async def test_reconfiguring_sets_a_password(home: Home) -> None:
    device = jbd()
    entry = await added(home, device)
    flow = await home.reconfigure(entry)
    assert flow["type"] == "menu"
    assert flow["menu_options"] == ["family", "password"]
    device.password = WORD
    form = await home.choose(flow, "password")
    done = await home.answer(form, {"password": WORD})
    assert done["reason"] == "change_kept"
    await home.clock.run(5)
    assert entry.data["password"] == WORD
    assert entry.data["family"] == "jbd"


async def test_a_type_without_passwords_is_asked_for_none(home: Home) -> None:
    device = KINDS["EJ"](address="C8:47:8C:00:15:44", name="LT-12V-1544")
    entry = await added(home, device)
    flow = await home.reconfigure(entry)
    assert (flow["type"], flow["step_id"]) == ("form", "family")


async def test_reconfiguring_changes_the_family(home: Home) -> None:
    device = jbd()
    entry = await added(home, device)
    home.hass.config_entries.async_update_entry(
        entry, data={**entry.data, "family": "ej"}
    )
    # The type that it is set up as knows no password: there is nothing else to change.
    form = await home.reconfigure(entry)
    assert _options(form)[0]["value"] == "find_out"
    field, _ = form["data_schema"].schema
    assert field.description == {"suggested_value": "ej"}
    done = await home.answer(form, {"family": "jbd"})
    assert done["reason"] == "change_kept"
    await home.clock.run(5)
    assert entry.data["family"] == "jbd"


async def test_the_interval_is_an_option(home: Home) -> None:
    device = jbd()
    entry = await added(home, device)
    flow = await home.options(entry)
    assert flow["step_id"] == "init"
    done = await home.set_options(flow, {"interval": 10})
    assert done["type"] == "create_entry"
    assert entry.options["interval"] == 10
    await home.clock.run(5)
    connects = home.air.connects
    await home.clock.run(30)
    assert home.air.connects >= connects + 2


@pytest.mark.parametrize("interval", [4, 3601])
async def test_the_interval_has_bounds(home: Home, interval: int) -> None:
    entry = await added(home, jbd())
    flow = await home.options(entry)
    form = await home.set_options(flow, {"interval": interval})
    assert form["errors"] == {"interval": "interval_bounds"}
    named = form["description_placeholders"]
    assert (named["interval_low"], named["interval_high"]) == ("5", "3600")
    assert "interval" not in entry.options


async def test_a_password_is_never_logged(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    device = jbd(password=WORD, handshake="short")
    form = await home.discover(device)
    form = await home.answer(form, {})
    form = await home.answer(form, {"password": "wr0ng1"})
    await home.answer(form, {"password": WORD})
    await home.clock.run(5)
    device.password = OTHER_WORD
    await home.clock.run(60)

    ours = "\n".join(r.getMessage() for r in caplog.records if "mi_bms" in r.name)
    everything = "\n".join(record.getMessage() for record in caplog.records)
    assert WORD not in everything
    assert "wr0ng1" not in everything
    assert ADDRESS not in ours


def _options(form: Result) -> list[dict[str, str]]:
    field = form["data_schema"].schema["family"]
    options: list[dict[str, str]] = field.config["options"]
    return options


@pytest.mark.parametrize(
    ("choice", "first"), [("find_out", None), ("tdt", "other_family"), ("jbd", None)]
)
async def test_one_protocol_behind_the_module_of_another(
    home: Home, choice: str, first: str | None
) -> None:
    """WattCycle's packs are called alike and speak TDT's or JBD's language over the same characteristics."""
    address = "AA:C2:37:00:00:02"
    name = "WTaHdAZ250101"
    device: GattBattery = KINDS["JBD"](address=address, name=name, wire="fff0")
    home.air.add(device)
    said = ad.payload(ad.flags(), ad.services16(0xFFF0), ad.name(name))
    home.air.hear(address, said)
    await home.clock.until(home.flows)
    form = await home.answer(home.flows()[0])
    options = [one["value"] for one in _options(form)]
    assert options == ["find_out", "tdt", "jbd"]
    assert "first answer decides" in form["description_placeholders"]["about"]
    done = await home.answer(form, {"family": choice})
    if first:
        assert done["errors"] == {"base": first}
        done = await home.answer(done, {})
    assert done["data"]["family"] == "jbd"
    await home.clock.run(5)
    assert home.value(device, "voltage") == "13.18"


async def test_a_name_of_two_generations(home: Home) -> None:
    """The digits in ANT's names count cells: what answers is what it is."""
    device = KINDS["ANT"](address=ADDRESS, name="ANT-BLE16ZMUB-01")
    form = await home.discover(device)
    options = [one["value"] for one in _options(form)]
    assert options == ["find_out", "ant", "ant_leg"]
    done = await home.answer(form, {"family": "ant_leg"})
    if done["type"] == "form":
        assert done["errors"] == {"base": "other_family"}
        done = await home.answer(done, {})
    assert done["data"]["family"] == "ant"
    await home.clock.run(5)
    assert home.value(device, "voltage")


@pytest.mark.parametrize("others", [False, True])
async def test_what_the_flow_has_read_is_shown_at_once(
    home: Home, others: bool
) -> None:
    """With the first entry as with a later one, and though it cannot be read again."""
    if others:
        await home.add(KINDS["ATC1441"](address="A4:C1:38:00:14:41"))
    device = jbd()
    form = await home.discover(device)
    done = await home.answer(form, {})
    home.air.refuse.add(ADDRESS)
    await home.clock.settle()
    assert done["result"].runtime_data.reader.polls <= 1
    assert float(home.value(device, "voltage")) == device.truth()["voltage"]
    assert home.value(device, "battery_level") not in {"unknown", "unavailable"}
    await home.clock.run(5)
