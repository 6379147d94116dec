"""Sensors, banks and reception: each says what it is for in words."""

from playwright.sync_api import Browser, expect
import pytest

from . import world
from .stage import TEXTS, stage

SAYS = {
    "living_room": ["21.4\u00a0°C", "Comfortable", "48%", "Dew point"],
    "front_door": ["Open", "for 1 hr"],
    "cellar_leak": ["Dry"],
    "hall": ["Detected", "120\u00a0lx"],
    "ficus": ["Moisture", "too low", "420\u00a0µS/cm"],
    "bedside_remote": ["Long press", "Button"],
    "bathroom_scale": ["72.4\u00a0kg", "480\u00a0Ω"],
    "flat_lock": ["Locked"],
    "study_air": ["7\u00a0µg/m³", "820\u00a0ppm"],
    "kitchen_smoke": ["Clear"],
    "something": ["3.0\u00a0m/s"],
}


def test_a_face_for_each_kind_of_sensor(chromium: Browser) -> None:
    with stage(chromium) as page:
        page.furnish(
            *world.SENSORS,
            history={
                "binary_sensor.front_door_opening": world.day(
                    lambda hour: "on" if 3 < hour < 6 else "off"
                )
            },
        )
        assert SAYS.keys() == {device["id"] for device, _ in world.SENSORS}
        for key in SAYS:
            page.show("sensor", device=key)
        cards = page.page.locator("mi-bms-sensor-card")
        for index, words in enumerate(SAYS.values()):
            for word in words:
                expect(cards.nth(index)).to_contain_text(word)
        expect(cards.nth(1).locator(".chart svg")).to_have_attribute(
            "aria-label", "Opening over the last 24 hours, now Open."
        )


def test_when_a_plant_was_watered(chromium: Browser) -> None:
    with stage(chromium) as page:
        page.furnish(*world.SENSORS)
        page.page.evaluate(
            """home.statistics = () => [30, 29, 55, 52].map((mean, index) =>
              ({start: Date.now() - (28 - index) * 3.6e6, mean, max: mean}))"""
        )
        page.show("sensor", device="ficus")
        expect(page.page.locator("mi-bms-sensor-card")).to_contain_text(
            "Last watered yesterday"
        )


def test_a_bank_tells_the_worst_first(chromium: Browser) -> None:
    with stage(chromium) as page:
        page.furnish(*world.bank())
        page.show("bank", device="bank")
        card = page.page.locator("mi-bms-bank-card")
        names = card.locator(".who")
        expect(names).to_have_text(["Battery C", "Battery B", "Battery A"])
        rows = card.locator(".row")
        expect(rows.nth(0)).to_contain_text("It was last read too long ago.")
        expect(rows.nth(1)).to_contain_text("28\u00a0% of the current")
        expect(card).to_contain_text("Circulating current")
        page.update({**world.bank()[1][0], "standing": "held"}, "bank_a")
        expect(names).to_have_text(["Battery C", "Battery A", "Battery B"])
        expect(rows.nth(1)).to_contain_text(TEXTS["card_standing_held"])
        page.update(world.bank()[1][0], "bank_a")
        expect(names).to_have_text(["Battery C", "Battery B", "Battery A"])
        page.set(sensor__bank_b_level=90)
        expect(names).to_have_text(["Battery C", "Battery A", "Battery B"])
        rows.nth(1).click()
        assert page.page.evaluate("home.events.at(-1)[1].entityId") == (
            "sensor.bank_a_level"
        )


def test_all_batteries_without_a_bank(chromium: Browser) -> None:
    with stage(chromium) as page:
        page.furnish()
        page.show("bank")
        card = page.page.locator("mi-bms-bank-card")
        expect(card).to_have_text(TEXTS["card_no_battery"])
        first, second = world.battery("a"), world.battery("b")
        page.furnish(first, second)
        page.update(first[0], "a")
        page.update(second[0], "b")
        expect(card.locator(".age")).to_have_text("Discharging · 2,468\u00a0W")
        expect(card.locator(".row")).to_have_count(2)


def test_reception(chromium: Browser) -> None:
    with stage(chromium) as page:
        page.furnish(*world.SENSORS, reception=world.RECEPTION)
        page.show("reception", width=700)
        rows = page.page.locator("mi-bms-reception-card tr")
        expect(rows.nth(0).locator("th")).to_have_text(
            ["Sensor", "Packets, 24 hours", "Received", "Proxy cellar", "Proxy attic"]
        )
        expect(rows.nth(1)).to_contain_text("Ficus")
        expect(rows.nth(1)).to_contain_text("12\u00a0%")
        expect(rows.nth(2).locator(".best")).to_have_text("-58\u00a0dBm")
        expect(page.page.locator("mi-bms-reception-card p.notice")).to_have_text(
            "A receiver near Ficus would help most."
        )


@pytest.mark.parametrize(
    ("moisture", "word"),
    [(18, "card_too_low"), (20, None), (60, None), (61, None)],
)
def test_a_plant_against_its_limits(
    chromium: Browser, moisture: int, word: str | None
) -> None:
    """The upper limit says that there is enough: more of it is no fault."""
    with stage(chromium) as page:
        page.furnish(*world.SENSORS)
        page.set(sensor__ficus_moisture=moisture)
        page.show("sensor", device="ficus")
        gauge = page.page.locator("mi-bms-sensor-card .gauge").first
        expect(gauge.locator("u")).to_have_count(2)
        expect(gauge.locator(".word")).to_have_text(TEXTS[word] if word else "")


def test_reception_tells_who_waits_and_why(chromium: Browser) -> None:
    cause = {"cause": "Its key is missing.", "remedy": "Enter the key."}
    locked = {"standing": "no_key", "act": world.CONFIGURE}
    with stage(chromium, frozen=True) as page:
        page.furnish(
            world.standing("held", "held", name="Attic battery"),
            *world.SENSORS,
            (world.SENSORS[3][0] | cause | locked, {}),
            reception=world.RECEPTION,
        )
        page.show("reception", width=700)
        card = page.page.locator("mi-bms-reception-card")
        expect(card.locator("h3")).to_have_text(TEXTS["card_waiting"])
        rows = card.locator("li:visible")
        # Who waits for a key comes first.
        names = rows.locator(".head > :first-child")
        expect(names).to_have_text(["Hall", "Attic battery"])
        expect(rows.nth(0)).to_contain_text("Its key is missing. Enter the key.")
        expect(rows.nth(1)).to_contain_text(world.STANDINGS["held"]["cause"])
        rows.nth(0).locator(".act").click()
        path = page.page.evaluate(
            "home.events.at(-1)[1].config.tap_action.navigation_path"
        )
        assert path.endswith("#config_entry=01J")
        page.update(world.SENSORS[3][0], "hall")
        expect(rows).to_have_count(1)
        page.update(None, "held")
        expect(card.locator("h3")).to_be_hidden()


def test_reception_of_a_house_that_hears_no_sensor(chromium: Browser) -> None:
    with stage(chromium, frozen=True) as page:
        silent = world.RECEPTION | {"sensors": {}, "advice": None}
        page.furnish(world.standing("held"), reception=silent)
        page.show("reception")
        card = page.page.locator("mi-bms-reception-card")
        expect(card.locator("li")).to_contain_text("House battery")
        expect(card.locator("table")).to_have_count(0)
        expect(card).to_contain_text(TEXTS["card_nothing_heard"])


@pytest.mark.parametrize("kind", ["bank", "sensor", "reception"])
def test_they_take_bad_times_as_batteries_do(chromium: Browser, kind: str) -> None:
    with stage(chromium, frozen=True) as page:
        page.furnish(failing=True)
        page.show(kind, device="nobody")
        card = page.page.locator(f"mi-bms-{kind}-card")
        expect(card).to_have_text(TEXTS["card_unavailable"])
        page.page.evaluate("home.failing = false")
        page.page.clock.run_for(11_000)
        expect(card).not_to_have_text(TEXTS["card_unavailable"])
        expect(card).not_to_have_text(TEXTS["card_broken"])
