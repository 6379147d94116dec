"""Several batteries that become one: what is refused, what is changed, and one that is removed."""

from typing import Any, Final

from playwright.sync_api import expect
import pytest

from . import walk
from .wizard import BATTERY_TIME, DARK_PHONE, Wizard

LEFT, RIGHT, SPARE, DOUBLE = (
    f"Battery JBD-{one}"
    for one in ("left 0C16", "right 0C17", "spare 0C18", "double 0C19")
)
BANK: Final = "Cellar"
LABEL: Final = "Batteries"
PARALLEL: Final = "In parallel: plus to plus, minus to minus"
SERIES: Final = "In series: one after the other, the voltages add up"
STRINGS: Final = "Strings: some in series, and these side by side"
LOOKS: Final = {"desktop": {}, "dark phone": DARK_PHONE}


def take(wizard: Wizard, *names: str) -> None:
    """Leave these members in the form, in this order, and no others."""
    while (left := wizard.flow.locator("ha-input-chip")).count():
        count = left.count()
        left.first.get_by_role("button", name="Remove").click()
        expect(left).to_have_count(count - 1)
    for name in names:
        wizard.choose_custom(LABEL, name)
        expect(
            wizard.flow.locator("ha-input-chip").filter(has_text=name)
        ).to_be_visible()


def read(wizard: Wizard) -> str | None:
    """Return how many batteries of the bank are read."""
    states = {
        one["entity_id"]: one["state"] for one in walk.call(wizard.page, "get_states")
    }
    for one in walk.call(wizard.page, "config/entity_registry/list"):
        if (
            one["unique_id"].startswith("bank-")
            and "batteries_read" in one["unique_id"]
        ):
            return states.get(one["entity_id"])
    return None


def test_what_is_refused_and_what_is_doubted(wizard: Wizard) -> None:
    for name in (LEFT, RIGHT, SPARE, DOUBLE):
        wizard.add_discovered(name)
        wizard.choose("Add this one")
        wizard.at("Is this the one?", timeout=BATTERY_TIME)
        wizard.submit()
        wizard.finish()
    wizard.add_integration()
    wizard.choose("Combine batteries")
    wizard.at("Combine batteries")
    wizard.shot("600 a bank")
    expect(wizard.flow.locator("ha-input-chip")).to_have_count(0)
    wizard.fill("Name", BANK)
    take(wizard, LEFT, DOUBLE)
    wizard.submit()
    wizard.says("must have the same voltage")
    wizard.shot("601 bank, voltages differ")
    take(wizard, LEFT, RIGHT, SPARE)
    wizard.pick("Wiring", STRINGS)
    wizard.fill_number("Batteries in each string", "2")
    wizard.submit()
    wizard.says("cannot be divided into strings of that length")
    wizard.shot("602 bank, uneven strings")
    wizard.pick("Wiring", SERIES)
    wizard.submit()
    wizard.at("Batteries of different size in a row")
    wizard.shot("603 bank, doubt")
    wizard.submit()
    wizard.created()
    wizard.shot("604 bank made")
    wizard.finish()
    walk.until(wizard.page, lambda: read(wizard) == "3")
    wizard.tall_shot("605 bank's page")


@pytest.mark.parametrize("look", LOOKS)
def test_it_is_changed(open_wizard: Any, look: str) -> None:
    wizard = open_wizard(**LOOKS[look])
    wizard.entry_menu(BANK, "Reconfigure")
    wizard.at("Combine batteries")
    wizard.shot(f"610 bank, change, {look}")
    take(wizard, RIGHT, LEFT)
    wizard.pick("Wiring", PARALLEL)
    wizard.shot(f"611 bank, changed, {look}")
    wizard.submit()
    wizard.says("The change is saved")
    wizard.shot(f"612 bank, change kept, {look}")
    wizard.close("close|finish")
    walk.until(wizard.page, lambda: read(wizard) == "2")
    wizard.configure(BANK)
    wizard.at("This bank")
    wizard.shot(f"613 bank, what to set, {look}")
    wizard.choose("What the bank tells")
    wizard.shot(f"614 bank, options, {look}")


def test_one_is_removed_and_has_a_successor(open_wizard: Any) -> None:
    wizard = open_wizard()
    wizard.entry_menu(LEFT, "Delete")
    wizard.page.get_by_role("button", name="Delete").last.click()
    expect(wizard.entry(LEFT)).to_have_count(0)
    for look, settings in LOOKS.items():
        wizard = open_wizard(**settings)
        wizard.page.goto(f"{wizard.base}/config/repairs")
        wizard.page.get_by_text(BANK).first.click()
        wizard.says("no longer set up")
        wizard.shot(f"620 repair of a bank, {look}")
    wizard.choose("Choose its successor")
    wizard.pick("Battery", SPARE)
    wizard.shot("621 successor")
    wizard.submit()
    wizard.says("repaired")
    wizard.shot("622 repaired")
    wizard.integration()
    expect(wizard.entry(BANK).first).to_be_visible()
    walk.until(wizard.page, lambda: read(wizard) == "2")
