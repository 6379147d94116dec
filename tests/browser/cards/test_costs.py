"""What cards cost: counted, because a busy machine tells no time."""

import math
import os

from playwright.sync_api import Browser, CDPSession
import pytest

from ..conftest import FIGURES
from . import world
from .stage import Stage, stage

PUSHES = 40
SLOWER = 4
# Counts what a drawing touches, in all shadow roots.
WATCH = """() => {
  window.touched = 0;
  const observer = new MutationObserver(records => (window.touched += records.length));
  for (const card of document.querySelectorAll("main > div > *"))
    observer.observe(card.shadowRoot, {subtree: true, childList: true, attributes: true, characterData: true});
}"""
# Changes every cell a little, as a battery's reading does.
PUSH = """([pushes, foreign]) => {
  for (let push = 0; push < pushes; push += 1) {
    const changes = {};
    if (foreign) changes["sensor.foreign"] = [push];
    else for (const id of Object.keys(home.states))
      if (id.includes("_cell_")) changes[id] = [(3.31 + 0.004 * Math.sin(push + id.length * id.charCodeAt(id.length - 1))).toFixed(3)];
      else if (id.endsWith("_power")) changes[id] = [-1000 - push];
    home.set(changes);
    document.body.getBoundingClientRect();
  }
}"""


def figures(session: CDPSession) -> dict[str, float]:
    session.send("HeapProfiler.collectGarbage")
    return {
        one["name"]: one["value"]
        for one in session.send("Performance.getMetrics")["metrics"]
    }


def house(page: Stage) -> int:
    """Put up eight batteries and thirty sensors; return how many cards."""
    batteries = [world.battery(f"b{index}") for index in range(8)]
    sensors = [world.SENSORS[index % len(world.SENSORS)] for index in range(30)]
    page.furnish(*batteries, *world.SENSORS)
    page.page.set_viewport_size({"width": 1900, "height": 9000})
    for device, _ in batteries:
        page.show(device=device["id"], width=374)
    for device, _ in sensors:
        page.show("sensor", device=device["id"], width=228)
    page.page.locator("mi-bms-battery-card .digits").nth(7).wait_for()
    return len(batteries) + len(sensors)


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> dict[str, object]:
    """Return what is told at the end of the run."""
    return request.config.stash[FIGURES]


def test_a_push_of_others_touches_nothing(chromium: Browser) -> None:
    with stage(chromium, frozen=True) as page:
        house(page)
        page.page.evaluate(WATCH)
        page.page.evaluate(PUSH, [PUSHES, True])
        assert page.page.evaluate("touched") == 0
        page.set(sensor__b0_power=-1100)
        # The number, and no bar.
        assert page.page.evaluate("touched") == 1


def test_what_a_push_costs(chromium: Browser, figure: dict[str, object]) -> None:
    with stage(chromium) as page:
        cards = house(page)
        session = page.page.context.new_cdp_session(page.page)
        # What the processor worked, whatever else the machine did meanwhile.
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        page.page.evaluate(PUSH, [3, False])
        before = figures(session)
        page.page.evaluate(PUSH, [PUSHES, False])
        after = figures(session)
        layouts = after["LayoutCount"] - before["LayoutCount"]
        worked = (after["TaskDuration"] - before["TaskDuration"]) * 1000
        figure["ms of work per push and card, processor four times slower"] = round(
            worked * SLOWER / PUSHES / cards, 2
        )
        figure["layouts per push"] = round(layouts / PUSHES, 2)
        # One for the page at most, however many bars moved.
        assert layouts <= PUSHES + 2
        assert math.isclose(after["Nodes"], before["Nodes"], abs_tol=60)
        assert after["JSEventListeners"] == before["JSEventListeners"]


# A push each second: in turn a battery is read and a sensor says something, and the history tells of both.
DAY = """async pushes => {
  const real = Date.now;
  Date.now = () => real() + window.shift;
  window.shift ??= 0;
  const batteries = Object.keys(home.devices).filter(id => home.devices[id].kind === "battery");
  const sensors = Object.keys(home.states).filter(id => id.startsWith("sensor.") && !/^sensor\\.b\\d_/.test(id));
  for (let push = 0; push < pushes; push += 1) {
    window.shift += 1000;
    const battery = batteries[push % batteries.length];
    const changes = {[sensors[push % sensors.length]]: [20 + push % 50]};
    for (const id of Object.keys(home.states))
      if (id.startsWith(`sensor.${battery}_0_cell`)) changes[id] = [(3.31 + 0.004 * Math.sin(push + id.length * id.charCodeAt(id.length - 1))).toFixed(3)];
    changes[`sensor.${battery}_power`] = [-1000 - push % 700];
    changes[`sensor.${battery}_level`] = [40 + push % 50];
    home.set(changes);
    const now = Date.now() / 1000;
    home.devices[battery] = {...home.devices[battery], read_at: Math.round(now)};
    home.push("mi_bms/devices/subscribe", {devices: {[battery]: home.devices[battery]}});
    home.push("history/stream", {states: Object.fromEntries(Object.entries(changes).map(([id, [state]]) => [id, [{s: String(state), lu: now}]]))});
    // What is drawn gets its turn, as between two seconds.
    if (push % 500 === 0) await new Promise(requestAnimationFrame);
  }
  Date.now = real;
}"""


def test_a_day_leaves_nothing_in_memory(
    chromium: Browser, figure: dict[str, object]
) -> None:
    """A tenth of a day shows what leaks; MI_BMS_PUSHES=86400 is the whole of it."""
    pushes = int(os.environ.get("MI_BMS_PUSHES", "8640"))
    with stage(chromium) as page:
        house(page)
        session = page.page.context.new_cdp_session(page.page)
        session.send("Performance.enable")

        def heap() -> float:
            return figures(session)["JSHeapUsedSize"] / 1e6

        # A day that is full does not grow any more: what one day needs at most is not counted.
        page.page.evaluate(DAY, 600)
        before = heap()
        page.page.evaluate(DAY, pushes)
        after = heap()
        figure[f"MB of memory before and after {pushes} pushes"] = (
            f"{before:.2f}, {after:.2f}"
        )
        figure[f"MB grown over {pushes} pushes"] = round(after - before, 2)
        assert after - before < 1
