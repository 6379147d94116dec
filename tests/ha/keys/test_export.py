"""All keys as files, where devices are added."""

from http import HTTPStatus
import re
from typing import Any

from aiohttp.test_utils import TestClient
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from homeassistant.setup import async_setup_component
from tests.world.devices import KINDS

from ..home import Home
from ..people import person
from .test_ring import ADDRESS, CLEAR, KEY, OTHER, paste, take, thermometer

UNHEARD = "54:48:E6:00:07:F6"
FLOW = "/api/config/config_entries/flow"
LINK = re.compile(r'<a href="([^"]+)" target="_blank">([\w.]+)</a>')

pytestmark = pytest.mark.usefixtures("frontend_of_settings")

type Browser = TestClient[Any, Any]


@pytest.fixture
async def frontend_of_settings(home: Home) -> None:
    """Have what the frontend's settings talk to."""
    assert await async_setup_component(home.hass, "config", {})


async def send(browser: Browser, url: str, data: dict[str, Any]) -> dict[str, Any]:
    """Send a form as the frontend does."""
    answer = await browser.post(url, json=data)
    assert answer.status == HTTPStatus.OK, await answer.text()
    form: dict[str, Any] = await answer.json()
    return form


async def confirm(browser: Browser) -> dict[str, Any]:
    """Go to the form with the links."""
    menu = await send(browser, FLOW, {"handler": "mi_bms"})
    url = f"{FLOW}/{menu['flow_id']}"
    form = await send(browser, url, {"next_step_id": "kept_keys"})
    if form["type"] == "menu":
        form = await send(browser, url, {"next_step_id": "export_keys"})
    refused = await send(browser, url, {"confirm": False})
    assert refused["errors"] == {"confirm": "not_confirmed"}
    assert form["step_id"] == refused["step_id"]
    form = await send(browser, url, {"confirm": True})
    assert form["step_id"] == "download"
    return form


def links(form: dict[str, Any]) -> dict[str, str]:
    """Return where the links of the form lead, by the name of the file."""
    shown = form["description_placeholders"]
    found = [LINK.fullmatch(shown[name]) for name in ("mi32cfg", "list")]
    return {one[2]: one[1].replace("&amp;", "&") for one in found if one}


async def test_the_files(
    home: Home,
    hass_client: ClientSessionGenerator,
    hass_client_no_auth: ClientSessionGenerator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    await home.add(thermometer())
    browser = await hass_client()
    form = await confirm(browser)
    assert form["description_placeholders"]["minutes"] == "5"
    assert form["description_placeholders"]["notes"] == ""
    where = links(form)
    assert set(where) == {"mi32cfg", "keys.txt"}

    # The signature alone opens the link: a browser sends nothing else along.
    stranger = await hass_client_no_auth()
    file = await stranger.get(where["mi32cfg"])
    assert file.status == HTTPStatus.OK
    assert await file.read() == (
        f'[{{"MAC":"A4C13800055B","PID":"055b","key":"{KEY.upper()}"}}]\0'.encode()
    )
    assert file.headers["Cache-Control"] == "no-store"
    assert file.headers["Content-Disposition"] == 'attachment; filename="mi32cfg"'
    text = await stranger.get(where["keys.txt"])
    assert await text.text() == f"{ADDRESS} {KEY} # Thermometer 055B\n"

    again = await stranger.get(where["mi32cfg"])
    assert again.status == HTTPStatus.GONE
    assert "used already" in await again.text()

    done = await send(browser, f"{FLOW}/{form['flow_id']}", {})
    assert (done["type"], done["reason"]) == ("abort", "exported")
    logged = "\n".join(
        one.getMessage()
        for one in caplog.records
        if not one.getMessage().startswith("Writing data to")
    )
    assert KEY not in logged.lower()


async def test_the_links_end_with_the_form_and_with_time(
    home: Home,
    hass_client: ClientSessionGenerator,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    await home.add(thermometer())
    browser = await hass_client()
    form = await confirm(browser)
    assert (await browser.delete(f"{FLOW}/{form['flow_id']}")).status == HTTPStatus.OK
    stranger = await hass_client_no_auth()
    assert (await stranger.get(links(form)["mi32cfg"])).status == HTTPStatus.GONE

    form = await confirm(browser)
    shown = await (await browser.get(f"{FLOW}/{form['flow_id']}")).json()
    assert links(shown) == links(form)
    await home.clock.leap(301)
    late = await stranger.get(links(form)["mi32cfg"])
    assert late.status == HTTPStatus.UNAUTHORIZED


async def test_forms_of_two_people_do_not_disturb_each_other(
    home: Home, hass_client: ClientSessionGenerator
) -> None:
    await home.add(thermometer())
    browser = await hass_client()
    first, second = await confirm(browser), await confirm(browser)
    await send(browser, f"{FLOW}/{first['flow_id']}", {})
    gone = await browser.get(links(first)["mi32cfg"])
    assert gone.status == HTTPStatus.GONE
    good = await browser.get(links(second)["mi32cfg"])
    assert good.status == HTTPStatus.OK


async def test_only_the_signature_and_an_administrator_open_a_link(
    home: Home,
    hass_client: ClientSessionGenerator,
    hass_client_no_auth: ClientSessionGenerator,
    hass_read_only_access_token: str,
) -> None:
    await home.add(thermometer())
    browser = await hass_client()
    path = links(await confirm(browser))["mi32cfg"].partition("?")[0]
    stranger = await hass_client_no_auth()
    assert (await stranger.get(path)).status == HTTPStatus.UNAUTHORIZED
    guest = await hass_client(hass_read_only_access_token)
    assert (await guest.get(path)).status == HTTPStatus.UNAUTHORIZED
    asked = await guest.post(FLOW, json={"handler": "mi_bms"})
    assert asked.status == HTTPStatus.UNAUTHORIZED
    assert (await browser.get(path)).status == HTTPStatus.OK


async def test_a_link_is_for_the_administrator_who_asked_alone(
    home: Home,
    hass_client: ClientSessionGenerator,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    """Nor does somebody else's try use it up."""
    await home.add(thermometer())
    browser = await hass_client()
    where = links(await confirm(browser))["mi32cfg"]
    user, secret = await person(home.hass, "administrator")
    second = await hass_client(secret)
    assert user.is_admin
    for path in (where, where.partition("?")[0]):
        assert (await second.get(path)).status == HTTPStatus.GONE
    stranger = await hass_client_no_auth()
    assert (await stranger.get(where)).status == HTTPStatus.OK


async def test_a_link_ends_with_time_whoever_signs_it(
    home: Home, hass_client: ClientSessionGenerator
) -> None:
    """The form may stay open for days."""
    await home.add(thermometer())
    browser = await hass_client()
    path = links(await confirm(browser))["mi32cfg"].partition("?")[0]
    await home.clock.leap(301)
    assert (await browser.get(path)).status == HTTPStatus.GONE


async def test_what_does_not_fit_is_told(
    home: Home, hass_client: ClientSessionGenerator
) -> None:
    await home.add(thermometer())
    lines = [f"A4:C1:38:01:00:{number:02X} {number:032x}" for number in range(3)]
    await take(home, await paste(home, "\n".join(lines)), "A4:C1:38:01:00:01")
    many = ",".join(
        f'{{"MAC":"A4C13802{number:04X}","PID":"055b","key":"{number:032x}"}}'
        for number in range(40)
    )
    form = await paste(home, f"[{many}]")
    await take(home, form, *(f"A4:C1:38:02:00:{number:02X}" for number in range(40)))
    form = await confirm(await hass_client())
    notes = form["description_placeholders"]["notes"]
    assert "room for 32 sensors" in notes
    assert "A4:C1:38:01:00:01" in notes


async def test_what_tasmotas_file_says_besides_comes_out_again(
    home: Home, hass_client: ClientSessionGenerator, hass_storage: dict[str, Any]
) -> None:
    """Of a sensor with a key, of one without, and after a restart."""
    device = KINDS["ATC1441"](address=CLEAR)
    home.air.add(device)
    home.shout(device)
    file = (
        f'[{{"MAC":"A4C13800055B","PID":"055b","key":"{KEY.upper()}",'
        '"name":"Attic","feat":137,"room":{"floor":[2,null]}},'
        f'{{"MAC":"5448E60007F6","PID":"07f6","key":"{OTHER.upper()}"}},'
        '{"MAC":"A4C138001441","PID":"0a1c","key":"","room":"Hall"}]'
    )
    await take(home, await paste(home, file + "\0"), ADDRESS, CLEAR, UNHEARD)
    await home.clock.run(5)
    kept = hass_storage["mi_bms.keys"]["data"]["extras"]
    assert set(kept) == {ADDRESS, CLEAR}
    home.shout(device)
    await home.clock.settle()
    form = await confirm(browser := await hass_client())
    content = await (await browser.get(links(form)["mi32cfg"])).read()
    assert content == file.encode() + b"\0"


async def test_a_clock_that_never_names_its_product_is_in_the_file(
    home: Home, hass_client: ClientSessionGenerator
) -> None:
    clock = KINDS["CGD1"](address="58:2D:34:00:05:76")
    entry = await home.add(clock)
    assert not entry.data.get("product_id")
    await home.add(thermometer())
    browser = await hass_client()
    where = links(await confirm(browser))
    file = await browser.get(where["mi32cfg"])
    assert b'{"MAC":"582D34000576","PID":"0576","key":""}' in await file.read()
