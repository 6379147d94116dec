"""Messages that are as bad as they can be: nothing is made up, nothing breaks."""

from typing import Any

from playwright.sync_api import Browser, expect
import pytest

from . import world
from .stage import TEXTS, Stage, stage

CARD = "mi-bms-battery-card"
HTML = '<img src=x onerror="window.harmed=1">'
# What stands in the cards, hidden or not, and what it is drawn with.
READ = """() => {
  const found = [];
  const read = root => root.childNodes.forEach(node => {
    if (node.nodeType === Node.TEXT_NODE) return found.push(node.data);
    if (node.localName === "img") found.push("undefined");
    found.push(...[...node.attributes].map(one => one.value));
    if (node.shadowRoot) read(node.shadowRoot);
    read(node);
  });
  read(document.querySelector("main"));
  return found;
}"""
NEVER = ("NaN", "undefined", "Infinity", "null", "[object")


def assert_sound(page: Stage, *said: str) -> None:
    """No card fails, and none says what is not for people; what a device ``said`` is its own affair."""
    texts = page.page.evaluate(READ)
    assert TEXTS["card_broken"] not in texts
    for text in texts:
        left = text
        for own in filter(None, said):
            left = left.replace(own, "")
        assert not [word for word in NEVER if word in left], text
    assert page.page.evaluate("window.harmed") is None


@pytest.mark.parametrize("how", ["starting", "unreachable", "no_key"])
def test_of_a_battery_that_was_never_read_nothing_is_claimed(
    chromium: Browser, how: str
) -> None:
    with stage(chromium) as page:
        page.furnish(world.standing(how))
        page.show(device="a")
        page.show(device="a", scale="whole")
        card = page.page.locator(CARD).first
        expect(card.locator(".headline")).to_have_text("\N{EN DASH}")
        expect(card.locator(".power")).to_have_text("\N{EN DASH}")
        assert_sound(page)


def test_one_cell_of_many_is_no_difference(chromium: Browser) -> None:
    with stage(chromium) as page:
        piece, states = world.battery("a", cells=4, packs=2)
        gone = {f"sensor.a_0_cell_{index}": ("unknown", {}) for index in range(3)}
        page.furnish((piece, states | gone))
        page.show(device="a")
        card = page.page.locator(CARD)
        expect(card.locator(".headline")).to_contain_text("mV")
        expect(card.locator("h3 .muted").first).to_have_text("\N{EN DASH}")


@pytest.mark.parametrize(
    ("current", "word"),
    [(1.5, "charging"), (-1.5, "discharging"), (0.02, "idle"), ("unknown", None)],
)
def test_where_it_flows_without_a_power(
    chromium: Browser, current: object, word: str | None
) -> None:
    with stage(chromium) as page:
        piece, states = world.battery("a")
        del piece["roles"]["power"]
        states["sensor.a_current"] = world.number(current, "A", 1)
        page.furnish((piece, states))
        page.show(device="a")
        said = page.page.locator(f"{CARD} .power span:last-child")
        expect(said).to_have_text(TEXTS[f"card_{word}"] if word else "")


def test_no_sum_has_old_values_in_it(chromium: Browser) -> None:
    with stage(chromium) as page:
        page.furnish(world.battery("a"), world.battery("b"))
        page.show("bank")
        total = page.page.locator("mi-bms-bank-card .age")
        expect(total).to_have_text("Discharging · 2,468\u00a0W")
        dead, states = world.standing("unreachable", "b")
        page.page.evaluate("changes => home.set(changes)", states)
        page.update(dead, "b")
        expect(total).to_have_text("Discharging · 1,234\u00a0W")


def test_a_member_without_a_current_has_no_share(chromium: Browser) -> None:
    with stage(chromium) as page:
        pieces = world.bank()
        pieces[1][1]["sensor.bank_a_current"] = ("unknown", {})
        page.furnish(*pieces)
        page.show("bank", device="bank")
        rows = page.page.locator("mi-bms-bank-card .row")
        expect(rows.nth(1)).to_contain_text("100\u00a0% of the current")
        expect(rows.nth(2)).to_contain_text("Battery A")
        expect(rows.nth(2)).not_to_contain_text("of the current")


@pytest.mark.parametrize(("value", "unit"), [(22.5, "°C"), (72.5, "°F")])
def test_warm_is_as_warm_in_any_unit(
    chromium: Browser, value: float, unit: str
) -> None:
    with stage(chromium) as page:
        page.furnish(*world.SENSORS)
        page.page.evaluate(
            "changes => home.set(changes)",
            {
                f"sensor.{key}_temperature": world.number(value, unit, 1)
                for key in ("living_room", "ficus")
            },
        )
        page.show("sensor", device="living_room")
        page.show("sensor", device="ficus")
        cards = page.page.locator("mi-bms-sensor-card")
        expect(cards.nth(0)).to_contain_text(TEXTS["card_feels_good"])
        assert cards.nth(1).locator(".gauge i").last.evaluate(
            "bar => bar.style.transform"
        ) == ("scaleX(0.5)")


VALUES = ["unavailable", "", "NaN", "1e999", "-0", "1e15", "x" * 500, HTML]


@pytest.mark.parametrize("value", VALUES)
def test_any_value_of_any_entity(chromium: Browser, value: str) -> None:
    """From the first moment on: no good value is remembered."""
    pieces: list[tuple[dict[str, Any], dict[str, Any]]] = [
        world.battery("a", cells=4, packs=2),
        *world.SENSORS,
        *world.bank(),
    ]
    with stage(chromium) as page:
        page.furnish(
            *(
                (device, {key: (value, more) for key, (_, more) in states.items()})
                for device, states in pieces
            )
        )
        page.show(device="a")
        page.show(device="a", scale="whole")
        page.show("bank", device="bank")
        page.show("bank")
        for device, _ in world.SENSORS:
            page.show("sensor", device=device["id"])
        expect(page.page.locator(f"{CARD} .digits").first).to_be_visible()
        assert_sound(page, value, value.capitalize())


def test_a_card_that_failed_is_drawn_when_the_cause_is_gone(chromium: Browser) -> None:
    with stage(chromium) as page:
        page.furnish(world.battery("a"))
        page.show(device="a")
        card = page.page.locator(CARD)
        expect(card.locator(".digits")).to_be_visible()
        page.page.evaluate("""() => {
          const card = document.querySelector("main > div > *");
          card.hass = {...home.make(), locale: undefined};
        }""")
        expect(card).to_have_text(TEXTS["card_broken"])
        assert len(page.complaints) == 1
        page.complaints.clear()
        page.set(sensor__a_level=61)
        expect(card.locator(".digits")).to_contain_text("61")
