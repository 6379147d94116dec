"""Moving in from Home Assistant's own integrations: one sensor by its card and back, then the whole house."""

from collections.abc import Iterator
from pathlib import Path
import re
from typing import Final

from playwright.sync_api import Browser, Page, expect
import pytest

from . import walk
from .conftest import FAILED, SHOTS
from .home import Other, furnish, running
from .wizard import Wizard, log_in, new_context

WORLD: Final = Path(__file__).with_name("takeover.toml")
PEERS: Final[tuple[Other, ...]] = (
    ("xiaomi_ble", "58:2D:34:00:1A:01", "Cellar", {}),
    (
        "xiaomi_ble",
        "A4:C1:38:00:1A:02",
        "Attic",
        {"bindkey": "5b0500112233445566778899aabbcc1a"},
    ),
    ("bthome", "A4:C1:38:00:1A:03", "Shed", {}),
)
CARD: Final = "Thermometer 1A01"
QUANTITY: Final = "temperature"
# What of a text is wider than the dialog that shows it.
CUT_OFF: Final = """() => {
    const all = root => [...root.querySelectorAll("*")]
        .flatMap(one => [one, ...(one.shadowRoot ? all(one.shadowRoot) : [])]);
    return all(document).filter(one => one.localName === "ha-markdown-element"
        && one.scrollWidth > one.clientWidth + 1).map(one => one.innerText);
}"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a Home Assistant whose own integrations read the sensors."""
    folder = tmp_path_factory.mktemp("house")
    furnish(folder, PEERS)
    with running(folder, WORLD) as address:
        yield address


@pytest.fixture
def wizard(
    request: pytest.FixtureRequest, house: str, chromium: Browser
) -> Iterator[Wizard]:
    """Return a page of this house that is logged in, after its sensors were heard."""
    first = new_context(chromium, house)
    tokens = log_in(first.new_page(), house)
    first.close()
    context = new_context(chromium, house, tokens)
    wizard = Wizard(context.new_page(), house, request.config.stash[SHOTS])
    wizard.integrations()
    walk.until(wizard.page, lambda: len(temperatures(wizard.page)) >= len(PEERS))
    yield wizard
    if request.node.stash.get(FAILED, False):
        wizard.keep(f"FAILED {request.node.name}")
    context.close()
    assert not wizard.complaints


def temperatures(page: Page) -> dict[str, str]:
    """Return whose the temperatures of the house are, by their entity id, where they have a value."""
    rows = walk.call(page, "config/entity_registry/list")
    states = {one["entity_id"]: one["state"] for one in walk.call(page, "get_states")}
    return {
        one["entity_id"]: one["platform"]
        for one in rows
        if one["unique_id"].endswith(f"-{QUANTITY}")
        and not states.get(one["entity_id"], "un").startswith("un")
    }


def cut_off(page: Page) -> list[str]:
    """Return the texts that do not fit into the dialog."""
    found: list[str] = page.evaluate(CUT_OFF)
    return found


def until_whose(page: Page, *platforms: str) -> None:
    """Wait until the temperatures are those of these integrations."""
    walk.until(page, lambda: sorted(temperatures(page).values()) == sorted(platforms))


def press(wizard: Wizard, name: str) -> None:
    """Send a form whose button has a name of its own."""
    wizard.flow.get_by_role("button", name=name, exact=True).click()


def test_a_card_then_the_way_back_then_the_whole_house(wizard: Wizard) -> None:
    before = temperatures(wizard.page)
    move_one(wizard)
    assert temperatures(wizard.page).keys() == before.keys()
    give_back(wizard)
    until_whose(wizard.page, *before.values())
    assert temperatures(wizard.page) == before
    move_all(wizard)
    until_whose(wizard.page, *["mi_bms"] * len(before))
    assert temperatures(wizard.page).keys() == before.keys()
    finish(wizard)


def move_one(wizard: Wizard) -> None:
    """Move one sensor by its card."""
    wizard.add_discovered(CARD)
    wizard.at("Another integration has this device")
    wizard.says('Xiaomi BLE has this device already, as "')
    wizard.shot("a00 already read")
    wizard.choose("Move it here")
    wizard.at(re.compile("Move Thermometer 1A01.* here?"))
    wizard.says("What moves keeps its history")
    wizard.tall_shot("a01 preview")
    assert not cut_off(wizard.page)
    press(wizard, "Move it here")
    wizard.created()
    wizard.says("Entities moved from Xiaomi BLE")
    wizard.shot("a02 moved")
    # The page offers the device's name where it knows already that the device is ours.
    wizard.close("finish")
    until_whose(wizard.page, "mi_bms", "xiaomi_ble", "bthome")
    look_at(wizard, CARD)
    wizard.shot("a03 its page")


def give_back(wizard: Wizard) -> None:
    """Give it back."""
    wizard.entry_menu(CARD, "Reconfigure")
    wizard.at("Change this device")
    wizard.shot("a10 what can be done")
    wizard.choose("I am content: finish the move")
    wizard.at(re.compile("Finish the move of"))
    wizard.shot("a11 content")
    wizard.close("close")
    wizard.entry_menu(CARD, "Reconfigure")
    wizard.choose("Give back")
    wizard.at(re.compile("Give .* back?"))
    wizard.shot("a12 give back")
    press(wizard, "Give back")
    wizard.says("are back in Xiaomi BLE")
    wizard.shot("a13 given back")
    wizard.close("close")


def move_all(wizard: Wizard) -> None:
    """Move everything."""
    expect(wizard.page.locator("ha-config-integration-page")).to_be_visible()
    wizard.add_integration()
    wizard.shot("a20 menu")
    wizard.choose("Take over from other integrations")
    wizard.at("Take over from other integrations")
    wizard.shot("a21 list")
    wizard.submit()
    wizard.at("Preview")
    wizard.tall_shot("a22 preview of all")
    press(wizard, "Move them here")
    wizard.says("Devices moved: 3.")
    wizard.shot("a23 all moved")
    wizard.close("close")


def look_at(wizard: Wizard, name: str) -> None:
    """Open the page of a device."""
    (device,) = (one.id for one in walk.devices(wizard.page) if one.name == name)
    wizard.page.goto(f"{wizard.base}/config/devices/device/{device}")
    expect(wizard.device()).to_be_visible()


def finish(wizard: Wizard) -> None:
    """Look at the page of the integration and at that of a device."""
    wizard.integration()
    wizard.shot("a30 entries")
    for one in walk.devices(wizard.page):
        look_at(wizard, one.name)
        wizard.shot(f"a31 {one.name}")
