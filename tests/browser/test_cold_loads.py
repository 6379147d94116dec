"""A stored dashboard is opened by a browser that has never seen it, again and again: no card is an error."""

from collections.abc import Iterator
from dataclasses import dataclass
import os
from pathlib import Path
import re
from typing import Final

from playwright.sync_api import Browser, Page, expect
import pytest

from tests.ports import free_port

from . import walk
from .conftest import FIGURES, SHOTS
from .home import running
from .test_your_dashboard import LOOKS
from .wizard import BATTERY_TIME, Wizard, log_in, new_context

WORLD: Final = Path(__file__).with_name("cold.toml")
LOADS: Final = int(os.environ.get("MI_BMS_LOADS", "3"))
VERSIONS: Final = {"newest": (), "oldest": ("--minimum",)}
MADE: Final = "mi-bms"
TYPED: Final = "our-cards"
# What is to be seen on the first view of each, and how often.
CARDS: Final = {
    MADE: {"battery": 1},
    TYPED: {"battery": 2, "bank": 2, "sensor": 1, "reception": 1},
}
ELEMENTS: Final = (
    *(f"mi-bms-{kind}-card" for kind in CARDS[TYPED]),
    "mi-bms-cells-feature",
    "mi-bms-flow-feature",
    "ll-strategy-dashboard-mi-bms",
    "ll-strategy-section-mi-bms-battery",
    "ll-strategy-section-mi-bms-batteries",
    "ll-strategy-section-mi-bms-climate",
)
MISSING: Final = "names => names.filter(name => !window.customElements.get(name))"


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """A running Home Assistant with both dashboards."""

    version: str  # of its Home Assistant
    base: str
    tokens: str


def ids_by_kind(page: Page) -> dict[str, str]:
    """Return our devices by the word that their names begin with."""
    return {one.name.partition(" ")[0]: one.id for one in walk.devices(page)}


def type_cards(page: Page) -> None:
    """Store a dashboard as people type it: each of our cards, and a section that makes itself."""
    ids = ids_by_kind(page)
    cards = [
        {"type": "custom:mi-bms-battery-card", "device": ids["Battery"]},
        {"type": "custom:mi-bms-bank-card"},
        {"type": "custom:mi-bms-sensor-card", "device": ids["Thermometer"]},
        {"type": "custom:mi-bms-reception-card"},
    ]
    sections = [
        {"type": "grid", "cards": cards},
        {"strategy": {"type": "custom:mi-bms-batteries"}},
    ]
    walk.call(
        page,
        "lovelace/dashboards/create",
        url_path=TYPED,
        title="Ours",
        mode="storage",
        require_admin=False,
        show_in_sidebar=True,
    )
    config = {"views": [{"type": "sections", "sections": sections}]}
    walk.call(page, "lovelace/config/save", url_path=TYPED, config=config)


@pytest.fixture(scope="module", params=VERSIONS)
def house(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    chromium: Browser,
) -> Iterator[House]:
    """Return a house of each version; ``script/run`` has added its devices and made our dashboard."""
    folder, port = tmp_path_factory.mktemp("house"), free_port()
    # Only there browsers let a service worker be without encryption.
    base = f"http://localhost:{port}"
    options = VERSIONS[request.param]
    with running(folder, WORLD, port=port, options=options):
        context = new_context(chromium, base)
        page = context.new_page()
        tokens = log_in(page, base)
        walk.until(page, lambda: {"Battery", "Thermometer"} <= ids_by_kind(page).keys())
        type_cards(page)
        version = walk.call(page, "get_config")["version"]
        context.close()
        yield House(version=version, base=base, tokens=tokens)


def look_at(page: Page, cards: dict[str, int]) -> None:
    """Wait until all cards of a dashboard show what they are for."""
    for kind, count in cards.items():
        bodies = page.locator(f"mi-bms-{kind}-card .body")
        expect(bodies).to_have_count(count)
        for body in bodies.all():
            expect(body).to_be_visible()
            expect(body).not_to_have_class(re.compile("quiet"))
    for digits in page.locator("mi-bms-battery-card .digits").all():
        expect(digits).to_contain_text("%", timeout=BATTERY_TIME)
    expect(page.locator("hui-error-card:visible")).to_have_count(0)
    assert page.evaluate(MISSING, list(ELEMENTS)) == []


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("path", CARDS)
def test_no_error_on_a_cold_load(
    house: House,
    chromium: Browser,
    request: pytest.FixtureRequest,
    path: str,
    look: str,
) -> None:
    config = request.config
    said: list[str] = []
    for number in range(1, LOADS + 1):
        options = {"service_workers": "allow", **LOOKS[look]}
        context = new_context(chromium, house.base, house.tokens, **options)
        page = context.new_page()
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("console", lambda one: one.type == "error" and said.append(one.text))
        try:
            page.goto(f"{house.base}/{path}")
            look_at(page, CARDS[path])
            wizard = Wizard(page, house.base, config.stash[SHOTS])
            wizard.settle()
            if number == LOADS:
                wizard.keep(f"985 {path}, cold, {look}, {house.version}")
        finally:
            context.close()
        assert not said, f"the browser's console complains on load {number}"
    config.stash[FIGURES][f"cold loads of {path}, {look}, {house.version}"] = LOADS
