"""Sensors: discovered, in the clear, with a key, searched for, known by their address only."""

import re

from playwright.sync_api import expect

from . import walk
from .wizard import ADDED, BATTERY_TIME, OFFER, Wizard

DEGREES = re.compile(r"-?\d+\.\d\s+°C")


def test_discovery_cards(wizard: Wizard) -> None:
    wizard.integrations()
    for name in (
        "Thermometer 0C01",
        "Thermometer 0C02",
        "Thermometer 0C03",
        "Door sensor 0C05",
        "Battery JBD-SP04S020 0C06",
        "Battery xiaoxiang BMS 0C07",
        "Battery JK-PB2A16S20P 0C08",
    ):
        card = wizard.discovery(name)
        expect(card).to_be_visible(timeout=BATTERY_TIME)
        expect(card.locator("img")).to_have_js_property("complete", True)
        assert card.locator("img").evaluate("image => image.naturalWidth") > 0, name
    wizard.shot("10 discovered")


def test_sensor_in_the_clear(wizard: Wizard) -> None:
    wizard.add_discovered("Thermometer 0C01")
    wizard.at("Add this device?")
    wizard.shot("20 clear sensor")
    wizard.choose("Add this one")
    wizard.at(OFFER)
    wizard.shot("21 clear sensor, dashboard offered")
    wizard.choose("Add it and make a dashboard")
    wizard.at(ADDED)
    link = wizard.flow.get_by_role("link", name="Batteries and sensors")
    expect(link).to_have_attribute("href", "/mi-bms")
    wizard.shot("21 clear sensor added")
    wizard.finish()
    expect(wizard.device().get_by_text(DEGREES)).to_be_visible()
    wizard.shot("22 clear sensor's page")


def test_the_dashboard_that_was_made_with_it(wizard: Wizard) -> None:
    wizard.page.goto(f"{wizard.base}/mi-bms")
    card = wizard.page.locator("mi-bms-sensor-card").first
    expect(card.get_by_text(DEGREES).first).to_be_visible()
    expect(wizard.page.locator("hui-error-card")).to_have_count(0)
    wizard.shot("23 dashboard of the first sensor")
    # Others make one in their own way.
    walk.call(wizard.page, "lovelace/dashboards/delete", dashboard_id="mi_bms")


def test_key_typed_wrong_then_right(wizard: Wizard) -> None:
    wizard.add_discovered("Thermometer 0C02")
    wizard.at("A key for the sensor")
    wizard.shot("29 ways to a key")
    wizard.choose("I have the key")
    wizard.at("Key of Thermometer 0C02 (LYWSD03MMC)")
    wizard.shot("30 key")
    answers = {
        "5b05 0011": "8 of 32 digits",
        "5bO500112233445566778899aabbccO1": "digits and the letters A to F only",
        "00112233445566778899aabbccddeeff": "This key does not fit",
    }
    for number, (typed, answer) in enumerate(answers.items(), 31):
        wizard.fill("Key", typed)
        wizard.submit()
        wizard.says(answer)
        wizard.shot(f"{number} key refused")
    wizard.fill("Key", "5B:05:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:01")
    wizard.submit()
    wizard.finish()
    expect(wizard.device().get_by_text(DEGREES)).to_be_visible()
    wizard.shot("39 encrypted sensor's page")


def test_key_of_a_sensor_that_is_not_heard(wizard: Wizard) -> None:
    wizard.add_integration()
    wizard.choose("Enter a Bluetooth address")
    wizard.at("Bluetooth address")
    wizard.fill("Bluetooth address", "a4-c1-38-00-0c-77")
    wizard.submit()
    wizard.at("What is it?")
    wizard.shot("40 not heard, kind")
    wizard.choose("A sensor that broadcasts")
    wizard.choose("I have the key")
    wizard.at("Key of A4:C1:38:00:0C:77")
    wizard.shot("41 not heard, key")
    wizard.fill("Key", "5b0500112233445566778899aabbcc77")
    wizard.submit()
    wizard.at("Key not checked yet")
    wizard.shot("42 not heard, not checked")
    wizard.submit()
    wizard.created()
    wizard.shot("43 not heard, added")


def test_search(wizard: Wizard) -> None:
    wizard.add_integration()
    wizard.at("Add a sensor or a battery")
    wizard.shot("50 ways to add")
    wizard.choose("Search nearby")
    searching = wizard.flow.get_by_role("progressbar")
    wizard.passing(searching, "Choose a device", "51 searching")
    wizard.at("Choose a device", timeout=BATTERY_TIME)
    wizard.shot("52 found")
    wizard.pick("Device", "C4:7C:8D:00:0C:04")
    wizard.shot("53 chosen")
    wizard.submit()
    wizard.at("Add Plant sensor 0C04 (Flora)?")
    wizard.submit()
    wizard.finish()
    wizard.shot("54 plant sensor's page")


def test_wrong_address(wizard: Wizard) -> None:
    wizard.add_integration()
    wizard.choose("Enter a Bluetooth address")
    wizard.at("Bluetooth address")
    wizard.shot("55 address")
    wizard.fill("Bluetooth address", "A4:C1:38:00:OC:03")
    wizard.submit()
    wizard.says("This is not a Bluetooth address")
    wizard.shot("56 address refused")
