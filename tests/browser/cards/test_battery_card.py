"""The card of a battery: what it says, what it leads to, and what it does not do."""

import re

from playwright.sync_api import Browser, expect
import pytest

from . import world
from .stage import TEXTS, stage

CARD = "mi-bms-battery-card"


def test_what_it_says(chromium: Browser) -> None:
    with stage(chromium) as page:
        page.furnish(world.battery("a"))
        page.show(device="a")
        card = page.page.locator(CARD)
        expect(card.locator(".name")).to_have_text("House battery")
        expect(card.locator(".digits")).to_have_text("76%")
        expect(card.locator(".power")).to_have_text("1,234\u00a0WDischarging")
        expect(card.locator(".time")).to_have_text("Empty in 9 hr 12 min")
        expect(card.locator(".left")).to_have_text(
            "213 of 280\u00a0Ah · ≈ 11.3\u00a0kWh"
        )
        expect(card.locator(".headline")).to_have_text("12\u00a0mVeven")
        expect(card.locator(".alarm")).to_be_hidden()
        expect(card.locator(".cell.low")).to_have_attribute(
            "aria-label", "Cell 3, 3.306\u00a0V, lowest"
        )
        expect(card.locator(".cell.balancing .no")).to_have_text("8")
        page.set(sensor__a_power=2500, sensor__a_alarm="cell_overvoltage")
        expect(card.locator(".power")).to_have_text("2,500\u00a0WCharging")
        expect(card.locator(".alarm.bad")).to_have_text("Cell over-voltage")


def test_what_is_no_problem_is_not_shown_as_one(chromium: Browser) -> None:
    with stage(chromium) as page:
        device, states = world.battery("a")
        device["roles"]["problem"] = "binary_sensor.a_problem"
        states["binary_sensor.a_problem"] = world.words("off", "Problem")
        page.furnish((device, states))
        page.show(device="a")
        page.set(sensor__a_alarm="cell_overvoltage")
        alarm = page.page.locator(f"{CARD} .alarm")
        expect(alarm).to_have_class("alarm warn")
        page.set(binary_sensor__a_problem="on")
        expect(alarm).to_have_class("alarm bad")


def test_levels_of_the_difference(chromium: Browser) -> None:
    with stage(chromium) as page:
        page.furnish(world.battery("a", cells=4))
        page.show(device="a", level_1=5)
        word = page.page.locator(f"{CARD} .word")
        expect(word).to_have_text(TEXTS["card_level_1"])
        page.set(sensor__a_0_cell_0=3.39)
        expect(word).to_have_text(TEXTS["card_level_2"])
        page.set(sensor__a_0_cell_0=3.5)
        expect(word).to_have_text(TEXTS["card_level_3"])


def test_values_in_other_units(chromium: Browser) -> None:
    with stage(chromium) as page:
        piece, states = world.battery("a", cells=4)
        states |= {
            f"sensor.a_0_cell_{index}": world.number(3300 + index, "mV")
            for index in range(4)
        }
        page.furnish((piece, states))
        page.show(device="a")
        expect(page.page.locator(f"{CARD} .headline")).to_have_text("3\u00a0mVeven")


def test_scale_at_a_tap(chromium: Browser) -> None:
    with stage(chromium) as page:
        page.furnish(world.battery("a"))
        page.show(device="a")
        card = page.page.locator(CARD)
        fill = card.locator(".fill").nth(6)
        zoomed = fill.evaluate("bar => bar.style.transform")
        card.locator(".scale").click()
        assert fill.evaluate("bar => bar.style.transform") != zoomed
        expect(card.locator(".limit.high")).to_have_text("3.65\u00a0V")
        expect(card.locator(".limit.low")).to_have_text("2.50\u00a0V")


def test_everything_by_keyboard(chromium: Browser) -> None:
    with stage(chromium) as page:
        page.furnish(world.battery("a"))
        page.show(device="a")
        cells = page.page.locator(f"{CARD} .cell")
        cells.first.focus()
        for key in ("ArrowRight", "ArrowRight", "End", "ArrowLeft", "Enter"):
            page.page.keyboard.press(key)
        assert page.page.evaluate("home.events.at(-1)") == [
            "hass-more-info",
            {"entityId": "sensor.a_0_cell_14"},
        ]
        assert cells.evaluate_all(
            "all => all.filter(cell => cell.tabIndex === 0).length"
        ) == (1)


@pytest.mark.parametrize(("cells", "packs"), [(1, 1), (4, 1), (16, 3), (96, 1)])
def test_any_number_of_cells(chromium: Browser, cells: int, packs: int) -> None:
    with stage(chromium) as page:
        page.furnish(world.battery("a", cells=cells, packs=packs))
        for width in (228, 374, 900):
            page.show(device="a", width=width)
        card = page.page.locator(CARD).first
        expect(card.locator(".cell")).to_have_count(cells * packs)
        expect(card.locator("h3")).to_have_count(packs if packs > 1 else 0)
        expect(card.locator(".strip")).to_have_count(int(cells > 32))
        assert page.page.locator(f"{CARD} ha-card").evaluate_all(
            "all => all.every(card => card.scrollWidth <= card.clientWidth)"
        )


def test_old_values_stay_and_say_why(chromium: Browser) -> None:
    with stage(chromium) as page:
        fresh, states = world.battery("a")
        page.furnish((fresh, states))
        page.show(device="a")
        card = page.page.locator(CARD)
        expect(card.locator(".digits")).to_have_text("76%")
        dead, unavailable = world.standing("unreachable")
        page.page.evaluate("changes => home.set(changes)", unavailable)
        page.update(dead)
        expect(card.locator(".digits")).to_have_text("76%")
        expect(card.locator(".old")).to_have_count(1)
        expect(card.locator(".notice")).to_have_text(
            "No receiver hears the battery. Put a receiver closer to it."
        )
        expect(card.locator(".cell.low")).to_be_visible()


def test_old_values_of_a_page_that_was_just_opened(chromium: Browser) -> None:
    with stage(chromium) as page:
        page.furnish(
            world.standing("unreachable"),
            history={"sensor.a_level": [{"s": "41", "lu": 1}]},
        )
        page.show(device="a")
        expect(page.page.locator(f"{CARD} .digits")).to_have_text("41%")


def test_what_was_fresh_ages_by_itself(chromium: Browser) -> None:
    with stage(chromium, frozen=True) as page:
        page.furnish(world.battery("a", stale_after=20))
        page.show(device="a")
        expect(page.page.locator(f"{CARD} .old")).to_have_count(0)
        page.page.clock.run_for(10_000)
        expect(page.page.locator(f"{CARD} .old")).to_have_count(1)
        expect(page.page.locator(f"{CARD} .age")).to_have_text(
            re.compile(r"Old · 2\d sec\. ago")
        )


def test_remedies(chromium: Browser) -> None:
    with stage(chromium, frozen=True) as page:
        page.furnish(world.standing("old"))
        page.show(device="a")
        button = page.page.locator(f"{CARD} .act")
        expect(button).to_have_text("Refresh now")
        button.click()
        assert page.page.evaluate("home.events.at(-1)") == [
            "hass-action",
            {"config": {"tap_action": world.REFRESH["action"]}, "action": "tap"},
        ]
        page.update(world.standing("paused")[0])
        age = page.page.locator(f"{CARD} .age")
        expect(age).to_have_text("Left to the app, 4:32 more")
        page.page.clock.run_for(2_000)
        expect(age).to_have_text("Left to the app, 4:30 more")
        page.update(world.standing("no_key")[0])
        button.click()
        path = "/config/integrations/integration/mi_bms#config_entry=01J"
        assert (
            page.page.evaluate(
                "home.events.at(-1)[1].config.tap_action.navigation_path"
            )
            == path
        )


def test_history(chromium: Browser) -> None:
    with stage(chromium) as page:
        page.furnish(
            world.battery("a"),
            history={
                "sensor.a_level": world.day(world.level, gap=True),
                "sensor.a_power": world.day(world.power, step=30),
            },
        )
        for _ in range(2):
            page.show(device="a")
        chart = page.page.locator(CARD).first.locator(".chart svg")
        expect(chart).to_have_attribute(
            "aria-label",
            "State of charge over the last 24 hours, from 36 to 88\u00a0%, now 76%.",
        )
        lines = chart.locator("g path:not(.area)")
        assert lines.first.get_attribute("d").count("M") == 2, "a gap stays a gap"
        points = lines.last.get_attribute("d")
        assert 280 < points.count("L") + points.count("M") <= 300
        assert (
            page.page.evaluate(
                "home.calls.filter(call => call.type === 'history/stream').length"
            )
            == 1
        )


def test_history_of_seven_days(chromium: Browser) -> None:
    with stage(chromium) as page:
        page.furnish(world.battery("a"))
        page.page.evaluate(
            "home.statistics = () => [1, 2, 3].map(hour => ({start: Date.now() - hour * 3.6e6, mean: 9, max: 10 + hour}))"
        )
        page.show(device="a")
        headline = page.page.locator(f"{CARD} .headline")
        headline.click()
        expect(headline).to_have_attribute("aria-expanded", "true")
        expect(page.page.locator(f"{CARD} .week svg")).to_have_attribute(
            "aria-label",
            "Difference between the cells over the last 7 days, from 11 to 13\u00a0mV.",
        )
        headline.click()
        expect(page.page.locator(f"{CARD} .week")).to_be_hidden()


def test_a_cell_without_entity_and_balancing(chromium: Browser) -> None:
    with stage(chromium) as page:
        device, states = world.battery("a", cells=8)
        device["packs"][0]["cells"][1] = None
        page.furnish((device, states))
        page.show(device="a")
        cells = page.page.locator(f"{CARD} .cell")
        expect(cells.nth(1)).to_have_attribute("aria-label", "Cell 2, \N{EN DASH}")
        expect(page.page.locator(f"{CARD} .cell.balancing .no")).to_have_text("8")
        page.update({**device, "balancing": [[1, 4]]})
        expect(page.page.locator(f"{CARD} .cell.balancing .no")).to_have_text(
            ["1", "4"]
        )
