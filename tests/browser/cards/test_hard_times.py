"""Cards under what they cannot help: each says a sentence, and the others stay."""

from playwright.sync_api import Browser, expect
import pytest

from . import world
from .stage import TEXTS, stage
from .test_matrix import cut_off

CARD = "mi-bms-battery-card"


def test_a_device_that_is_gone_and_one_that_comes_back(chromium: Browser) -> None:
    with stage(chromium) as page:
        page.furnish(world.battery("a"), world.battery("b"))
        page.show(device="a")
        page.show(device="b")
        page.show(device="nobody")
        page.show()
        cards = page.page.locator(CARD)
        expect(cards.nth(2)).to_have_text(TEXTS["card_gone"])
        expect(cards.nth(3)).to_have_text(TEXTS["card_choose"])
        page.update(None)
        expect(cards.nth(0)).to_have_text(TEXTS["card_gone"])
        expect(cards.nth(1).locator(".digits")).to_be_visible()
        page.update(world.battery("a")[0])
        expect(cards.nth(0).locator(".digits")).to_be_visible()


def test_a_card_that_cannot_be_drawn_takes_no_other_with_it(chromium: Browser) -> None:
    with stage(chromium) as page:
        page.furnish(world.battery("a", packs=0), world.battery("b", roles=None))
        page.show(device="b")
        page.show(device="a")
        cards = page.page.locator(CARD)
        expect(cards.nth(0)).to_have_text(TEXTS["card_broken"])
        expect(cards.nth(1).locator(".digits")).to_be_visible()
        assert page.complaints
        page.complaints.clear()


def test_hostile_names_are_text(chromium: Browser) -> None:
    name = '<img src=x onerror="window.harmed=1"><script>window.harmed=1</script>'
    with stage(chromium) as page:
        page.furnish(world.battery("a", name=name, cause=name, standing="old"))
        page.show(device="a")
        expect(page.page.locator(f"{CARD} .name")).to_have_text(name)
        expect(page.page.locator(f"{CARD} .notice p")).to_have_text(name)
        assert page.page.evaluate("window.harmed") is None


def test_the_integration_does_not_answer_at_first(chromium: Browser) -> None:
    with stage(chromium, frozen=True) as page:
        page.furnish(world.battery("a"), failing=True)
        page.show(device="a")
        expect(page.page.locator(CARD)).to_have_text(TEXTS["card_unavailable"])
        page.page.evaluate("home.failing = false")
        page.page.clock.run_for(11_000)
        expect(page.page.locator(f"{CARD} .digits")).to_be_visible()


def test_a_connection_that_comes_back(chromium: Browser) -> None:
    with stage(chromium) as page:
        history = {"sensor.a_level": world.day(world.level)}
        page.furnish(world.battery("a"), history=history)
        page.show(device="a")
        expect(page.page.locator(f"{CARD} .chart svg")).to_be_visible()
        page.page.evaluate(
            "home.devices.a.name = 'Renamed'; home.listeners.clear(); home.ready.forEach(back => back())"
        )
        expect(page.page.locator(f"{CARD} .name")).to_have_text("Renamed")
        kinds = page.page.evaluate("[...home.listeners.values()].sort()")
        assert kinds == ["history/stream", "mi_bms/devices/subscribe"]


def test_nothing_is_left_behind(chromium: Browser) -> None:
    with stage(chromium, frozen=True) as page:
        page.furnish(
            world.battery("a"), history={"sensor.a_level": world.day(world.level)}
        )
        for _ in range(3):
            page.show(device="a")
        expect(page.page.locator(f"{CARD} .chart svg").first).to_be_visible()
        assert page.page.evaluate("home.streams") == 2
        page.page.evaluate("document.querySelector('main').replaceChildren()")
        page.page.clock.run_for(91_000)
        assert page.page.evaluate("home.streams") == 0
        assert page.page.evaluate("home.ready.size") == 0


def test_what_is_left_and_opened_again_is_followed_once(chromium: Browser) -> None:
    with stage(chromium, frozen=True) as page:
        page.furnish(
            world.battery("a"), history={"sensor.a_level": world.day(world.level)}
        )
        for _ in range(3):
            page.show(device="a")
            expect(page.page.locator(f"{CARD} .chart svg")).to_be_visible()
            page.page.evaluate("document.querySelector('main').replaceChildren()")
            page.page.clock.run_for(91_000)
        page.show(device="a")
        page.page.evaluate("home.listeners.clear(); home.ready.forEach(one => one())")
        expect(page.page.locator(f"{CARD} .chart svg")).to_be_visible()
        kinds = page.page.evaluate("[...home.listeners.values()].sort()")
        assert kinds == ["history/stream", "mi_bms/devices/subscribe"]


def test_a_connection_that_is_lost_while_it_is_asked(chromium: Browser) -> None:
    with stage(chromium, frozen=True) as page:
        page.furnish(world.battery("a"), failing=True)
        page.show(device="a")
        # Back before the next attempt: asked at once, and not once more by the attempt.
        page.page.evaluate("home.failing = false; home.ready.forEach(one => one())")
        expect(page.page.locator(f"{CARD} .digits")).to_have_text("76%")
        page.page.clock.run_for(30_000)
        kinds = page.page.evaluate("[...home.listeners.values()]")
        assert kinds.count("mi_bms/devices/subscribe") == 1


@pytest.mark.parametrize(
    "config",
    [
        {"device": "a", "name": ["<b>"], "cells": "no", "history": 0, "chips": None},
        {"device": "a", "grid_options": None, "scale": 7, "level_1": None},
        {"device": "a", "name": {}, "level_2": "1e999", "level_3": [], "type": 4},
    ],
)
def test_a_config_that_somebody_typed(
    chromium: Browser, config: dict[str, object]
) -> None:
    with stage(chromium) as page:
        page.furnish(world.battery("a"))
        page.show(**{**config, "type": f"custom:{CARD}"})
        expect(page.page.locator(f"{CARD} .digits")).to_have_text("76%")


@pytest.mark.parametrize("device", [5, {}, ["b"], "__proto__", "constructor"])
def test_a_device_that_is_none(chromium: Browser, device: object) -> None:
    with stage(chromium) as page:
        page.furnish(world.battery("a"))
        for kind in ("battery", "bank", "sensor"):
            page.show(kind, device=device)
            card = page.page.locator(f"mi-bms-{kind}-card")
            expect(card).to_have_text(TEXTS["card_gone"])


VALUES = ["Infinity", "-1e400", "NaN", "", "<b>7</b>", "7,5", "unknown", "0x10"]


@pytest.mark.parametrize("value", VALUES)
def test_values_that_are_none(chromium: Browser, value: str) -> None:
    with stage(chromium) as page:
        piece, states = world.battery("a", cells=4)
        page.furnish((piece, states), *world.SENSORS, *world.bank())
        everything = page.page.evaluate("Object.keys(home.states)")
        page.page.evaluate(
            "changes => home.set(changes)",
            {one: [value] for one in everything if one.startswith("sensor.")},
        )
        page.show(device="a")
        page.show("bank", device="bank")
        for key in ("ficus", "living_room", "bedside_remote"):
            page.show("sensor", device=key)
        expect(page.page.locator(f"{CARD} .digits")).to_be_visible()
        texts = page.page.locator("main").inner_text()
        assert "NaN" not in texts.replace(value, "")
        assert "undefined" not in texts
        assert TEXTS["card_broken"] not in texts


def test_a_browser_without_container_queries(chromium: Browser) -> None:
    with stage(chromium) as page:
        page.furnish(world.battery("a", packs=3), *world.SENSORS)
        page.show(device="a", width=374)
        page.show("sensor", device="ficus", width=228)
        expect(page.page.locator(f"{CARD} .digits")).to_have_text("76%")
        # Such a browser leaves out what it does not know; all cards share the sheet.
        removed = page.page.evaluate(
            """() => {
              const [sheet] = document.querySelector("main > div > *").shadowRoot.adoptedStyleSheets;
              let removed = 0;
              for (let at = sheet.cssRules.length - 1; at >= 0; at -= 1) {
                const rule = sheet.cssRules[at];
                rule.style?.removeProperty("container-type");
                if (!(rule instanceof CSSContainerRule)) continue;
                sheet.deleteRule(at);
                removed += 1;
              }
              return removed;
            }"""
        )
        assert removed > 5
        expect(page.page.locator(f"{CARD} .cell")).to_have_count(48)
        expect(page.page.locator(f"{CARD} .chip").first).to_be_visible()
        assert not cut_off(page)


def test_a_stored_config_is_never_written(chromium: Browser) -> None:
    with stage(chromium) as page:
        page.furnish(world.battery("a"))
        page.show(device="a", old_key=7, levels="no", level_1="no", level_2=-3)
        expect(page.page.locator(f"{CARD} .headline")).to_have_text("12\u00a0mVeven")
