"""Home Assistant's pages in another language: steps are found by the translations, the rest by structure."""

from collections.abc import Iterator, Mapping
import json
from pathlib import Path
import re
from typing import Any, Final, override

from playwright.sync_api import Page, expect

from . import walk
from .home import ROOT
from .wizard import BATTERY_TIME, PATIENCE, Wizard

INTEGRATION: Final = ROOT / "custom_components" / "mi_bms"
TRANSLATIONS: Final = INTEGRATION / "translations"
NAME: Final = json.loads((INTEGRATION / "manifest.json").read_text("utf-8"))["name"]
# A text of so many words is recognised wherever it stands.
SENTENCE: Final = 3
WORD: Final = re.compile(r"[A-Za-z]{2,}")
# Where what is shown differs from what is written: names filled in, Markdown, lines.
JOINT: Final = re.compile(r"\{\w+\}|\]\([^)]*\)|[*`\[\]\n]+")
LETTERS: Final = re.compile(r"[^\W\d_]{2}")
# What a device says of itself stands in its name, in any language.
NAMED: Final = re.compile(r"0C[0-9A-F]{2}\b")
# So much is a label; what is longer has lines of its own.
LABEL: Final = 60
# The activity beside a device's entities gives a name what a state leaves of its line: that is not ours.
CUT: Final = f"""() => {{
    {walk.EACH}
    const cut = [];
    const hosts = one => one ? [one.localName, ...hosts(one.getRootNode().host)] : [];
    each(document, one => {{
        if (one.clientWidth > 0 && one.scrollWidth > one.clientWidth
            && getComputedStyle(one).textOverflow === "ellipsis"
            && !hosts(one).some(host => host.startsWith("ha-logbook")))
            cut.push(told(one));
    }});
    return cut;
}}"""
FLOW: Final = "ui.panel.config.integrations.config_flow"
LOCALIZE: Final = """([key, values]) =>
    document.querySelector("home-assistant")?.hass?.localize(key, values)"""
API: Final = """([method, path]) =>
    document.querySelector("home-assistant").hass.callApi(method, path)"""


def texts(language: str) -> dict[str, str]:
    """Return all texts of ours in a language by their paths."""

    def each(node: Any, path: str) -> Iterator[tuple[str, str]]:
        for key, value in node.items():
            if isinstance(value, dict):
                yield from each(value, f"{path}{key}.")
            else:
                yield f"{path}{key}", value

    file = TRANSLATIONS / f"{language}.json"
    return dict(each(json.loads(file.read_text("utf-8")), ""))


def phrases(written: Mapping[str, str]) -> set[str]:
    """Return what can be recognised of texts: pieces of some words between the names filled in."""
    pieces = (piece.strip() for text in written.values() for piece in JOINT.split(text))
    return {piece for piece in pieces if len(WORD.findall(piece)) >= SENTENCE}


def left_in(shown: str, strange: set[str]) -> list[str]:
    """Return which phrases of another language stand in a text."""
    flat = " ".join(shown.split())
    return sorted(one for one in strange if one in flat)


class Speaker(Wizard):
    """Somebody who reads the pages in a language of their own."""

    def __init__(self, page: Page, base: str, shots: Path, language: str) -> None:
        """Take the language besides what a wizard takes."""
        super().__init__(page, base, shots)
        self.language = language
        self._ours = texts(language)
        labels = (
            path
            for path, text in self._ours.items()
            if len(text) <= LABEL and LETTERS.search(JOINT.sub("", text))
        )
        self._labels = re.compile(
            "|".join(self.pattern(path).pattern for path in labels)
        )
        self._strange = phrases(texts("en")) - phrases(self._ours)

    def look(self, name: str, *, tall: bool = False) -> list[str]:
        """Keep a picture; no sentence of another language may stand there. Return what is cut."""
        (self.tall_shot if tall else self.shot)(f"{self.language} {name}")
        shown = self.texts()
        left = left_in(shown, self._strange) if self.language != "en" else []
        assert not left, f"{name}: still in English: {left}"
        # Between letters without a blank, stars beside a punctuation mark are none of Markdown's.
        assert "**" not in shown, f"{name}: a text in bold is not recognised"
        cut = self.page.evaluate(CUT)
        return [
            text for text in cut if self._labels.match(text) and not NAMED.search(text)
        ]

    def pattern(self, path: str) -> re.Pattern[str]:
        """Return what one of our texts looks like, whatever is filled in."""
        parts = re.split(r"\{\w+\}", self._ours[path])
        return re.compile(f"^\\s*{'.*'.join(map(re.escape, parts))}\\s*$")

    def theirs(self, key: str, **values: str) -> str:
        """Return a text of Home Assistant's own pages, once they have it."""
        found = self.page.wait_for_function(LOCALIZE, arg=[key, values])
        return str(found.json_value())

    def step(self, path: str, *, timeout: float = PATIENCE) -> None:
        """Wait until a step is shown: the path of it in the translations."""
        self.at(self.pattern(f"{path}.title"), timeout=timeout)

    def take(self, path: str) -> None:
        """Choose the entry of a menu by its path."""
        self.flow.get_by_text(self.pattern(path)).first.click()

    @override
    def integrations(self) -> None:
        self.page.goto(f"{self.base}/config/integrations/dashboard")
        expect(self._add_button()).to_be_visible()

    def _add_button(self) -> Any:
        name = self.theirs("ui.panel.config.integrations.add_integration")
        return self.page.get_by_role("button", name=name)

    @override
    def add_integration(self, *, from_here: bool = False) -> None:
        if not from_here:
            self.integrations()
        self._add_button().click()
        dialog = self.page.locator("dialog-add-integration")
        search = self.theirs("ui.panel.config.integrations.search_brand")
        dialog.get_by_placeholder(search).fill("mi bms")
        dialog.get_by_role("button", name="Mi BMS").click()
        new = self.theirs("ui.panel.config.integrations.new_flow", integration=NAME)
        another = dialog.get_by_role("button", name=new)
        expect(another.or_(self.flow.locator("[slot=headerTitle]"))).to_be_visible()
        if another.is_visible():
            another.click()
        self.step("config.step.user")

    def by_address(self, address: str) -> None:
        """Go on from the menu with the address of a device."""
        self.take("config.step.user.menu_options.manual")
        self.step("config.step.manual")
        self.look("03 address")
        label = self._ours["config.step.manual.data.address"]
        self.fill(label, address)
        self.submit()

    @override
    def submit(self) -> None:
        name = self.theirs(f"{FLOW}.submit")
        self.flow.get_by_role("button", name=name).click()

    @override
    def created(self, *, timeout: float = PATIENCE) -> None:
        step = self.flow.locator("step-flow-create-entry")
        offer = self.flow.get_by_text(self.pattern("config.step.offer.title"))
        expect(step.or_(offer)).to_be_visible(timeout=timeout)
        if offer.is_visible():
            self.take("config.step.offer.menu_options.without_dashboard")
        expect(step).to_be_visible(timeout=timeout)

    @override
    def finish(self, *, timeout: float = BATTERY_TIME) -> None:
        self.created(timeout=timeout)
        names = (self.theirs(f"{FLOW}.{key}") for key in ("finish", "finish_skip"))
        self.to_its_page(re.compile("|".join(map(re.escape, names))))
        # Its words come after the first entry; what was drawn before is not drawn again.
        self.page.reload()
        expect(self.device()).to_be_visible()

    @override
    def configure(self, name: str) -> None:
        self.integration()
        key = "ui.panel.config.integrations.config_entry.configure"
        row = self.entry(name)
        expect(row.first).to_be_visible()
        row.get_by_role("button", name=self.theirs(key)).click()

    def allow_switching(self) -> None:
        """Fill and send the form in which a battery is allowed to be switched."""
        self.switch(self._ours["options.step.switching.data.allow_switching"])
        self.submit()
        expect(self.flow.locator("step-flow-form")).to_have_count(0)

    def clear(self) -> None:
        """Remove what is set up of ours: what is added after that is called in the new language."""
        for one in walk.entries(self.page):
            path = f"config/config_entries/entry/{one['entry_id']}"
            self.page.evaluate(API, ["DELETE", path])
