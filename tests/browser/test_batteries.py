"""Batteries: read before they are added, with a password, by address, and their device page."""

from collections.abc import Callable
import re

from playwright.sync_api import expect

from .wizard import BATTERY_TIME, Wizard

ANT = re.compile(r"^\s*ANT BMS\s*$")  # not the older one


def test_battery_and_its_page(wizard: Wizard) -> None:
    wizard.add_discovered("Battery JBD-SP04S020 0C06")
    wizard.at("Add this device?")
    wizard.shot("100 battery")
    wizard.choose("Add this one")
    reading = wizard.title("Reading")
    wizard.passing(reading, "Is this the one?", "1001 battery, reading")
    wizard.at("Is this the one?", timeout=BATTERY_TIME)
    wizard.says(re.compile(r"\d+ %, 13\.\d V, .*4 cells"))
    wizard.shot("1002 battery, what was read")
    wizard.submit()
    wizard.created()
    wizard.shot("101 battery added")
    wizard.finish()
    page = wizard.device()
    for number in range(1, 5):
        expect(page.get_by_text(f"Cell {number} voltage")).to_be_visible()
        expect(
            page.get_by_text(f"Cell temperature {(number + 1) // 2}")
        ).to_be_visible()
    expect(page.get_by_text(re.compile(r"13\.\d\d\s+V")).first).to_be_visible()
    wizard.shot("102 battery's page")
    wizard.tall_shot("103 battery's whole page")

    wizard.configure("Battery JBD-SP04S020 0C06")
    wizard.at("This battery")
    wizard.shot("1039 battery, what to set")
    wizard.choose("How this battery is read")
    wizard.at("How this battery is read")
    wizard.shot("104 battery options")
    wizard.unfold("Corrections")
    wizard.number("Temperature correction").scroll_into_view_if_needed()
    wizard.shot("105 battery corrections")
    wizard.fill_number("Temperature correction", "21")
    wizard.unfold("Smallest changes that are recorded")
    wizard.number("Cell voltage").scroll_into_view_if_needed()
    wizard.shot("1051 battery, smallest changes")
    wizard.fill_number("Interval", "4")
    wizard.submit()
    wizard.says("The interval has to be from 5 to 3600 seconds")
    wizard.says("The temperature correction has to be from -20 to 20 °C")
    wizard.shot("1052 battery options refused")
    wizard.fill_number("Interval", "45")
    wizard.fill_number("Temperature correction", "0")
    wizard.submit()
    wizard.says("saved")
    wizard.close("finish|close")

    wizard.entry_menu("Battery JBD-SP04S020 0C06", "Reconfigure")
    wizard.at("Change this battery")
    wizard.shot("106 battery, change")
    wizard.choose("Change the type of battery")
    wizard.at("Type of battery")
    wizard.shot("107 battery, type")
    wizard.submit()
    wizard.says("The change is saved", timeout=BATTERY_TIME)


def test_password_typed_wrong_then_right(wizard: Wizard) -> None:
    wizard.add_discovered("Battery xiaoxiang BMS 0C07")
    wizard.at("Add this device?")
    wizard.choose("Add this one")
    wizard.at("Password of Battery xiaoxiang BMS 0C07", timeout=BATTERY_TIME)
    wizard.shot("110 password")
    wizard.fill("Password", "123456")
    wizard.submit()
    wizard.says("The battery refused this password", timeout=BATTERY_TIME)
    wizard.shot("111 password refused")
    wizard.fill("Password", "431857")
    wizard.submit()
    wizard.at("Is this the one?", timeout=BATTERY_TIME)
    wizard.submit()
    wizard.finish(timeout=BATTERY_TIME)
    wizard.tall_shot("112 locked battery device")


def test_battery_without_a_name(wizard: Wizard) -> None:
    wizard.add_integration()
    wizard.choose("Enter a Bluetooth address")
    wizard.fill("Bluetooth address", "A4:C1:38:0C:A5:09")
    wizard.submit()
    wizard.at("What is it?")
    wizard.shot("120 battery by address")
    wizard.choose("A battery")
    wizard.at("Type of battery")
    wizard.shot("121 type")
    wizard.pick("Type of battery", "JBD smart BMS")
    wizard.submit()
    wizard.says(re.compile("answers as this one|does not answer"), timeout=BATTERY_TIME)
    wizard.shot("122 another type")


def test_battery_that_is_not_there(wizard: Wizard) -> None:
    wizard.add_integration()
    wizard.choose("Enter a Bluetooth address")
    wizard.fill("Bluetooth address", "A5:C2:37:00:0C:99")
    wizard.submit()
    wizard.choose("A battery")
    wizard.pick("Type of battery", "JBD smart BMS")
    wizard.submit()
    wizard.says("The battery could not be reached", timeout=BATTERY_TIME)
    wizard.shot("130 not reached")


def test_big_battery_on_a_dark_phone(open_wizard: Callable[..., Wizard]) -> None:
    wizard = open_wizard(
        viewport={"width": 390, "height": 844},
        is_mobile=True,
        has_touch=True,
        color_scheme="dark",
    )
    wizard.add_discovered("Battery JK-PB2A16S20P 0C08")
    wizard.at("Add this device?")
    wizard.shot("140 phone")
    wizard.choose("Add this one")
    wizard.at("Is this the one?", timeout=BATTERY_TIME)
    wizard.shot("1401 phone, what was read")
    wizard.submit()
    wizard.finish()
    wizard.tall_shot("141 phone, device")


def test_battery_that_is_not_what_it_looks_like(wizard: Wizard) -> None:
    wizard.add_discovered("Battery JBD-quiet 0C12")
    wizard.at("Add this device?")
    wizard.choose("Add this one")
    wizard.at("Type of battery", timeout=BATTERY_TIME)
    wizard.says("lets itself be connected but does not answer")
    assert "Find out by itself" in wizard.texts()
    wizard.shot("150 battery, another type")


def test_battery_that_wants_a_pairing(wizard: Wizard) -> None:
    wizard.add_discovered("Battery JBD-passkey 0C13")
    wizard.at("Add this device?")
    wizard.choose("Add this one")
    wizard.says("Bluetooth proxies cannot pair", timeout=BATTERY_TIME)
    wizard.shot("151 battery, pairing")


def test_battery_that_is_silent_without_its_password(wizard: Wizard) -> None:
    wizard.add_discovered("Battery ANT-BLE24SHUT 0C1A")
    wizard.at("Add this device?")
    wizard.choose("Add this one")
    wizard.at("Type of battery", timeout=BATTERY_TIME)
    wizard.says("does not answer")
    wizard.pick("Type of battery", ANT)
    wizard.fill("Password, if it has one", "123456")
    wizard.shot("154 silent battery, type and password")
    wizard.submit()
    wizard.says("The battery refused this password", timeout=BATTERY_TIME)
    wizard.shot("155 silent battery, password refused")
    wizard.pick("Type of battery", ANT)
    wizard.fill("Password, if it has one", "431857")
    wizard.submit()
    wizard.at("Is this the one?", timeout=BATTERY_TIME)
    wizard.shot("156 silent battery, what was read")
    wizard.submit()
    wizard.finish(timeout=BATTERY_TIME)


def test_what_may_be_a_charge_controller(wizard: Wizard) -> None:
    wizard.add_discovered("Battery BT-TH-66000C14")
    wizard.at("Add this device?")
    wizard.says("It may also be a charge controller")
    wizard.shot("152 battery or charge controller")
    wizard.choose("Add this one")
    wizard.at("Type of battery", timeout=BATTERY_TIME)
    wizard.says("It does not answer as a battery")
    wizard.shot("153 no battery")
