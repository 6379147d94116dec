"""Moving in, form by form and in any language: each is looked at as it is, and as narrow as a phone."""

from collections.abc import Sequence
from pathlib import Path
import re
from typing import Any, Final

from playwright.sync_api import Locator, Page, expect

from . import walk
from .tongue import NAME, Speaker
from .wizard import BATTERY_TIME

# What reads which stands in test_take_over.py.
PLAIN: Final = "58:2D:34:00:1A:01"
KEYED: Final = "A4:C1:38:00:1A:02"
SHED: Final = "A4:C1:38:00:1A:03"
GUESSED: Final = "E7:2E:01:00:1A:04"
BATTERY: Final = "A5:C2:37:00:1A:05"
TWICE: Final = "58:2D:34:00:1A:06"
REMOTE: Final = "F8:24:41:00:1A:07"
PHONE: Final = {"width": 390, "height": 844}
HOSTS: Final = {"dialog-data-entry-flow", "dialog-repairs-issue"}
# What of a dialog leaves the window, or is cut; what is written for a machine is scrolled within its box.
BROKEN: Final = f"""hosts => {{
    {walk.EACH}
    const broken = [];
    const above = one => one ? [one.localName, ...above(one.getRootNode().host)] : [];
    each(document, one => {{
        const {{left, right, width}} = one.getBoundingClientRect();
        if (!width || one.closest("pre, code") || !above(one).some(name => hosts.includes(name)))
            return;
        const cut = one.scrollWidth > one.clientWidth + 1
            && (getComputedStyle(one).textOverflow === "ellipsis"
                || one.localName === "ha-markdown-element");
        const outside = left < -1 || right > innerWidth + 1;
        if (cut || outside)
            broken.push([one.localName, told(one)]);
    }});
    return broken;
}}"""
API: Final = """([method, path, data]) =>
    document.querySelector("home-assistant").hass.callApi(method, path, data)"""
MENU: Final = "config.step.standing.menu_options"
REPAIR: Final = "issues.{}.fix_flow.step.init"


class Mover(Speaker):
    """Somebody who moves in."""

    def __init__(self, page: Page, base: str, shots: Path, language: str) -> None:
        """Have looked at nothing yet."""
        super().__init__(page, base, shots, language)
        self.looked_at: list[str] = []

    # --- looking -----------------------------------------------------------------------

    def form(self, name: str) -> None:
        """Look at a dialog in a window and on a phone: nothing is English, raw, cut or outside."""
        self.looked_at.append(name)
        usual = self.page.viewport_size
        self.look(name, tall=True)
        self.fits(name)
        self.page.set_viewport_size({**PHONE})
        self.settle()
        self.page.screenshot(path=self._shots / f"{self.language} {name} (phone).png")
        self.fits(f"{name} on a phone")
        self.page.set_viewport_size(usual or {**PHONE})
        # What is clicked while a dialog grows is what lies beside it, which closes it.
        self.settle()

    def fits(self, name: str) -> None:
        """See that nothing of a dialog is cut or outside."""
        found = self.page.evaluate(BROKEN, sorted(HOSTS))
        # What Home Assistant makes of our name is none of our texts.
        broken = [one for one in found if one[1] and NAME not in one[1]]
        assert not broken, f"{name}: {broken}"

    def words(self, path: str) -> re.Pattern[str]:
        """Return what one of our texts looks like among others."""
        parts = re.split(r"\{\w+\}", self._ours[path])
        return re.compile(".*".join(map(re.escape, parts)))

    # --- pages of Home Assistant's -------------------------------------------------------

    def shut(self) -> None:
        """Close a dialog, wherever it is."""
        close = self.theirs("ui.common.close")
        self.flow.get_by_role("button", name=close, exact=True).first.click()
        expect(self.flow.locator("[slot=headerTitle]")).to_be_hidden()

    def press(self, path: str) -> None:
        """Send a form whose button has a name of its own."""
        name = self.pattern(path)
        self.flow.get_by_role("button", name=name).click()

    def open(self, address: str) -> None:
        """Begin to add a device by its address."""
        self.add_integration()
        self.take("config.step.user.menu_options.manual")
        self.step("config.step.manual")
        self.fill(self._ours["config.step.manual.data.address"], address)
        self.submit()

    def reconfigure(self, address: str) -> None:
        """Open the menu of what can be done about a device that is here."""
        self.integration()
        row = self.entry(end_of(address)).first
        menu = self.theirs("ui.common.menu")
        row.get_by_role("button", name=menu).first.click()
        item = self.theirs("ui.panel.config.integrations.config_entry.reconfigure")
        self.page.get_by_role("menuitem", name=item).click()
        self.step("config.step.standing")

    def line_of(self, title: str) -> Locator:
        """Return the line of a repair."""
        lines = self.page.locator("ha-config-repairs ha-list-item-button")
        return lines.filter(has_text=self.words(title))

    def mischief(self, action: str, **data: object) -> None:
        """Bring about what seldom happens."""
        about = {"domain": "mischief", "service": action, "service_data": data}
        walk.call(self.page, "call_service", **about)

    def api(self, method: str, path: str, data: object = None) -> Any:
        """Call Home Assistant as its own pages do."""
        return self.page.evaluate(API, [method, path, data])

    # --- forms of ours -------------------------------------------------------------------

    def one_by_one(self, refusals: Sequence[str]) -> None:
        """Move a device whose automation breaks, after all that can be refused; then one that is a guess."""
        self.open(REMOTE)
        self.step("config.step.already_read")
        self.form("01 already read")
        self.take("config.step.already_read.menu_options.move_here")
        self.step("config.step.move_preview")
        self.form("02 preview")
        self.refused(refusals)
        self.press("config.step.move_preview.submit")
        self.created()
        self.form("04 moved")
        self.finish()
        self.open(GUESSED)
        self.step("config.step.already_read")
        self.form("05 perhaps read")
        self.take("config.step.already_read.menu_options.move_here")
        self.step("config.step.move_preview")
        self.press("config.step.move_preview.submit")
        expect(
            self.flow.get_by_text(self.words("config.error.not_the_same"))
        ).to_be_visible()
        self.form("06 asking for a yes")
        self.switch(self._ours["config.step.move_preview.data.same_device"])
        self.press("config.step.move_preview.submit")
        self.finish()

    def refused(self, words: Sequence[str]) -> None:
        """Have the move refused for each reason, where there is least room to say so."""
        self.mischief("refuse", address=REMOTE, words=[*words])
        usual = self.page.viewport_size
        self.page.set_viewport_size({**PHONE})
        for word in words:
            self.press("config.step.move_preview.submit")
            said = self.words(f"selector.takeover_refusal.options.{word}")
            expect(self.flow.get_by_text(said).first).to_be_in_viewport()
            self.looked_at.append(f"refused: {word}")
            self.fits(word)
        self.page.set_viewport_size(usual or {**PHONE})
        self.form("03 refused")

    def battery(self) -> None:
        """Look at what would become of a battery."""
        self.open(BATTERY)
        self.step("config.step.already_read")
        self.take("config.step.already_read.menu_options.move_here")
        self.step("config.step.move_preview", timeout=BATTERY_TIME)
        self.form("07 preview of a battery")
        self.shut()

    def from_where(self) -> None:
        """Look at what can be done about a device that two others have as well."""
        self.reconfigure(TWICE)
        self.form("08 read by all")
        self.take(f"{MENU}.move_here")
        self.step("config.step.take_from")
        self.form("09 from where")
        self.shut()

    def the_house(self) -> None:
        """Move the rest at once: one is refused, one breaks off."""
        self.mischief("refuse", address=KEYED, words=["ours_off"])
        self.mischief("break_off", address=SHED)
        self.add_integration()
        self.take("config.step.user.menu_options.take_all")
        self.step("config.step.take_all")
        self.form("10 list")
        twice = self.flow.get_by_role("checkbox", name=end_of(TWICE))
        twice.last.click(force=True)
        self.submit()
        expect(
            self.flow.get_by_text(self.words("config.error.one_of_two"))
        ).to_be_visible()
        self.form("11 one of two")
        for one in (twice.first, twice.last):
            one.click(force=True)
        self.submit()
        self.step("config.step.take_all_preview", timeout=BATTERY_TIME)
        self.form("12 preview of all")
        self.press("config.step.take_all_preview.submit")
        done = self.flow.locator("step-flow-abort")
        expect(done).to_be_visible(timeout=BATTERY_TIME)
        self.form("13 moved in part")
        self.shut()

    def repairs(self) -> None:
        """Look at all that can be wrong afterwards, and have what is wrong put right by giving back."""
        self.switch_on()
        self.page.goto(f"{self.base}/config/repairs")
        for number, (issue, choice) in enumerate(
            {
                "moved_stub": "give_back",
                "moved_active": "give_back",
                "moved_unfinished": "leave",
                "both_read": None,
                "triggers_silent": None,
            }.items(),
            14,
        ):
            line = self.line_of(f"issues.{issue}.title")
            line.click()
            if issue == "triggers_silent":
                shown = self.page.locator("dialog-repairs-issue ha-markdown")
                expect(shown.first).to_be_visible()
                self.form(f"{number} {issue}")
                self.page.keyboard.press("Escape")
                # It leaves by a step back in the history of the browser.
                expect(shown.first).to_be_hidden()
                self.settle()
                continue
            step = REPAIR.format(issue)
            self.step(step)
            self.form(f"{number} {issue}")
            if choice:
                self.take(f"{step}.menu_options.{choice}")
                expect(self.flow.locator("step-flow-create-entry")).to_be_visible()
            self.shut()
            if choice:
                expect(line).to_have_count(0)
        walk.until(self.page, self.gone_back)

    def gone_back(self) -> bool:
        """Return whether the entries are gone that were made for what has gone back."""
        left = [one["title"] for one in walk.entries(self.page)]
        back = end_of(GUESSED), end_of(BATTERY)
        return not any(title.endswith(back) for title in left)

    def switch_on(self) -> None:
        """Switch on what the moves have switched off."""
        rows = walk.call(self.page, "config/entity_registry/list")
        (stub, *_more) = (
            one["entity_id"]
            for one in rows
            if one["platform"] == "esphome"
            and end_of(GUESSED) in one["unique_id"].upper()
        )
        update = "config/entity_registry/update"
        walk.call(self.page, update, entity_id=stub, disabled_by=None)
        (theirs,) = walk.call(self.page, "config_entries/get", domain="bms_ble")
        about = {"entry_id": theirs["entry_id"], "disabled_by": None}
        walk.call(self.page, "config_entries/disable", **about)

    def ends(self) -> None:
        """Give one device back, and finish the move of another one."""
        self.reconfigure(REMOTE)
        self.form("19 what can be done")
        self.take(f"{MENU}.give_back")
        self.step("config.step.give_back")
        self.form("20 give back")
        self.press("config.step.give_back.submit")
        expect(self.flow.locator("step-flow-abort")).to_be_visible()
        self.form("21 given back")
        self.shut()
        self.reconfigure(PLAIN)
        self.take(f"{MENU}.content")
        self.step("config.step.content")
        self.mischief("unsettle", address=PLAIN)
        self.press("config.step.content.submit")
        soon = self.words("selector.takeover_refusal.options.not_settled")
        expect(self.flow.get_by_text(soon)).to_be_visible()
        self.form("22 content")
        self.mischief("settle", address=PLAIN)
        self.press("config.step.content.submit")
        expect(self.flow.locator("step-flow-abort")).to_be_visible()
        self.form("23 finished")
        self.shut()

    def as_before(self) -> None:
        """Have the others read everything again."""
        for one in walk.entries(self.page):
            if end_of(TWICE) not in one["title"]:
                path = f"config/config_entries/entry/{one['entry_id']}"
                self.api("DELETE", path)
        flow = self.api("POST", "config/config_entries/flow", {"handler": "xiaomi_ble"})
        path = f"config/config_entries/flow/{flow['flow_id']}"
        made = self.api("POST", path, {"address": PLAIN})
        assert made["type"] == "create_entry", made


def end_of(address: str) -> str:
    """Return what the names of a device end with."""
    return address.replace(":", "")[-4:]
