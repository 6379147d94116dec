"""What the card of a battery tells it: only where that is allowed, only while it is armed, and not without asking."""

import json
from typing import Any

from playwright.sync_api import Browser, Dialog, Locator, expect
import pytest

from . import world
from .stage import FRONTEND, Stage, stage

CARD = "mi-bms-battery-card"
EXCEPTIONS = json.loads(
    (FRONTEND.parent / "translations" / "en.json").read_text(encoding="utf-8")
)["exceptions"]


def shown(page: Stage, minutes: float | None = None, width: int = 464) -> Locator:
    page.furnish(world.commanded(minutes=minutes), exceptions=EXCEPTIONS)
    page.show(device="a", width=width)
    return page.page.locator(f"{CARD} .list .apart")


def calls(page: Stage) -> list[Any]:
    """Return which actions the card has called."""
    found: list[Any] = page.page.evaluate("home.calls.filter(Array.isArray)")
    return found


def test_there_is_nothing_where_switching_is_not_allowed(chromium: Browser) -> None:
    with stage(chromium) as page:
        page.furnish(world.battery("a"))
        page.show(device="a")
        expect(page.page.locator(f"{CARD} .digits")).to_have_text("76%")
        expect(page.page.locator(f"{CARD} .list")).to_have_count(0)


def test_how_it_stands_in_words(chromium: Browser) -> None:
    with stage(chromium, frozen=True) as page:
        rows = shown(page)
        expect(rows).to_have_count(4)
        expect(rows.locator("> :first-child")).to_have_text(
            [
                "Allow commands Off",
                "Charging allowed On · held by Cell over-voltage",
                "Discharging allowed On",
                f"Balancer allowed Off · until {clock(page, 3600)}",
            ]
        )
        expect(rows.locator(".act")).to_have_text(
            ["Switch on", "Switch off", "Switch off", "Switch on"]
        )


def clock(page: Stage, seconds: float) -> str:
    """Return a time as the page writes it."""
    said: str = page.page.evaluate(
        """time => new Intl.DateTimeFormat("en", {
          hour12: false, hour: "numeric", minute: "2-digit"
        }).format(time * 1000)""",
        world.NOW + seconds,
    )
    return said


def test_it_is_armed_first_and_counts_down(chromium: Browser) -> None:
    with stage(chromium, frozen=True) as page:
        rows = shown(page)
        arm, charge = rows.nth(0).locator(".act"), rows.nth(1).locator(".act")
        expect(charge).to_be_disabled()
        arm.click()
        assert calls(page) == [
            ["switch", "turn_on", {"entity_id": "switch.a_allow_commands"}]
        ]
        page.page.evaluate(
            "changes => home.set(changes)", world.switchable("a", minutes=10)
        )
        expect(charge).to_be_enabled()
        expect(rows.nth(0)).to_contain_text("On · 10:00 left")
        page.page.clock.run_for(2_000)
        expect(rows.nth(0)).to_contain_text("On · 9:58 left")
        page.page.evaluate("changes => home.set(changes)", world.switchable("a"))
        expect(charge).to_be_disabled()


@pytest.mark.parametrize("agreed", [True, False])
def test_who_switches_discharging_off_is_asked(chromium: Browser, agreed: bool) -> None:
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.message)
        if agreed:
            dialog.accept()
        else:
            dialog.dismiss()

    with stage(chromium) as page:
        rows = shown(page, minutes=10)
        page.page.on("dialog", answer)
        rows.nth(1).locator(".act").click()
        assert not asked
        rows.nth(2).locator(".act").click()
        (question,) = asked
        assert "loses its power" in question
        off = ["switch", "turn_off", {"entity_id": "switch.a_discharge_switch"}]
        assert (off in calls(page)) is agreed
        # Back on harms nobody.
        page.set(switch__a_discharge_switch="off")
        rows.nth(2).locator(".act").click()
        assert len(asked) == 1


def test_a_refusal_is_a_sentence_in_the_card(chromium: Browser) -> None:
    with stage(chromium) as page:
        rows = shown(page, minutes=10)
        page.page.evaluate(
            """() => home.answer = () => {
              throw {
                code: "service_validation_error",
                message: "Validation error: switch_too_cold",
                translation_key: "switch_too_cold",
                translation_placeholders: {name: "House battery", temperature: "-2"},
              };
            }"""
        )
        refused = page.page.locator(f"{CARD} .list [role=alert]")
        charge = rows.nth(1).locator(".act")
        charge.click()
        expect(refused).to_have_text(
            "Nothing was switched: the coldest cell of House battery has -2 °C, "
            "and charging below 0 °C damages it. Warm the battery first."
        )
        page.page.evaluate("() => home.answer = null")
        charge.click()
        expect(refused).to_have_text("")


def test_an_error_without_a_sentence_of_ours_is_shown_as_it_is(
    chromium: Browser,
) -> None:
    with stage(chromium) as page:
        rows = shown(page, minutes=10)
        page.page.evaluate(
            "() => home.answer = () => { throw {code: 3, message: 'Connection lost'} }"
        )
        rows.nth(1).locator(".act").click()
        refused = page.page.locator(f"{CARD} .list [role=alert]")
        expect(refused).to_have_text("Connection lost")


def test_a_command_that_runs_is_not_given_twice(chromium: Browser) -> None:
    with stage(chromium) as page:
        rows = shown(page, minutes=10)
        page.page.evaluate(
            "() => home.answer = () => new Promise(done => home.finish = done)"
        )
        charge = rows.nth(1).locator(".act")
        charge.focus()
        for _ in range(3):
            page.page.keyboard.press("Enter")
        expect(charge).to_have_attribute("aria-busy", "true")
        assert len(calls(page)) == 1
        page.page.evaluate("home.finish()")
        expect(charge).not_to_have_attribute("aria-busy", "true")
        charge.click()
        assert len(calls(page)) == 2


@pytest.mark.parametrize("width", [228, 358, 900])
def test_it_fits(chromium: Browser, width: int) -> None:
    with stage(chromium) as page:
        shown(page, minutes=10, width=width)
        assert page.page.locator(f"{CARD} ha-card").evaluate(
            "card => card.scrollWidth <= card.clientWidth"
        )
