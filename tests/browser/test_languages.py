"""Each language, walked once by somebody whose language it is: nothing is raw, English or cut."""

from collections.abc import Callable, Iterator
import json
import os
import re
from typing import Any, Final

from playwright.sync_api import Browser, expect
import pytest

from . import walk
from .conftest import SHOTS
from .home import WORLD, running
from .tongue import TRANSLATIONS, Speaker, left_in, phrases
from .wizard import BATTERY_TIME, log_in, new_context

# The longest words, and the letters that take other rules.
USUAL: Final = ["de", "zh-Hans"]
ALL: Final = sorted(path.stem for path in TRANSLATIONS.glob("*.json"))
OTHERS: Final = [one for one in ALL if one != "en"]
EACH: Final = os.environ.get("MI_BMS_LANGUAGES") == "all"
CHOSEN: Final = OTHERS if EACH else USUAL
SENSOR: Final = "58:2D:34:00:0C:01"
BATTERY: Final = "A5:C2:37:00:0C:06"
LOCKED: Final = "E4:AA:EC:00:0C:05"
BOARD: Final = "all-in-words"
VIEWS: Final = {
    "batteries": "mi-bms-battery-card",
    "sensors": "mi-bms-sensor-card",
    "reception": "mi-bms-reception-card",
}

type Cuts = dict[str, list[str]]
type Walk = Callable[[str], Cuts]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a Home Assistant in which nothing of ours is set up yet."""
    with running(tmp_path_factory.mktemp("house"), WORLD) as address:
        yield address


@pytest.fixture(scope="module")
def logged_in(house: str, chromium: Browser) -> str:
    """Log in by the form, and make a dashboard of ours."""
    context = new_context(chromium, house)
    page = context.new_page()
    try:
        tokens = log_in(page, house)
        make_board(page)
        return tokens
    finally:
        context.close()


def make_board(page: Any) -> None:
    """Store a dashboard of one line."""
    about = {"title": "Mi BMS", "mode": "storage", "require_admin": False}
    new = "lovelace/dashboards/create"
    walk.call(page, new, url_path=BOARD, show_in_sidebar=False, **about)
    config = {"strategy": {"type": "custom:mi-bms"}}
    walk.call(page, "lovelace/config/save", url_path=BOARD, config=config)


@pytest.fixture(scope="module")
def walked(
    request: pytest.FixtureRequest, house: str, chromium: Browser, logged_in: str
) -> Walk:
    """Return how a language is walked; it gives the labels that are cut on each page."""
    shots = request.config.stash[SHOTS]

    def one(language: str) -> Cuts:
        context = new_context(chromium, house, logged_in, locale=language)
        chosen = json.dumps(json.dumps(language))
        context.add_init_script(f"localStorage.setItem('selectedLanguage', {chosen})")
        speaker = Speaker(context.new_page(), house, shots, language)
        try:
            found = through_the_house(speaker)
        except BaseException:
            speaker.keep(f"FAILED {language}")
            raise
        finally:
            context.close()
        assert not speaker.complaints, "the browser's console complains"
        return found

    return one


@pytest.fixture(scope="module")
def english(walked: Walk) -> Cuts:
    """Return the labels that are cut on each page in English."""
    return walked("en")


def through_the_house(speaker: Speaker) -> Cuts:
    """Add, set and look, all in one language."""
    page = speaker.page
    cuts: Cuts = {}

    def look(name: str, *, tall: bool = False) -> None:
        cuts[name] = speaker.look(name, tall=tall)

    page.goto(f"{speaker.base}/config/integrations/dashboard")
    speaker.theirs("ui.panel.config.integrations.add_integration")
    walk.call(page, "config/core/update", language=speaker.language)
    speaker.clear()
    add(speaker, look)
    options(speaker, look)
    pages(speaker, look)
    return cuts


def add(speaker: Speaker, look: Callable[..., None]) -> None:
    """Add a sensor, one whose key is missing, and a battery; look at the list of everything."""
    speaker.add_integration()
    look("01 ways to add")
    speaker.take("config.step.user.menu_options.nearby")
    speaker.step("config.step.nearby")
    look("02 everything nearby", tall=True)
    speaker.add_integration()
    speaker.by_address(SENSOR)
    speaker.step("config.step.confirm")
    look("04 sensor")
    speaker.submit()
    speaker.finish()
    look("05 sensor's page", tall=True)
    speaker.add_integration()
    speaker.by_address(LOCKED)
    speaker.step("config.step.key_ways")
    look("06 a key")
    speaker.take("config.step.key_ways.menu_options.keyless")
    speaker.finish()
    speaker.add_integration()
    speaker.by_address(BATTERY)
    speaker.step("config.step.battery")
    look("07 battery")
    speaker.submit()
    speaker.step("config.step.is_it", timeout=BATTERY_TIME)
    look("08 what was read")
    speaker.submit()
    speaker.finish()
    look("09 battery's page", tall=True)


def options(speaker: Speaker, look: Callable[..., None]) -> None:
    """Look at what can be set of a battery."""
    speaker.integration()
    expect(speaker.entry("0C06").first).to_be_visible()
    look("10 our page")
    for number, (way, form) in enumerate(
        {
            "reading": "init",
            "switching": "switching",
            "charge_window": "charge_window",
        }.items(),
        12,
    ):
        speaker.configure("0C06")
        speaker.step("options.step.battery_menu")
        if form == "init":
            look("11 what to set")
        speaker.take(f"options.step.battery_menu.menu_options.{way}")
        speaker.step(f"options.step.{form}")
        look(f"{number} {way}", tall=True)
        if form == "switching":
            # What has a window has to be switched.
            speaker.allow_switching()


def pages(speaker: Speaker, look: Callable[..., None]) -> None:
    """Look at the dashboard, an action and what is to be repaired."""
    page = speaker.page
    for number, (view, card) in enumerate(VIEWS.items(), 15):
        page.goto(f"{speaker.base}/{BOARD}/{view}")
        first = page.locator(card).first
        expect(first.locator(".body")).not_to_have_class(re.compile("quiet"))
        if view == "batteries":
            expect(first.locator(".digits")).to_contain_text("%", timeout=BATTERY_TIME)
        look(f"{number} {view}")
    speaker.action("mi_bms.switch")
    look("18 action", tall=True)
    page.goto(f"{speaker.base}/config/repairs")
    row = page.locator("ha-config-repairs ha-list-item-button").first
    expect(row).to_be_visible()
    row.click()
    look("19 repair")


def test_in_english(english: Cuts) -> None:
    assert len(english) > 15, "pages are left out"


@pytest.mark.parametrize("language", CHOSEN)
def test_a_language(walked: Walk, english: Cuts, language: str) -> None:
    cuts = walked(language)
    more = {
        page: labels
        for page, labels in cuts.items()
        if len(labels) > len(english[page])
    }
    assert not more, "more labels are cut than in English"


def test_what_is_english_is_found() -> None:
    known = phrases(
        {"a": "**{name}** was read, as {family}.\n\nIt says: {told}.", "b": "On"}
    )
    assert known == {"was read, as"}
    assert left_in('- text: "Battery 1 was read,\n  as JBD"', known) == ["was read, as"]
    assert left_in("wurde gelesen: JBD", known) == []
