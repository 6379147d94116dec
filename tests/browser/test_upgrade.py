"""A new version of the cards is there after one reload, however much the browser has kept of the old one."""

import contextlib
from pathlib import Path
import shutil
from typing import Any, Final

from playwright.sync_api import Browser, Error, Page, expect

from tests.ports import free_port

from . import walk
from .home import ROOT, WORLD, running
from .wizard import Wizard, log_in, new_context

PATH: Final = "our-cards"
CARD: Final = "mi-bms-reception-card"
# Stands in the cards' words: a module that the entry module only imports.
PART: Final = "custom_components/mi_bms/frontend/parts/text.js"
LOADS: Final = 4  # a service worker takes over from the third
RUNS: Final = """() => performance.getEntriesByType("resource").map(one => one.name)
    .filter(name => name.endsWith("/mi-bms.js")).map(name => name.split("/").at(-2))
    .reduce((found, one) => [...(found ?? []), one], null)"""


def told(page: Page, script: str) -> Any:
    """Return what a script tells as soon as that is something; a page may load itself anew meanwhile.

    One that the worker has just taken over does.
    """
    for _ in range(LOADS):
        with contextlib.suppress(Error):
            expect(page.locator(CARD)).to_be_visible()
            return page.wait_for_function(script).json_value()
    raise AssertionError("the page loads itself anew each time")


def version(page: Page) -> str:
    """Return which code draws the cards, by what it says of itself."""
    return str(told(page, "window.miBmsVersion"))


def add_entry(wizard: Wizard) -> None:
    """Add what needs no device: with the first entry the cards are there."""
    wizard.add_integration()
    wizard.choose("Send readings to MQTT or a file")
    wizard.choose("Everything to a file")
    wizard.at("Readings to a file")
    wizard.fill("File", "readings/house.jsonl")
    wizard.submit()
    wizard.created()
    wizard.close("finish|skip")


def make(page: Page) -> None:
    """Store a dashboard with one of our cards."""
    walk.call(
        page,
        "lovelace/dashboards/create",
        url_path=PATH,
        title="Ours",
        mode="storage",
        require_admin=False,
        show_in_sidebar=True,
    )
    cards = [{"type": f"custom:{CARD}"}]
    config = {"views": [{"cards": cards}]}
    walk.call(page, "lovelace/config/save", url_path=PATH, config=config)


def test_an_upgrade_shows_after_one_reload(chromium: Browser, tmp_path: Path) -> None:
    root, folder, port = tmp_path / "ours", tmp_path / "home", free_port()
    ignored = shutil.ignore_patterns(".git", "__pycache__", ".*_cache")
    shutil.copytree(ROOT, root, ignore=ignored)
    part = root / PART
    text = part.read_text("utf-8")
    part.write_text(f'{text}window.miBmsVersion = "old";\n', "utf-8")
    # Only there browsers let a service worker be without encryption.
    base = f"http://localhost:{port}"
    context = new_context(chromium, base, service_workers="allow")
    page = context.new_page()
    try:
        with running(folder, WORLD, root, port):
            log_in(page, base)
            add_entry(Wizard(page, base, tmp_path))
            make(page)
            for _ in range(LOADS):
                page.goto(f"{base}/{PATH}")
                assert version(page) == "old"
            page.wait_for_function("navigator.serviceWorker.controller")
            before = told(page, RUNS)
        part.write_text(f'{text}window.miBmsVersion = "new";\n', "utf-8")
        with running(folder, WORLD, root, port):
            page.reload()
            assert version(page) == "new"
            after = told(page, RUNS)
            # Neither the page nor the dashboards' resources know the old address any more.
            assert len(set(before)) == len(set(after)) == 1
            assert before[0] != after[0]
    finally:
        context.close()
