"""The dashboard that makes itself, in a real house: cards without a fault, on a desk and on a phone."""

from collections.abc import Callable
from importlib.resources import files
import re
from typing import Final

from playwright.sync_api import expect
import pytest

from . import walk
from .wizard import BATTERY_TIME, DARK_PHONE, Wizard

PATH: Final = "batteries-sensors"
VIEWS: Final = {
    "batteries": "mi-bms-battery-card",
    "sensors": "mi-bms-sensor-card",
    "reception": "mi-bms-reception-card",
}
LOOKS: Final = {
    "desktop": {"viewport": {"width": 1280, "height": 1600}},
    "dark phone": DARK_PHONE,
}
# What the README begins with: it stands in .github/images under the same names.
PICTURES: Final = {
    "dashboard": {"viewport": {"width": 1280, "height": 800}},
    "dashboard-dark": {
        "viewport": {"width": 1280, "height": 800},
        "color_scheme": "dark",
    },
    "phone": {"viewport": {"width": 390, "height": 700}, "is_mobile": True},
    "phone-dark": {
        "viewport": {"width": 390, "height": 700},
        "is_mobile": True,
        "color_scheme": "dark",
    },
}
AXE: Final = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
JUDGE: Final = """async card => (await axe.run(card, {resultTypes: ["violations"]})).violations
  .map(({id, nodes}) => [id, nodes[0].html, nodes[0].failureSummary])"""


def fill(wizard: Wizard) -> None:
    """Set up all that is heard."""
    wizard.add_integration()
    wizard.choose("Add everything nearby")
    wizard.at("Everything nearby")
    wizard.submit()
    wizard.says(re.compile(r"Devices added: \d+\."), timeout=2 * BATTERY_TIME)
    wizard.choose("Done")
    wizard.close("close")


def make(wizard: Wizard) -> None:
    """Store a dashboard of one line, once, in a house that is filled already or now."""
    wizard.integrations()
    dashboards = walk.call(wizard.page, "lovelace/dashboards/list")
    if any(one["url_path"] == PATH for one in dashboards):
        return
    if not walk.call(wizard.page, "config_entries/get", domain="mi_bms"):
        fill(wizard)
    walk.call(
        wizard.page,
        "lovelace/dashboards/create",
        url_path=PATH,
        title="Batteries and sensors",
        mode="storage",
        require_admin=False,
        show_in_sidebar=True,
    )
    walk.call(
        wizard.page,
        "lovelace/config/save",
        url_path=PATH,
        config={"strategy": {"type": "custom:mi-bms"}},
    )


@pytest.mark.parametrize("look", LOOKS)
def test_the_dashboard(open_wizard: Callable[..., Wizard], look: str) -> None:
    make(open_wizard())
    wizard = open_wizard(**LOOKS[look])
    for view, card in VIEWS.items():
        wizard.page.goto(f"{wizard.base}/{PATH}/{view}")
        first = wizard.page.locator(card).first
        expect(first.locator(".body")).not_to_have_class(re.compile("quiet"))
        if view == "batteries":
            expect(first.locator(".digits")).to_contain_text("%", timeout=BATTERY_TIME)
        expect(wizard.page.locator("hui-error-card")).to_have_count(0)
        wizard.settle()
        wizard.keep(f"980 {view}, {look}")
        wizard.page.evaluate(AXE)
        assert not first.evaluate(JUDGE)
        wide = "document.documentElement.scrollWidth - innerWidth"
        assert wizard.page.evaluate(wide) <= 0


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_of_it(open_wizard: Callable[..., Wizard], name: str) -> None:
    make(open_wizard())
    wizard = open_wizard(**PICTURES[name])
    wizard.page.goto(f"{wizard.base}/{PATH}/batteries")
    first = wizard.page.locator(VIEWS["batteries"]).first
    expect(first.locator(".digits")).to_contain_text("%", timeout=BATTERY_TIME)
    wizard.shot(name)
