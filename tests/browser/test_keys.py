"""Many keys at once, and all of them out again."""

import re

from playwright.sync_api import expect

from .wizard import Wizard

# A file of Tasmota's, a plain line, a command for a sensor that is not heard, a key that is too
# short, and a line without a key.
PASTE = """[{"mac":"A4C138000C02","key":"5b0500112233445566778899aabbcc01","name":"Hall"}]
A4:C1:38:00:0C:0C 870300112233445566778899aabbcc03
MI32Key 00112233445566778899aabbccddeeffA4C138000C55
A4:C1:38:00:0C:56 1234
just a remark
"""


def test_keys_pasted_and_previewed(wizard: Wizard) -> None:
    wizard.add_integration()
    wizard.choose("Enter keys")
    wizard.at("Where are the keys?")
    wizard.shot("300 where keys are")
    wizard.choose("Paste or upload")
    wizard.at("Paste or upload keys")
    wizard.shot("301 paste")
    wizard.fill("Text", "no key at all")
    wizard.submit()
    wizard.says("No key was found")
    wizard.shot("302 no key in it")
    wizard.fill("Text", PASTE)
    wizard.submit()
    wizard.at("Preview")
    wizard.shot("303 preview")
    ticked = wizard.flow.get_by_role("checkbox", name="A4:C1:38:00:0C:0C")
    expect(ticked).to_be_checked()
    wizard.submit()
    wizard.says(re.compile(r"Devices added: \d\."))
    wizard.shot("304 taken")


def test_export(wizard: Wizard) -> None:
    wizard.action("mi_bms.export_keys")
    wizard.settle()
    wizard.keep("310 export")
    # The frontend asks for the field before the action can.
    wizard.perform("requires field confirm")
    wizard.keep("311 export not confirmed")
    wizard.switch("I know that this shows all keys")
    wizard.perform("too_big_for_tasmota")
    wizard.keep("312 exported")
