"""From one card to a filled house, counted in clicks; the list is looked at on a phone, too."""

import re

from playwright.sync_api import expect

from . import walk
from .test_first_minutes import (
    LOOKS,
    MOST_CLICKS,
    OWNED,
    Figures,
    Visit,
    figures,
    house,
    visit,
)
from .wizard import BATTERY_TIME, Wizard

__all__ = ["figures", "house", "visit"]  # fixtures

ALL = re.compile(r"Add all \d+ that are heard")


def open_list(wizard: Wizard, number: int, look: str) -> None:
    """Go from one of the cards to the list of everything."""
    wizard.discovery("").nth(number).get_by_role("button", name="Add").click()
    wizard.says("Bluetooth address")
    wizard.shot(f"960 card, {look}")
    wizard.flow.get_by_text(ALL).click()
    wizard.at("Everything nearby")
    wizard.tall_shot(f"961 list, {look}")


def test_from_a_card_to_all(visit: Visit, figures: Figures) -> None:
    wizard, phone = visit(), visit(**LOOKS["phone"])
    for one in (wizard, phone):
        one.integrations()
        expect(one.discovery("")).to_have_count(len(OWNED), timeout=BATTERY_TIME)
    open_list(phone, 1, "phone")
    open_list(wizard, 0, "desktop")
    before = walk.clicks(wizard.page)
    wizard.switch("Add all that need a key without it for now")
    assert walk.clicks(wizard.page) == before + 1
    wizard.submit()
    wizard.says(re.compile(r"Devices added: \d+\."), timeout=2 * BATTERY_TIME)
    wizard.shot("962 what is left")
    shown = figures["clicks from a card until all are shown"] = walk.clicks(wizard.page)
    assert 3 <= shown <= MOST_CLICKS
    assert len(walk.entries(wizard.page)) == len(OWNED)
    wizard.flow.get_by_text("The same devices in other integrations").click()
    wizard.at("The same devices elsewhere")
    wizard.tall_shot("963 elsewhere")
    wizard.submit()
    wizard.at("What is left to do", timeout=BATTERY_TIME)
    wizard.choose("Done")
    wizard.says("Devices added")
    wizard.shot("964 done")
    wizard.close("close")
    expect(wizard.discovery("")).to_have_count(0)
    wizard.shot("965 cards that are left")
