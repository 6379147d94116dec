"""Messages that are as bad as they can be: nothing is made up, nothing breaks."""

import re
from typing import Any

from playwright.sync_api import Browser, expect
import pytest

from . import world
from .stage import TEXTS, Stage, stage
from .test_matrix import cut_off

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


@pytest.mark.parametrize(("value", "unit"), [(22.5, "°C"), (72.5, "°F"), (295.65, "K")])
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


@pytest.mark.parametrize(
    ("value", "unit"), [(420, "μS/cm"), (0.42, "mS/cm"), (0.00042, "S/cm")]
)
def test_a_plant_is_as_well_fed_in_any_unit(
    chromium: Browser, value: float, unit: str
) -> None:
    with stage(chromium) as page:
        plant = world.sensor("fern", "plant", conductivity=world.number(value, unit, 5))
        page.furnish(plant)
        page.show("sensor", device="fern")
        bar = page.page.locator("mi-bms-sensor-card .gauge i")
        expect(bar).to_have_attribute("style", "transform:scaleX(0.21)")


@pytest.mark.parametrize(("factor", "unit"), [(1e6, "μV"), (1e3, "mV"), (1e-3, "kV")])
def test_cells_are_as_far_apart_in_any_unit(
    chromium: Browser, factor: float, unit: str
) -> None:
    with stage(chromium) as page:
        piece, states = world.battery("a", cells=4)
        for index, volts in enumerate((3.3, 3.31, 3.32, 3.34)):
            value = round(volts * factor, 6)
            states[f"sensor.a_0_cell_{index}"] = world.number(value, unit, 6)
        page.furnish((piece, states))
        page.show(device="a")
        expect(page.page.locator(f"{CARD} .headline .big")).to_have_text("40\u00a0mV")


def test_what_a_fresh_battery_does_not_say_is_not_known(chromium: Browser) -> None:
    with stage(chromium) as page:
        page.furnish(world.battery("a"))
        page.show(device="a")
        power = page.page.locator(f"{CARD} .power .big")
        expect(power).to_have_text("1,234\u00a0W")
        page.set(sensor__a_power="unavailable")
        expect(power).to_have_text("\N{EN DASH}")
        # Of one that is not read any more, the last values stay, and look old.
        page.update(world.standing("unreachable")[0])
        expect(power).to_have_text("1,234\u00a0W")
        expect(page.page.locator(f"{CARD} .frame")).to_have_class(re.compile("old"))


def test_what_a_fresh_pack_does_not_say_is_not_known(chromium: Browser) -> None:
    with stage(chromium) as page:
        piece, states = world.battery("a", cells=2)
        piece["packs"][0]["device"] = "pack"
        cell = {"sensor.a_0_cell_0": {"device_id": "pack"}}
        page.furnish((piece, states), entities=cell)
        page.show(device="a")
        headline = page.page.locator(f"{CARD} .headline")
        expect(headline).to_contain_text("mV")
        page.set(sensor__a_0_cell_0="unavailable")
        expect(headline).to_have_text("\N{EN DASH}")


def test_no_time_runs_backwards(chromium: Browser) -> None:
    with stage(chromium) as page:
        page.furnish(world.battery("a"))
        page.show(device="a")
        time = page.page.locator(f"{CARD} .time")
        expect(time).to_be_visible()
        page.set(sensor__a_time_to_empty=-50)
        expect(time).to_be_hidden()


@pytest.mark.parametrize("language", ["en", "he"])
@pytest.mark.parametrize("name", ["House battery", "סוללת הבית"])
def test_a_name_begins_where_it_is_read_first(
    chromium: Browser, language: str, name: str
) -> None:
    """In a page that runs the other way, too, the end of a long one is what is left out."""
    with stage(chromium, language=language) as page:
        page.furnish(world.battery("a", name=name))
        page.show(device="a")
        seen = page.page.locator(f"{CARD} h2").evaluate("""name => {
          const words = document.createRange();
          words.selectNodeContents(name);
          const [text, box] = [words.getBoundingClientRect(), name.getBoundingClientRect()];
          const side = document.dir === "rtl" ? "right" : "left";
          return [getComputedStyle(name).direction, Math.abs(text[side] - box[side]) < 1];
        }""")
        assert seen == ["ltr" if name.isascii() else "rtl", True]


def test_a_number_stands_before_its_unit_in_any_direction(chromium: Browser) -> None:
    with stage(chromium, language="he") as page:
        page.furnish(world.battery("a"))
        page.show(device="a")
        page.page.locator(f"{CARD} .digits").wait_for()
        for part in (".power .big", ".pair button", ".legend span", ".chip .num"):
            order = page.page.locator(f"{CARD} {part}").first.evaluate("""part => {
              const at = (index, size = 1) => {
                const letter = document.createRange();
                const text = part.lastChild;
                letter.setStart(text, index);
                letter.setEnd(text, index + size);
                return letter.getBoundingClientRect().left;
              };
              return at(0) < at(part.lastChild.data.length - 1);
            }""")
            assert order, part


LONG = "House battery in the cellar behind the boiler, the second one from the left"
WORD = "Starkstromspeicheranlagenüberwachungseinheit"


@pytest.mark.parametrize("language", ["en", "he"])
def test_nothing_sticks_out(chromium: Browser, language: str) -> None:
    battery, states = world.battery("a", cells=40, packs=2, name=WORD)
    battery["packs"][0]["name"], battery["packs"][1]["name"] = LONG, WORD
    states["sensor.a_power"] = world.number(-123456789012, "W", 3, WORD)
    states["sensor.a_voltage"] = world.number(5312345678.912, "mV", 3, WORD)
    states["sensor.a_cycles"] = world.number(123456789, "", 0, LONG)
    states["sensor.a_alarm"] = world.words(HTML, "Alarm")
    held, old = world.standing("held", "b", name=LONG, cause=LONG * 3, remedy=HTML)
    climate = {"temperature": world.number(-1234567890.123, "°C", 3, WORD)}
    more = {f"dust_{index}": world.number(index, "ppm", 0, LONG) for index in range(3)}
    pieces = [
        (battery, states),
        (held, old),
        world.battery("none", cells=0, name=HTML),
        world.sensor("c", "air", pm25=world.number(1234567.891, "µg/m³", 3), **more),
        world.sensor("d", "climate", **climate),
        world.sensor("e", "contact", opening=world.words("on", WORD, on=WORD)),
        world.sensor("f", "plant", illuminance=world.number(230000, "lx", 0, WORD)),
        world.sensor("g", "remote", event_press=("x", {"event_type": HTML})),
        world.sensor("h", "climate"),
    ]
    with stage(chromium, language=language) as page:
        page.furnish(*pieces)
        for width in (120, 228, 374, 900):
            for device, _ in pieces:
                page.show(device["kind"], device=device["id"], width=width)
            page.show("bank", width=width, name=WORD)
        page.page.locator(f"{CARD} .digits").first.wait_for()
        assert not cut_off(page)
        # What a small fact says is told in full, however long its name is.
        for number in page.page.locator("mi-bms-sensor-card .chip .num").all():
            assert number.evaluate("one => one.scrollWidth <= one.clientWidth")
        # Who it is can be told even where the state is long.
        for name in page.page.locator(f"{CARD} h2").all():
            assert name.evaluate("one => one.clientWidth") > 20


def test_a_table_shows_that_more_of_it_is_there(chromium: Browser) -> None:
    with stage(chromium) as page:
        page.furnish(*world.SENSORS, reception=world.RECEPTION)
        page.show("reception", width=300)
        page.show("reception", width=900)
        parts = page.page.locator("mi-bms-reception-card .scroll")
        expect(parts).to_have_count(2)
        narrow, wide = parts.evaluate_all(
            "parts => parts.map(part => part.scrollWidth > part.clientWidth)"
        )
        assert narrow
        assert not wide
        assert parts.first.evaluate(
            "part => getComputedStyle(part).backgroundAttachment"
        ) == ("local, local, scroll, scroll")


def test_of_a_longer_history_the_last_day_is_drawn(chromium: Browser) -> None:
    """What stood in the same slots a day before is gone, where nothing is known now, too."""
    hour = 3600
    told = [(-72, "10"), (-30, "unavailable"), (-3, "50")]
    points = [{"s": state, "lu": world.NOW + at * hour} for at, state in told]
    with stage(chromium) as page:
        page.furnish(world.battery("a"), history={"sensor.a_level": points})
        page.show(device="a")
        chart = page.page.locator(f"{CARD} .chart svg")
        expect(chart).to_have_attribute(
            "aria-label", re.compile("from 50 to 50\u00a0%")
        )
        path = chart.locator("path:not(.area)[style]").first
        begins = path.evaluate(
            "path => Number(path.getAttribute('d').match(/M([\\d.]+)/)[1])"
        )
        # Three hours of twenty-four.
        assert 860 < begins < 885


VALUES = ["unavailable", "", "NaN", "nan", "1e999", "-0", "1e15", "x" * 500, HTML]


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
