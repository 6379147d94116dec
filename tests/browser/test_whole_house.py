"""Everything that nobody has added one by one."""

import re

from .wizard import BATTERY_TIME, Wizard


def test_add_everything_nearby(wizard: Wizard) -> None:
    wizard.add_integration()
    wizard.choose("Add everything nearby")
    wizard.at("Everything nearby")
    wizard.shot("500 everything nearby")
    wizard.flow.get_by_role("button", name="Names").click()
    wizard.tall_shot("501 names")
    wizard.submit()
    wizard.says(re.compile(r"\d devices were added"), timeout=2 * BATTERY_TIME)
    wizard.shot("502 added")
    wizard.integration()
    wizard.shot("503 our page")
