"""Sensors: discovered, in the clear, with a key, and known by their address only."""

import re

from playwright.sync_api import expect

from .wizard import SECONDS, Wizard

FOUND = (
    "LYWSDCGQ 0C01",
    "LYWSD03MMC 0C02",
    "ATC 0C03",
    "MCCGQ02HL 0C05",
    "JBD-SP04S020 0C06",
    "xiaoxiang BMS 0C07",
    "JK-PB2A16S20P 0C08",
)


def test_discovery_cards(wizard: Wizard) -> None:
    wizard.integrations()
    for name in FOUND:
        card = wizard.discovery(name)
        expect(card).to_be_visible(timeout=30 * SECONDS)
        expect(card.locator("img")).to_have_js_property("complete", True)
        assert card.locator("img").evaluate("image => image.naturalWidth") > 0, name
    wizard.shot("10 discovery")


def test_sensor_in_the_clear(wizard: Wizard) -> None:
    wizard.add_discovered("LYWSDCGQ 0C01")
    wizard.at("Add LYWSDCGQ 0C01?")
    wizard.shot("20 clear sensor")
    wizard.submit()
    wizard.created()
    wizard.shot("21 clear sensor added")
    wizard.finish()
    expect(wizard.device().get_by_text(re.compile(r"^-?\d+\.\d °C$"))).to_be_visible()
    wizard.shot("22 clear sensor device")


def test_key_typed_wrong_then_right(wizard: Wizard) -> None:
    wizard.add_discovered("LYWSD03MMC 0C02")
    wizard.at("Key of LYWSD03MMC 0C02")
    wizard.shot("30 key")
    for number, (typed, answer) in enumerate(
        (
            ("5b05 0011", "A key has 32 digits"),
            ("5bO500112233445566778899aabbccO1", "digits and the letters A to F only"),
            ("00112233445566778899aabbccddeeff", "This key does not fit"),
            (
                "5b0500112233445566778899aabbcc01a4c138000c99",
                "belongs to another device",
            ),
        ),
        31,
    ):
        wizard.fill("Key", typed)
        wizard.submit()
        wizard.says(answer)
        wizard.shot(f"{number} key refused")
    wizard.fill("Key", "5B:05:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:01")
    wizard.submit()
    wizard.finish()
    expect(wizard.device().get_by_text(re.compile(r"^-?\d+\.\d °C$"))).to_be_visible()
    wizard.shot("39 key device")


def test_key_of_a_sensor_that_is_not_heard(wizard: Wizard) -> None:
    wizard.add_integration()
    wizard.choose("Enter a Bluetooth address")
    wizard.at("Bluetooth address")
    wizard.fill("Bluetooth address", "a4-c1-38-00-0c-77")
    wizard.submit()
    wizard.at("What is it?")
    wizard.shot("40 not heard, kind")
    wizard.choose("A sensor that broadcasts")
    wizard.at(re.compile("^Key of A4:C1:38:00:0C:77"))
    wizard.shot("41 not heard, key")
    wizard.fill("Key", "5b0500112233445566778899aabbcc77")
    wizard.submit()
    wizard.at("Key not checked yet")
    wizard.shot("42 not heard, not checked")
    wizard.submit()
    wizard.created()
    wizard.shot("43 not heard, added")


def test_options_and_new_key(wizard: Wizard) -> None:
    wizard.add_discovered("MCCGQ02HL 0C05")
    wizard.fill("Key", "8b0900112233445566778899aabbcc05")
    wizard.submit()
    wizard.finish()
    wizard.shot("50 door device")

    wizard.configure("MCCGQ02HL 0C05")
    wizard.at("What this sensor shows")
    wizard.shot("51 door options")
    wizard.fill_number("Unavailable after", "90")
    wizard.submit()
    wizard.closed()

    wizard.entry_menu("MCCGQ02HL 0C05", "Reconfigure")
    wizard.at(re.compile("^Key of MCCGQ02HL 0C05"))
    wizard.shot("52 door, new key")
    wizard.fill("Key", "00" * 16)
    wizard.submit()
    wizard.says(re.compile("does not fit"))
    wizard.fill("Key", "8b0900112233445566778899aabbcc05")
    wizard.submit()
    wizard.says("The change is kept.")
    wizard.shot("53 door, new key kept")


def test_options_of_a_thermometer(wizard: Wizard) -> None:
    wizard.add_discovered("ATC 0C03")
    wizard.submit()
    wizard.finish()
    wizard.configure("ATC 0C03")
    wizard.at("What this sensor shows")
    wizard.shot("60 thermometer options")
    wizard.select("Smoothing", "Median")
    wizard.fill_number("Temperature correction", "-0.4")
    wizard.shot("61 thermometer options, changed")
    wizard.submit()
    wizard.closed()
    wizard.configure("ATC 0C03")
    expect(wizard.number("Temperature correction")).to_have_value("-0.4")


def test_search_and_addresses(wizard: Wizard) -> None:
    wizard.add_integration()
    wizard.at("Add a sensor or a battery")
    wizard.shot("70 how to find it")
    wizard.choose("Search nearby")
    expect(wizard.flow.get_by_role("progressbar")).to_be_visible()
    wizard.shot_at_work("71 searching")
    wizard.at("Choose a device", timeout=40 * SECONDS)
    wizard.shot("72 found")
    wizard.select("Device", "C4:7C:8D:00:0C:04")
    wizard.submit()
    wizard.at("Add HHCCJCY01 0C04?")
    wizard.shot("73 plant sensor")
    wizard.submit()
    wizard.finish()
    wizard.shot("74 plant sensor device")


def test_wrong_addresses(wizard: Wizard) -> None:
    wizard.add_integration()
    wizard.choose("Enter a Bluetooth address")
    wizard.at("Bluetooth address")
    wizard.shot("75 address")
    wizard.fill("Bluetooth address", "A4:C1:38:00:OC:03")
    wizard.submit()
    wizard.says("This is not a Bluetooth address")
    wizard.shot("76 address refused")
