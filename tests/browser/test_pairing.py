"""A key made over Bluetooth, with its stages on the screen."""

import re

from playwright.sync_api import expect

from .wizard import BATTERY_TIME, Wizard


def test_key_made_by_pairing(wizard: Wizard) -> None:
    wizard.add_integration()
    wizard.choose("Make a key by pairing")
    listening = wizard.title("Listening")
    wizard.passing(listening, "Which device?", "399 listening")
    wizard.at("Which device?")
    wizard.shot("400 which device")
    wizard.choose_line("A4:C1:38:00:0C:0A")
    wizard.at("Prepare Thermometer 0C0A")
    wizard.shot("401 prepare")
    wizard.submit()
    wizard.says("Without this there is no pairing")
    wizard.shot("402 not accepted")
    wizard.switch("may lose the device")
    wizard.submit()
    done = "Thermometer 0C0A has a new key"
    wizard.passing(wizard.title("Pairing"), done, "403 pairing")
    exchanging = wizard.flow.get_by_text("Exchanging keys with Thermometer 0C0A.")
    wizard.passing(exchanging.first, done, "404 exchanging keys")
    wizard.at(done, timeout=BATTERY_TIME)
    wizard.shot("405 new key")
    wizard.submit()
    wizard.finish()
    expect(wizard.device().get_by_text(re.compile(r"-?\d+\.\d\s+°C"))).to_be_visible(
        timeout=BATTERY_TIME
    )
    wizard.shot("406 paired sensor's page")


def test_the_list_changes_by_itself(wizard: Wizard) -> None:
    """Signals vary a little all the time, as in a house; nobody clicks."""
    wizard.add_integration()
    wizard.choose("Make a key by pairing")
    wizard.at("Which device?")
    lines = wizard.line(re.compile("dBm|silent"))
    expect(lines.first).to_be_visible()
    before = _either(lines.all_inner_texts())
    changed = lines.filter(has_not_text=re.compile(before))
    expect(changed.first).to_be_visible(timeout=BATTERY_TIME)
    wizard.shot("408 list that changed")
    wizard.dialog_picture("pairing")
    wizard.choose_line("It is not in this list")
    wizard.at("Not in the list?")
    wizard.shot("409 not in the list")
    wizard.fill("Show only", "MHO")
    wizard.submit()
    wizard.at("Which device?")
    wizard.says("begins like this: MHO")
    wizard.choose_line("It is not in this list")
    wizard.fill("Bluetooth address", "A4:C1:38:00:0C:77")
    wizard.submit()
    wizard.at("Prepare Sensor 0C77")
    wizard.says("The device is not heard right now")


def _either(texts: list[str]) -> str:
    return "|".join(re.escape(text.strip()) for text in texts)


def test_firmware_that_refuses(wizard: Wizard) -> None:
    wizard.add_integration()
    wizard.choose("Make a key by pairing")
    wizard.choose_line("A4:C1:38:00:0C:0B")
    wizard.at("Prepare Thermometer 0C0B")
    wizard.switch("may lose the device")
    wizard.submit()
    wizard.at("No new key", timeout=BATTERY_TIME)
    wizard.shot("410 refused")
