"""From "installed" to "everything is there": the walk of a person who owns 22 devices."""

from collections.abc import Callable, Iterator, Mapping
import re
import tomllib
from typing import Any, Final

from playwright.sync_api import Browser, expect
import pytest

from . import walk
from .conftest import FIGURES, SHOTS
from .home import ROOT, running
from .wizard import BATTERY_TIME, Wizard, log_in, new_context

WORLD: Final = ROOT / "tests" / "world" / "scenarios" / "default.toml"
OWNED: Final = tomllib.loads(WORLD.read_text(encoding="utf-8"))["device"]
KEYS: Final = "\n".join(
    f"{one['address']} {one['key']}" for one in OWNED if "key" in one
)
AT_ONCE: Final = re.compile(r"Add all \d+ at once")
MISSING: Final = re.compile(r"Enter the missing keys \(\d+\)")
# What a person may have to click, and meet.
MOST_CLICKS: Final = 4  # from "installed" to all devices
MOST_WITH_KEYS: Final = 12
MOST_TILES: Final = 9  # of a device

type Visit = Callable[..., Wizard]
type Figures = dict[str, object]

LOOKS: Final[dict[str, dict[str, Any]]] = {
    "desktop": {},
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "is_mobile": True,
        "has_touch": True,
    },
    "dark": {"color_scheme": "dark"},
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a Home Assistant in which nothing of ours is set up yet."""
    with running(tmp_path_factory.mktemp("house"), WORLD) as address:
        yield address


@pytest.fixture(scope="module")
def visit(
    request: pytest.FixtureRequest, house: str, chromium: Browser
) -> Iterator[Visit]:
    """Open pages of this house."""
    first = new_context(chromium, house)
    tokens = log_in(first.new_page(), house)
    first.close()
    opened = []

    def open_page(**options: Any) -> Wizard:
        page = new_context(chromium, house, tokens, **options).new_page()
        walk.count_clicks(page)
        opened.append(page)
        return Wizard(page, house, request.config.stash[SHOTS])

    yield open_page
    for page in opened:
        page.context.close()


@pytest.fixture(scope="module")
def figures(request: pytest.FixtureRequest) -> dict[str, object]:
    """Return where what was counted is put; it is printed at the end."""
    return request.config.stash[FIGURES]


def fill_the_house(wizard: Wizard) -> None:
    """Add everything that is heard."""
    wizard.add_integration(from_here=True)
    wizard.at("Add a sensor or a battery")
    wizard.shot("910 ways to add")
    wizard.flow.get_by_text(AT_ONCE).click()
    wizard.says(re.compile(r"Devices added: \d+\."), timeout=2 * BATTERY_TIME)
    wizard.shot("912 added")


def paste_all_keys(wizard: Wizard) -> None:
    """Give every sensor that has a key its own, from the end of adding them."""
    wizard.flow.get_by_text(MISSING).click()
    wizard.choose("Paste or upload")
    wizard.paste("Text", KEYS)
    wizard.submit()
    wizard.at("Preview")
    wizard.shot("921 preview")
    wizard.submit()
    # What else is left to do is still offered.
    wizard.at("What is left to do")
    wizard.says(re.compile(r"Devices with a new key: \d+\."))
    wizard.shot("922 keys pasted")
    wizard.close("close")


@pytest.mark.parametrize("look", LOOKS)
def test_what_is_discovered(visit: Visit, look: str) -> None:
    wizard = visit(**LOOKS[look])
    wizard.integrations()
    expect(wizard.discovery("")).to_have_count(len(OWNED), timeout=BATTERY_TIME)
    wizard.shot(f"900 discovered, {look}")
    assert walk.cut_alike(wizard.page) == []


def test_everything_at_once_and_all_keys(visit: Visit, figures: Figures) -> None:
    wizard = visit()
    wizard.integrations()
    page = wizard.page
    fill_the_house(wizard)
    shown = figures["clicks until all are shown"] = walk.clicks(page)
    assert len(walk.entries(page)) == len(OWNED)
    paste_all_keys(wizard)
    keyed = figures["clicks until all have their keys"] = walk.clicks(page)
    assert len(walk.entries(page)) == len(OWNED)
    # The counter counts: so many there are at least.
    assert 3 <= shown <= MOST_CLICKS
    assert shown + 5 <= keyed <= MOST_WITH_KEYS
    walk.until(page, lambda: all(one.values for one in walk.devices(page)))
    found = walk.devices(page)
    assert {one.name: one.unknown for one in found if one.unknown} == {}
    assert {one.name: one.twins for one in found if one.twins} == {}


@pytest.mark.parametrize("look", LOOKS)
def test_the_generated_overview(visit: Visit, look: str, figures: Figures) -> None:
    wizard = visit(**LOOKS[look])
    wizard.page.goto(f"{wizard.base}/home/other-devices")
    expect(wizard.page.locator("hui-heading-card").first).to_be_visible()
    wizard.tall_shot(f"930 overview, {look}")
    most = max(tiles for _, tiles in walk.tiles(wizard.page))
    figures[f"most tiles of a device, {look}"] = most
    assert 1 < most <= MOST_TILES
    assert walk.cut_alike(wizard.page) == []


@pytest.mark.parametrize("look", LOOKS)
def test_pages_of_a_battery_and_a_sensor(visit: Visit, look: str) -> None:
    wizard = visit(**LOOKS[look])
    wizard.integrations()
    ours = walk.devices(wizard.page)
    for name in ("JBD-SP04S020", "055B"):
        device = next(one for one in ours if name in one.name)
        wizard.page.goto(f"{wizard.base}/config/devices/device/{device.id}")
        expect(wizard.device()).to_be_visible()
        wizard.tall_shot(f"940 page of {name}, {look}")
        assert walk.cut_alike(wizard.page) == []


def _agrees(shown: Mapping[str, str]) -> bool:
    if not {"Time to empty", "Current"} <= shown.keys():
        return False
    charging = shown["Time to empty"] == "unavailable"
    return float(shown["Current"]) > 0 if charging else float(shown["Current"]) < 0


def test_pictures_of_the_readme(visit: Visit) -> None:
    """Take what stands in ``.github/images`` under the same names; others come with their tests."""
    wizard = visit(viewport={"width": 860, "height": 780})
    wizard.page.goto(f"{wizard.base}/home/other-devices")
    expect(wizard.page.locator("hui-heading-card").first).to_be_visible()

    def jbd() -> walk.Device:
        return next(one for one in walk.devices(wizard.page) if "JBD" in one.name)

    wizard.page.goto(f"{wizard.base}/config/devices/device/{jbd().id}")
    expect(wizard.device()).to_be_visible()
    # Times follow the mean of some minutes; a current that just went the other way looks like a fault.
    walk.until(wizard.page, lambda: _agrees(jbd().main))
    # So much shows the cells, too.
    wizard.page.set_viewport_size({"width": 860, "height": 1420})
    wizard.picture("battery", beneath=56)


@pytest.mark.parametrize("word", ["xiaomi", "battery", "bms", "mi bms"])
def test_found_by_the_words_people_type(visit: Visit, word: str) -> None:
    wizard = visit()
    wizard.integrations()
    wizard.page.get_by_role("button", name="Add integration").click()
    dialog = wizard.page.locator("dialog-add-integration")
    dialog.get_by_placeholder("Search for a brand name").fill(word)
    expect(dialog.get_by_role("button", name="Mi BMS")).to_be_visible()
    wizard.shot(f"950 typed {word}")
