"""Readings handed on, and the air looked at: forms that are not about one device."""

from playwright.sync_api import expect

from .wizard import Wizard


def test_an_output_to_a_file(wizard: Wizard) -> None:
    wizard.add_integration()
    wizard.choose("Send readings to MQTT or a file")
    wizard.at("Send readings to MQTT or a file")
    wizard.shot("300 kinds of outputs")
    wizard.choose("Everything to a file")
    wizard.at("Readings to a file")
    wizard.fill("File", "../outside.jsonl")
    wizard.submit()
    wizard.says("folder")
    wizard.shot("301 a path that leads out")
    wizard.fill("File", "readings/house.jsonl")
    wizard.submit()
    wizard.created()
    wizard.shot("302 output made")
    wizard.close("finish|skip")

    wizard.configure("house.jsonl")
    expect(wizard.flow.locator("[slot=headerTitle]")).to_be_visible()
    wizard.tall_shot("303 options of the file")
    wizard.submit()
    wizard.says("saved")


def test_mqtt_that_is_not_there_is_named(wizard: Wizard) -> None:
    wizard.add_integration()
    wizard.choose("Send readings to MQTT or a file")
    wizard.choose("Batteries over MQTT")
    wizard.says("MQTT")
    wizard.shot("310 no MQTT yet")


def test_the_air(wizard: Wizard) -> None:
    # The actions are there with the first entry, whatever it is.
    wizard.add_integration()
    wizard.choose("Send readings to MQTT or a file")
    wizard.choose("Everything to a file")
    wizard.at("Readings to a file")
    wizard.fill("File", "readings/air.jsonl")
    wizard.submit()
    wizard.created()
    wizard.close("finish|skip")
    wizard.action("mi_bms.scan")
    wizard.tall_shot("320 action scan")
    # Its first lines: of a long answer no more than what is seen is drawn.
    wizard.perform("complete", ".cm-content")
    wizard.keep("321 what is in the air")
    for number, name in enumerate(
        ("explore", "talk", "listen", "set_reading", "write", "read_history"), 330
    ):
        wizard.action(f"mi_bms.{name}")
        wizard.tall_shot(f"{number} action {name}")
