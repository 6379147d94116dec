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


# As the device writes it, the NUL at the end included.
FILE = b'[{"MAC":"A4C138000C57","PID":"055b","key":"5B0500112233445566778899AABBCC57","feat":1}]\0'
LOOSE = "5b0500112233445566778899aabb4444"
CELLAR = "A4:C1:38:00:0C:11 5b0500112233445566778899aabbcc11 # Cellar"


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
    wizard.dialog_picture("preview")
    ticked = wizard.flow.get_by_role("checkbox", name="A4:C1:38:00:0C:0C")
    expect(ticked).to_be_checked()
    wizard.submit()
    wizard.says(re.compile(r"Devices added: \d\."))
    wizard.shot("304 taken")


def test_key_file_of_a_device(wizard: Wizard) -> None:
    """A file as Tasmota's device writes it, and one that is none."""
    wizard.add_integration()
    wizard.choose("Enter keys")
    wizard.choose("Paste or upload")
    wizard.at("Paste or upload keys")
    wizard.upload("firmware.bin", bytes(range(256)) * 8)
    expect(wizard.flow.get_by_text("firmware.bin")).to_be_visible()
    wizard.submit()
    wizard.says("not a text")
    wizard.shot("305 not a text")
    wizard.upload("mi32cfg", FILE)
    expect(wizard.flow.get_by_text("mi32cfg").last).to_be_visible()
    wizard.shot("306 file chosen")
    wizard.submit()
    wizard.at("Preview")
    expect(
        wizard.flow.get_by_role("checkbox", name="A4:C1:38:00:0C:57")
    ).to_be_checked()
    wizard.shot("307 preview of a file")
    wizard.submit()
    wizard.says("Devices added: 1.")


def test_keys_of_other_integrations(wizard: Wizard) -> None:
    wizard.add_integration()
    wizard.choose("Enter keys")
    wizard.choose("Take from other integrations")
    wizard.at("Keys of other integrations")
    cellar = wizard.flow.get_by_role("checkbox", name="Cellar")
    expect(cellar).to_be_checked()
    wizard.shot("320 keys of other integrations")
    shed = wizard.flow.get_by_role("checkbox", name="Garden shed")
    # The box itself is covered by its tick.
    shed.click(force=True)
    expect(shed).not_to_be_checked()
    wizard.submit()
    wizard.says("Devices added: 1.")
    wizard.integration()
    expect(wizard.entry("Cellar").first).to_be_visible()


def test_keys_of_the_makers_account(wizard: Wizard) -> None:
    wizard.add_integration()
    wizard.choose("Enter keys")
    wizard.choose("Fetch from the maker's account")
    wizard.at("The maker's account")
    wizard.shot("330 the maker's account")
    wizard.fill("User name", "me@example.org")
    wizard.fill("Password", "guessed")
    wizard.choose_custom("Sensors", "A4:C1:38:00:0C:10")
    wizard.submit()
    wizard.says("The maker refused this password")
    wizard.shot("331 password refused")
    wizard.fill("Password", "second")
    wizard.submit()
    wizard.says("https://account.example/second-factor")
    wizard.shot("332 second factor")
    wizard.fill("Password", "seventeen")
    wizard.submit()
    wizard.at("Preview")
    expect(wizard.flow.get_by_role("checkbox", name="Nursery")).to_be_checked()
    wizard.shot("333 keys of the account")
    wizard.submit()
    wizard.says("Devices added: 1.")


def test_export(wizard: Wizard) -> None:
    wizard.action("mi_bms.export_keys")
    wizard.settle()
    wizard.keep("310 export")
    wizard.perform("Nothing was done")
    wizard.keep("311 export not confirmed")
    wizard.tick("I know that this shows all keys")
    wizard.perform("too_big_for_tasmota")
    wizard.keep("312 exported")


def test_download(wizard: Wizard) -> None:
    wizard.add_integration()
    wizard.choose("Enter keys")
    wizard.choose("Paste or upload")
    wizard.fill("Text", LOOSE)
    wizard.submit()
    wizard.at("Preview")
    wizard.submit()
    wizard.says("no device was added or changed")

    wizard.add_integration()
    wizard.choose("Download or forget keys")
    wizard.at("Kept keys")
    wizard.shot("340 kept keys")
    wizard.choose("Download all keys")
    wizard.at("Download all keys")
    wizard.submit()
    wizard.says("Without this nothing is written")
    wizard.shot("341 not confirmed")
    wizard.switch("I want to download all keys")
    wizard.submit()
    wizard.at("Your files")
    wizard.shot("342 files")
    file = wizard.download("mi32cfg")
    assert file.startswith(b'[{"MAC":"')
    assert file.endswith(b"}]\0")
    assert CELLAR in wizard.download("keys.txt").decode()
    wizard.flow.get_by_role("button", name="Done").click()
    wizard.says("The links no longer work")
    wizard.shot("343 the end")

    wizard.add_integration()
    wizard.choose("Download or forget keys")
    wizard.choose("Forget keys")
    wizard.says("ending in 4444")
    wizard.shot("344 forget keys")
