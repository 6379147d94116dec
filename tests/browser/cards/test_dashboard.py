"""What makes itself: dashboards, sections, features of tiles, and what pickers are told."""

from typing import Any

from playwright.sync_api import Browser, expect
import pytest

from . import world
from .stage import Stage, stage

GENERATE = """([name, config]) =>
  customElements.get(`ll-strategy-${name}`).generate(config, home.make())"""


def generate(page: Stage, name: str, **config: Any) -> Any:
    return page.page.evaluate(GENERATE, [name, config])


def test_a_dashboard_of_everything(chromium: Browser) -> None:
    with stage(chromium) as page:
        battery, states = world.battery("a")
        for way in ("in", "out"):
            battery["roles"][f"energy_{way}"] = f"sensor.a_energy_{way}"
        sensors = [
            ({**device, "area": "kitchen" if index % 2 else None}, own)
            for index, (device, own) in enumerate(world.SENSORS)
        ]
        page.furnish(
            (battery, states),
            *world.bank(),
            *sensors,
            areas={"kitchen": {"area_id": "kitchen", "name": "Kitchen"}},
        )
        views = generate(page, "dashboard-mi-bms")["views"]
        assert [view["title"] for view in views] == [
            "Batteries",
            "Sensors",
            "Energy",
            "Reception",
        ]
        cards = [card for part in views[0]["sections"] for card in part["cards"]]
        assert cards[0]["device"] == "bank"
        assert {card["device"] for card in cards[1:]} == {
            "a",
            "bank_a",
            "bank_b",
            "bank_c",
        }
        headings = [part["cards"][0]["heading"] for part in views[1]["sections"]]
        assert headings == ["Kitchen", "In no area"]
        assert views[2]["sections"][0]["cards"][1]["entity"] == "sensor.a_energy_in"


def test_meters_are_told_apart_while_home_assistant_starts(chromium: Browser) -> None:
    """It knows no names of entities yet: what is left is the name with the device's before it."""
    with stage(chromium) as page:
        battery, states = world.battery("a")
        for way in ("in", "out"):
            battery["roles"][f"energy_{way}"] = f"sensor.a_energy_{way}"
            label = f"{battery['name']} Energy {way}"
            states[f"sensor.a_energy_{way}"] = ("1", {"label": label})
        page.furnish((battery, states))
        energy = generate(page, "dashboard-mi-bms")["views"][1]["sections"][0]
        named = [card["name"] for card in energy["cards"] if "entity" in card]
        assert named[:2] == ["Energy in", "Energy out"]


@pytest.mark.parametrize(
    "name", ["dashboard-mi-bms", "section-mi-bms-batteries", "section-mi-bms-climate"]
)
def test_an_empty_house_gets_a_sentence_and_a_button(
    chromium: Browser, name: str
) -> None:
    with stage(chromium) as page:
        made = generate(page, name)
        section = made["views"][0]["sections"][0] if "views" in made else made
        assert [card["type"] for card in section["cards"]] == ["markdown", "button"]


def test_sections(chromium: Browser) -> None:
    with stage(chromium) as page:
        page.furnish(world.battery("a"), *world.SENSORS)
        one = generate(page, "section-mi-bms-battery", device="a")
        assert [card["device"] for card in one["cards"]] == ["a"]
        gone = generate(page, "section-mi-bms-battery", device="nobody")
        assert [card["device"] for card in gone["cards"]] == ["nobody"]
        climate = generate(page, "section-mi-bms-climate")
        assert [card.get("device") for card in climate["cards"]] == [
            None,
            "living_room",
        ]


def test_features_of_a_tile(chromium: Browser) -> None:
    with stage(chromium) as page:
        page.furnish(
            world.battery("a", cells=8),
            entities={"sensor.a_level": {"device_id": "a", "platform": "mi_bms"}},
        )
        page.page.evaluate(
            """["cells", "flow"].forEach(kind => {
              const box = document.createElement("div");
              const feature = document.createElement(`mi-bms-${kind}-feature`);
              feature.setConfig({type: `custom:mi-bms-${kind}-feature`});
              feature.context = {entity_id: "sensor.a_level"};
              feature.hass = home.make();
              box.append(feature);
              document.querySelector("main").append(box);
            })"""
        )
        cells = page.page.locator("mi-bms-cells-feature")
        expect(cells.locator(".cell")).to_have_count(8)
        expect(cells.locator(".cells")).to_have_attribute(
            "aria-label",
            "8 cells between 3.306\u00a0V and 3.318\u00a0V, 12\u00a0mV apart.",
        )
        flow = page.page.locator("mi-bms-flow-feature")
        expect(flow).to_have_text("1,234\u00a0WDischargingEmpty in 9 hr 12 min")
        page.set(sensor__a_power=500)
        expect(flow).to_contain_text("500\u00a0WCharging")


def test_pickers(chromium: Browser) -> None:
    with stage(chromium) as page:
        page.furnish(
            world.battery("a"),
            *world.SENSORS,
            entities={
                "sensor.a_level": {"device_id": "a", "platform": "mi_bms"},
                "sensor.x": {"device_id": "hall", "platform": "mi_bms"},
                "sensor.other": {"device_id": "z", "platform": "other"},
            },
        )
        page.show(device="a")
        page.page.evaluate(
            "document.querySelector('home-assistant') ?? document.body.append(Object.assign(document.createElement('home-assistant'), {hass: home.make()}))"
        )
        expect(page.page.locator("mi-bms-battery-card .digits")).to_be_visible()
        names = page.page.evaluate("customCards.map(card => card.name)")
        assert names == [
            f"Mi BMS: {name}"
            for name in ("Battery", "Batteries", "Sensor", "Reception")
        ]
        suggested = page.page.evaluate(
            """["sensor.a_level", "sensor.x", "sensor.other", "sensor.nobody"].map(id =>
              customCards.map(card => card.getEntitySuggestion(home.make(), id)).filter(Boolean))"""
        )
        assert suggested == [
            [{"config": {"type": "custom:mi-bms-battery-card", "device": "a"}}],
            [{"config": {"type": "custom:mi-bms-sensor-card", "device": "hall"}}],
            [],
            [],
        ]
        stub = page.page.evaluate(
            "customElements.get('mi-bms-battery-card').getStubConfig(home.make())"
        )
        assert stub == {"device": "a"}
        supported = page.page.evaluate(
            "customCardFeatures.map(one => ['sensor.a_level', 'sensor.x', 'sensor.other'].map(id => one.isSupported(home.make(), {entity_id: id})))"
        )
        assert supported == [[True, False, False]] * 2
        form = page.page.evaluate(
            """(() => {
              const {schema, computeLabel} = customElements.get("mi-bms-battery-card").getConfigForm();
              return schema.flatMap(row => row.schema ?? [row]).map(computeLabel);
            })()"""
        )
        assert form[:3] == ["Device", "Another name", "Cells"]
        kinds = page.page.evaluate(
            "customStrategies.map(one => [one.type, one.strategyType])"
        )
        assert kinds == [
            ["mi-bms", "dashboard"],
            ["mi-bms-battery", "section"],
            ["mi-bms-batteries", "section"],
            ["mi-bms-climate", "section"],
        ]
