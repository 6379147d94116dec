"""Moving in from other integrations and back, walked whole in one language after the other."""

from collections.abc import Iterator
import json
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page
import pytest

from tests.e2e import peers

from . import walk
from .conftest import FIGURES, SHOTS
from .home import Other, furnish, running
from .moving import BATTERY, KEYED, PLAIN, REMOTE, SHED, TWICE, Mover
from .test_languages import EACH, OTHERS
from .tongue import texts
from .wizard import log_in, new_context

WORLD: Final = Path(__file__).with_name("takeover.toml")
MISCHIEF: Final = "mischief"
KEY: Final = {"bindkey": "5b0500112233445566778899aabbcc1a"}
OURS: Final = {"kind": "sensor", "address": TWICE, "product": None, "model": None}
PEERS: Final[tuple[Other, ...]] = (
    ("xiaomi_ble", PLAIN, "Cellar", {}),
    ("xiaomi_ble", KEYED, "Attic", {**KEY}),
    ("bthome", SHED, "Shed", {}),
    ("bms_ble", BATTERY, "Caravan", {"type": "aiobmsble.bms.jbd_bms"}),
    ("xiaomi_ble", TWICE, "Kitchen", {}),
    ("mi_bms", TWICE, "Thermometer 1A06", {**OURS}),
    ("xiaomi_ble", REMOTE, "Hall", {}),
    (MISCHIEF, None, "What goes wrong", {}),
)
# What others read in the end, by the integration.
READ: Final = {"bms_ble": 1, "bthome": 1, "esphome": 2, "xiaomi_ble": 3}
QUANTITY: Final = "temperature"
# The longest words; all forms take two minutes in each.
WALKED: Final = OTHERS if EACH else ["de"]
FORMS: Final = "forms of moving in, by language"
REFUSALS: Final = [
    path.rpartition(".")[2]
    for path in texts("en")
    if path.startswith("selector.takeover_refusal.options.")
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where the configuration stands."""
    return tmp_path_factory.mktemp("house")


@pytest.fixture(scope="module")
def house(folder: Path) -> Iterator[str]:
    """Return the address of a Home Assistant whose other integrations read the devices."""
    furnish(folder, PEERS, MISCHIEF)
    peers.furnish(folder, ())
    with running(folder, WORLD) as address:
        yield address


@pytest.fixture(scope="module")
def logged_in(folder: Path, house: str, chromium: Browser) -> str:
    """Log in by the form, wait until all is read, and make an automation that waits for a remote."""
    context = new_context(chromium, house)
    page = context.new_page()
    try:
        tokens = log_in(page, house)
        walk.until(page, lambda: all_read(page))
        automate(page, folder)
        return tokens
    finally:
        context.close()


def automate(page: Page, folder: Path) -> None:
    """Make an automation that begins with the remote as the other integration reads it."""
    (remote,) = (
        one["id"]
        for one in walk.call(page, "config/device_registry/list")
        if ["bluetooth", REMOTE] in one["connections"]
    )
    trigger = {
        "trigger": "device",
        "domain": "xiaomi_ble",
        "device_id": remote,
        "type": "button_on",
        "subtype": "press",
    }
    lights = {"id": "1", "alias": "Lights", "triggers": [trigger], "actions": []}
    with (folder / "configuration.yaml").open("a", encoding="utf-8") as file:
        file.write(f"automation: {json.dumps([lights])}\n")
    walk.call(page, "call_service", domain="automation", service="reload")


def temperatures(page: Page) -> dict[str, str]:
    """Return whose the temperatures of the house are, by their entity id, where they have a value."""
    rows = walk.call(page, "config/entity_registry/list")
    states = {one["entity_id"]: one["state"] for one in walk.call(page, "get_states")}
    return {
        one["entity_id"]: one["platform"]
        for one in rows
        if one["unique_id"].casefold().endswith(QUANTITY)
        and not states.get(one["entity_id"], "un").startswith("un")
    }


def all_read(page: Page) -> bool:
    """Return whether the others read everything."""
    read = [one for one in temperatures(page).values() if one != "mi_bms"]
    return {one: read.count(one) for one in read} == READ


@pytest.mark.parametrize("language", WALKED)
def test_moving_in(
    request: pytest.FixtureRequest,
    house: str,
    chromium: Browser,
    logged_in: str,
    language: str,
) -> None:
    context = new_context(chromium, house, logged_in, locale=language)
    chosen = json.dumps(json.dumps(language))
    context.add_init_script(f"localStorage.setItem('selectedLanguage', {chosen})")
    mover = Mover(context.new_page(), house, request.config.stash[SHOTS], language)
    try:
        through_all_forms(mover)
    except BaseException:
        mover.keep(f"FAILED {language} moving in")
        raise
    finally:
        context.close()
    assert not mover.complaints, "the browser's console complains"
    walked = request.config.stash[FIGURES].setdefault(FORMS, {})
    walked[language] = len(mover.looked_at)


def through_all_forms(mover: Mover) -> None:
    """Move everything, look at all that can go wrong, and have all as before."""
    page = mover.page
    page.goto(f"{mover.base}/config/integrations/dashboard")
    mover.theirs("ui.panel.config.integrations.add_integration")
    walk.call(page, "config/core/update", language=mover.language)
    before = temperatures(page)
    mover.one_by_one(REFUSALS)
    mover.battery()
    mover.from_where()
    mover.the_house()
    # Those that moved have a value again, each under the name that it had.
    walk.until(page, lambda: before.keys() <= temperatures(page).keys())
    mover.repairs()
    mover.ends()
    mover.as_before()
    walk.until(page, lambda: all_read(page))
