"""Everything that nobody has added one by one."""

import re

from playwright.sync_api import expect

from .wizard import BATTERY_TIME, Wizard


def test_add_everything_nearby(wizard: Wizard) -> None:
    wizard.add_integration()
    wizard.choose("Add everything nearby")
    wizard.at("Everything nearby")
    wizard.shot("500 everything nearby")
    wizard.unfold("Names")
    name = wizard.flow.get_by_role("textbox", name="LT-12V-1544")
    expect(name).to_have_value("Battery LT-12V-1544 0C0E")
    name.fill("Camper")
    wizard.shot("501 names")
    wizard.submit()
    wizard.says(re.compile(r"Devices added: \d+\."), timeout=2 * BATTERY_TIME)
    wizard.shot("502 added")
    wizard.choose("Done")
    wizard.close("close")
    wizard.integration()
    expect(wizard.entry("Camper").first).to_be_visible()
    wizard.shot("503 our page")
