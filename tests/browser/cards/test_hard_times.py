"""Cards under what they cannot help: each says a sentence, and the others stay."""

from playwright.sync_api import Browser, expect

from . import world
from .stage import TEXTS, stage

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


def test_a_stored_config_is_never_written(chromium: Browser) -> None:
    with stage(chromium) as page:
        page.furnish(world.battery("a"))
        page.show(device="a", old_key=7, levels="no", level_1="no", level_2=-3)
        expect(page.page.locator(f"{CARD} .headline")).to_have_text("12\u00a0mVeven")
