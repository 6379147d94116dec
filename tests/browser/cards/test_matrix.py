"""Each card in all widths, colours, directions and standings: no finding, nothing cut off."""

from importlib.resources import files
from typing import Any

from playwright.sync_api import Browser
import pytest

from . import world
from .stage import Stage, stage

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
WIDTHS = (228, 374, 900)
BATTERIES = [
    *(world.battery(f"n{cells}", cells=cells) for cells in (4, 16, 48, 96)),
    world.battery("packs", packs=3),
    world.commanded("locked"),
    world.commanded("armed", minutes=10),
    *(world.standing(how, f"s_{how}") for how in world.STANDINGS),
]


def judge(page: Stage, width: str) -> None:
    """Let a checker of accessibility look at the cards of one width that have few cells."""
    page.page.evaluate(
        """width => {
          for (const box of document.querySelectorAll("main > div")) {
            const cells = box.firstChild.shadowRoot.querySelectorAll(".cell").length;
            box.classList.toggle("judged", box.style.width === width && cells <= 16);
          }
        }""",
        width,
    )
    assert not findings(page)


def findings(page: Stage) -> list[Any]:
    page.page.evaluate(AXE)
    return page.page.evaluate(
        """async () => {
          const {violations} = await axe.run([...document.querySelectorAll(".judged")], {resultTypes: ["violations"]});
          return violations.map(({id, nodes}) => [id, nodes.length, nodes[0].html, nodes[0].failureSummary]);
        }"""
    )


def cut_off(page: Stage) -> list[str]:
    """Return what is wider than its card."""
    return page.page.evaluate(
        """() => [...document.querySelectorAll("main > div > *")].flatMap(card => {
          const frame = card.shadowRoot.querySelector("ha-card");
          const {left, right} = frame.getBoundingClientRect();
          return [...frame.querySelectorAll("*")].filter(part => {
            const box = part.getBoundingClientRect();
            return box.width && (box.left < left - 1 || box.right > right + 1);
          }).map(part => `${card.localName} ${frame.clientWidth}: ${part.className}`);
        })"""
    )


@pytest.mark.parametrize("language", ["en", "he"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_batteries(chromium: Browser, dark: bool, language: str) -> None:
    with stage(chromium, dark=dark, language=language) as page:
        page.furnish(
            *BATTERIES,
            history={
                "sensor.n16_level": world.day(world.level, gap=True),
                "sensor.n16_power": world.day(world.power),
            },
        )
        for device, _ in BATTERIES:
            for width in WIDTHS:
                page.show(device=device["id"], width=width)
        assert not cut_off(page)
        if language == "en":
            judge(page, "374px")


@pytest.mark.parametrize("language", ["en", "he"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_others(chromium: Browser, dark: bool, language: str) -> None:
    line = world.day(world.level)
    with stage(chromium, dark=dark, language=language) as page:
        page.furnish(
            *world.SENSORS,
            *world.bank(),
            reception=world.RECEPTION,
            history={
                "sensor.living_room_temperature": line,
                "sensor.bathroom_scale_weight": line,
            },
        )
        for width in WIDTHS:
            for device, _ in world.SENSORS:
                page.show("sensor", width=width, device=device["id"])
            page.show("bank", width=width, device="bank")
            page.show("bank", width=width)
        page.show("reception", width=900)
        assert not cut_off(page)
        if language == "en":
            judge(page, "374px")
            judge(page, "900px")
