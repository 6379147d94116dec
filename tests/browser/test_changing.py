"""Sensors that are set up: their options and another key."""

from playwright.sync_api import expect

from .wizard import Wizard

DOOR_KEY = "8b0900112233445566778899aabbcc05"


def test_door_contact(wizard: Wizard) -> None:
    wizard.add_discovered("Door sensor 0C05")
    wizard.choose("I have the key")
    wizard.fill("Key", DOOR_KEY)
    wizard.submit()
    wizard.finish()
    wizard.shot("200 door contact's page")

    wizard.configure("Door sensor 0C05")
    wizard.at("What this sensor shows")
    wizard.shot("201 door contact's options")
    wizard.fill_number("Unavailable after", "90")
    wizard.submit()
    wizard.says("saved")
    wizard.shot("202 options kept")
    wizard.close("finish|close")

    wizard.entry_menu("Door sensor 0C05", "Reconfigure")
    wizard.at("A key for the sensor")
    wizard.shot("203 what to change")
    wizard.choose("I have the key")
    wizard.at("Key of Door sensor 0C05")
    wizard.shot("204 another key")
    wizard.fill("Key", DOOR_KEY)
    wizard.submit()
    # It may have been silent since the form was opened.
    unchecked = wizard.flow.get_by_text("Key not checked yet")
    kept = wizard.flow.get_by_text("The change is saved")
    expect(unchecked.or_(kept).first).to_be_visible()
    if unchecked.is_visible():
        wizard.submit()
    expect(kept).to_be_visible()
    wizard.shot("205 key kept")


def test_thermometer(wizard: Wizard) -> None:
    wizard.add_discovered("Thermometer 0C03")
    wizard.at("Add this device?")
    wizard.choose("Add this one")
    wizard.finish()
    wizard.configure("Thermometer 0C03")
    wizard.at("What this sensor shows")
    wizard.tall_shot("210 thermometer's options")
    wizard.pick("Smoothing", "Median")
    wizard.fill_number("Temperature correction", "-0.4")
    wizard.submit()
    wizard.says("saved")
    wizard.close("finish|close")
    wizard.configure("Thermometer 0C03")
    expect(wizard.number("Temperature correction")).to_have_value("-0.4")
