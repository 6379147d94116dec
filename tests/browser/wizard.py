"""Home Assistant's pages as these tests see them: all selectors stand here.

They fit the frontend of the Home Assistant that ``script/requirements_run.txt`` pins. Dialogs are
named by their host element: their content is slotted, so the role ``dialog`` holds nothing.
"""

from pathlib import Path
import re
import shutil
import time
from typing import Any, Final

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    FilePayload,
    Locator,
    Page,
    expect,
)

from .drawn import open_whole

USER: Final = "demo"
PASSWORD: Final = "password"  # noqa: S105 - a toy installation
SECONDS: Final = 1000  # in the units of the driver
DRAWN: Final = 10.0  # s after which a page that lacks words is loaded again
# A slow machine takes long, or is stopped for a minute; only what never comes takes so long.
PATIENCE: Final = 300 * SECONDS
BATTERY_TIME: Final = 600 * SECONDS
DARK_PHONE: Final[dict[str, Any]] = {
    "viewport": {"width": 390, "height": 844},
    "is_mobile": True,
    "has_touch": True,
    "color_scheme": "dark",
}
# The first is the same browser without what nobody sees here: a fifth less to do.
PROGRAMS: Final = (
    "chromium-headless-shell",
    "chromium",
    "google-chrome-stable",
    "google-chrome",
    "chromium-browser",
)
ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# Fonts are there, and what moves has arrived; what moves for ever is not waited for.
AT_REST: Final = """Promise.all([document.fonts.ready, ...document.getAnimations()
    .filter(one => one.effect.getComputedTiming().endTime !== Infinity)
    .map(one => one.finished.catch(() => null))]).then(() => null)"""
# A dialog's own box is deep in the shadow of its host.
DIALOG_BOX: Final = """() => {
    const find = root => [...root.querySelectorAll("*")]
        .flatMap(one => [one, ...(one.shadowRoot ? find(one.shadowRoot) : [])]);
    return find(document).find(one => one.localName === "dialog" && one.open)
        .getBoundingClientRect().toJSON();
}"""
# Names of programs and formats.
PROPER: Final = r"mi_bms|ble_monitor|mac_address"
# What a text looks like that was not translated or not filled in.
RAW: Final = re.compile(
    r"component\.mi_bms|\bui\.panel\.|\{\w+\}|\bundefined\b|\bNaN\b|\[object"
    rf"|(?<!mi_bms\.)\b(?!{PROPER})[a-z]+_[a-z_]+\b|formatjs"
)
# What the frontend says of texts that it cannot find or fill in.
COMPLAINT: Final = re.compile(r"mi_bms|translat|MessageFormat|intl", re.IGNORECASE)
# Addresses of links, names of entities, and what is to be copied.
MACHINES: Final = re.compile(r"\s*- (?:/url|'?code)\b")

OFFER: Final = "Make a dashboard, too?"
ADDED: Final = re.compile("Name and assign|Success")
ADDED_OR_ASKED: Final = re.compile(f"{re.escape(OFFER)}|{ADDED.pattern}")

# Every step of every form, to be read in one go.
FORMS: Final = "forms.txt"

expect.set_options(timeout=PATIENCE)


def program() -> str:
    """Return the browser's program, as ``script/setup browser`` has found or installed it."""
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if found is None:
        raise FileNotFoundError("no browser on the path; script/setup browser gets one")
    return found


def new_context(
    browser: Browser, base: str, tokens: str | None = None, **options: object
) -> BrowserContext:
    """Return a fresh browser profile that reaches nothing but ``base``; logged in when given tokens."""
    settings: dict[str, object] = {
        "viewport": {"width": 1280, "height": 1000},
        "locale": "en-US",
        "timezone_id": "UTC",
        "reduced_motion": "reduce",
        "service_workers": "block",
    }
    context = browser.new_context(**(settings | options))
    context.set_default_timeout(PATIENCE)
    context.route(lambda url: not url.startswith(base), lambda route: route.abort())
    # Pictures of other brands would come from the internet.
    context.route(
        "**/api/brands/integration/*/*",
        lambda route: (
            route.continue_()
            if "/mi_bms/" in route.request.url
            else route.fulfill(status=404)
        ),
    )
    if tokens is not None:
        context.add_init_script(f"localStorage.setItem('hassTokens', {tokens!r})")
    return context


def log_in(page: Page, base: str) -> str:
    """Log in by the form; give the frontend's tokens as it stores them."""
    page.goto(base)
    page.get_by_role("textbox", name="Username").fill(USER)
    page.get_by_role("textbox", name="Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/home/overview*")
    kept = page.wait_for_function("localStorage.getItem('hassTokens')")
    return str(kept.json_value())


class Wizard:
    """Click through our flows."""

    def __init__(self, page: Page, base: str, shots: Path) -> None:
        """Take a page, the address of Home Assistant and the folder for pictures."""
        self.page, self.base = page, base
        self._shots = shots
        self.complaints: list[str] = []
        self.flow = page.locator("dialog-data-entry-flow")
        page.on("console", self._console)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and COMPLAINT.search(message.text):
            self.complaints.append(message.text)

    # --- pictures ----------------------------------------------------------------------

    def shot(self, name: str) -> None:
        """Keep a picture of the page at rest; no text on it may stay raw.

        Words of states come over the websocket, after an integration was set up for the first time: they
        are waited for, as a person does who looks; what was drawn without them is not drawn again by itself.
        """
        self.settle()
        begun = time.monotonic()
        end, again = begun + PATIENCE / SECONDS, begun + DRAWN
        while (raw := self._raw()) and (now := time.monotonic()) < end:
            self.page.wait_for_timeout(200)
            if now > again and not self.flow.locator("[slot=headerTitle]").is_visible():
                self.page.reload()
                self.settle()
                again = end
        self.keep(name)
        assert not raw, f"{name}: not translated or not filled in: {raw}"

    def _raw(self) -> list[str]:
        return sorted({match[0] for match in RAW.finditer(self.texts())})

    def settle(self) -> None:
        """Wait until nothing is loaded, drawn or moved any more."""
        self.page.wait_for_load_state("networkidle")
        expect(self.page.locator("ha-spinner:visible")).to_have_count(0)
        # Descriptions are drawn by a worker, which comes late the first time.
        empty = self.flow.locator("ha-markdown:visible").filter(
            has_not_text=re.compile(r"\S")
        )
        expect(empty).to_have_count(0)
        self.page.evaluate(AT_REST)

    def texts(self) -> str:
        """Return all texts on the page, as a screen reader tells them, without what is for machines."""
        told = self.page.locator("body").aria_snapshot().splitlines()
        return "\n".join(line for line in told if not MACHINES.match(line))

    def tall_shot(self, name: str) -> None:
        """Keep a picture of a page that is higher than the window."""
        usual = self.page.viewport_size
        if usual is None:
            raise ValueError("this page has no fixed size")
        self.page.set_viewport_size({"width": usual["width"], "height": 2600})
        self.shot(name)
        self.page.set_viewport_size(usual)

    def picture(self, name: str, beneath: int) -> None:
        """Keep a picture for the documents: what is beneath the bars of the page."""
        self.shot(name)
        size = self.page.viewport_size or {"width": 0, "height": 0}
        rest = {"x": 0, "y": beneath, "height": size["height"] - beneath}
        self.page.screenshot(
            path=self._shots / f"{name}.png", clip=rest | {"width": size["width"]}
        )

    def dialog_picture(self, name: str) -> None:
        """Keep a picture for the documents: the dialog alone."""
        self.settle()
        self.page.mouse.move(0, 0)
        box = self.page.evaluate(DIALOG_BOX)
        edge = 4
        clip = {key: box[key] - edge for key in ("x", "y")}
        clip |= {key: box[key] + 2 * edge for key in ("width", "height")}
        self.page.screenshot(path=self._shots / f"{name}.png", clip=clip)

    def keep(self, name: str) -> None:
        """Keep a picture of the page, and the texts on it."""
        self.page.screenshot(path=self._shots / f"{name}.png")
        (self._shots / f"{name}.txt").write_text(self.texts(), encoding="utf-8")
        if self.flow.locator("[slot=headerTitle]").is_visible():
            with (self._shots / FORMS).open("a", encoding="utf-8") as file:
                file.write(f"# {name}\n\n{self.flow.aria_snapshot()}\n\n")

    # --- pages -------------------------------------------------------------------------

    def integrations(self) -> None:
        """Open the page with all integrations and discoveries."""
        self._open_whole("dashboard", "ha-config-integrations-dashboard")
        expect(self.page.get_by_role("button", name="Add integration")).to_be_visible()

    def integration(self) -> Locator:
        """Open our integration's own page."""
        return self._open_whole("integration/mi_bms", "ha-config-integration-page")

    def _open_whole(self, path: str, element: str) -> Locator:
        page = self.page.locator(element)
        address = f"{self.base}/config/integrations/{path}"
        open_whole(address, page, PATIENCE / SECONDS)
        return page

    def entry(self, name: str) -> Locator:
        """Return the row of an entry on our integration's page."""
        return self.page.locator("ha-config-entry-row").filter(has_text=name)

    def action(self, name: str) -> None:
        """Open the developer tools with an action."""
        self.page.goto(f"{self.base}/config/tools/action?service={name}")
        expect(self.page.locator("ha-service-control")).to_be_visible()

    def perform(self, answer: str, where: str = "body") -> None:
        """Perform the action, and wait for a text of its answer, in a part of the page."""
        self.page.get_by_role("button", name="Perform action").click()
        shown = self.page.locator(where).get_by_text(answer).first
        expect(shown).to_be_visible()

    def configure(self, name: str) -> None:
        """Open the options of an entry."""
        self.integration()
        self.entry(name).get_by_role("button", name="Configure").click()

    def entry_menu(self, name: str, item: str) -> None:
        """Choose from the menu of an entry."""
        self.integration()
        self.entry(name).get_by_role("button", name="Menu").first.click()
        self.page.get_by_role("menuitem", name=item).click()

    def device(self) -> Locator:
        """Return the page of a device, which must be shown."""
        return self.page.locator("ha-config-device-page")

    def discovery(self, name: str) -> Locator:
        """Return the card of a device that we discovered."""
        ours = self.page.locator("ha-config-flow-card").filter(has_text="Mi BMS")
        return ours.filter(has_text=name)

    # --- flows -------------------------------------------------------------------------

    def add_discovered(self, name: str) -> None:
        """Start the flow of a discovered device."""
        self.integrations()
        self.discovery(name).get_by_role("button", name="Add").click()

    def add_integration(self, *, from_here: bool = False) -> None:
        """Start our flow as a person does who looks for it."""
        if not from_here:
            self.integrations()
        self.page.get_by_role("button", name="Add integration").click()
        dialog = self.page.locator("dialog-add-integration")
        dialog.get_by_placeholder("Search for a brand name").fill("mi bms")
        dialog.get_by_role("button", name="Mi BMS").click()
        another = dialog.get_by_role("button", name="Set up another instance of Mi BMS")
        expect(another.or_(self.flow.locator("[slot=headerTitle]"))).to_be_visible()
        # Offered first are the devices that were discovered already.
        if another.is_visible():
            self.keep("05 discovered already")
            another.click()

    def at(self, title: str | re.Pattern[str], *, timeout: float = PATIENCE) -> None:
        """Wait until a step is shown."""
        expect(self.flow.locator("[slot=headerTitle]")).to_have_text(
            title, timeout=timeout
        )

    def title(self, text: str) -> Locator:
        """Return the title of a step, which need not be there."""
        return self.flow.locator("[slot=headerTitle]").filter(has_text=text)

    def passing(self, shown: Locator, after: str, name: str) -> None:
        """Keep a picture of what stands there for a while only, unless a slow machine is past it: at ``after``."""
        later = self.title(after)
        expect(shown.or_(later).first).to_be_visible(timeout=BATTERY_TIME)
        if not later.is_visible():
            self.keep(name)

    def choose(self, label: str) -> None:
        """Choose from a menu."""
        self.flow.get_by_text(label, exact=True).click()

    def choose_line(self, text: str) -> None:
        """Choose from a menu whose lines change: the one that holds a text."""
        self.line(text).click()

    def line(self, text: str | re.Pattern[str]) -> Locator:
        """Return the line of a menu that holds a text."""
        return self.flow.locator("ha-list-item").filter(has_text=text)

    def upload(self, name: str, content: bytes) -> None:
        """Choose a file from the disk."""
        file: FilePayload = {
            "name": name,
            "mimeType": "application/octet-stream",
            "buffer": content,
        }
        self.flow.locator("input[type=file]").set_input_files(file)

    def download(self, name: str) -> bytes:
        """Click the link to a file, and give what comes."""
        with self.page.expect_download() as file:
            self.flow.get_by_role("link", name=name).click()
        return file.value.path().read_bytes()

    def paste(self, label: str, text: str) -> None:
        """Click into a text field, and paste."""
        self.flow.get_by_role("textbox", name=label).click()
        self.fill(label, text)

    def fill(self, label: str, text: str) -> None:
        """Fill a text field."""
        self.flow.get_by_role("textbox", name=label).fill(text)

    def submit(self) -> None:
        """Send the form."""
        self.flow.get_by_role("button", name="Submit").click()

    def says(self, text: str | re.Pattern[str], *, timeout: float = PATIENCE) -> None:
        """Wait until a text stands in the dialog."""
        expect(self.flow.get_by_text(text).first).to_be_visible(timeout=timeout)

    def number(self, label: str) -> Locator:
        """Return a field for a number."""
        return self.flow.get_by_role("spinbutton", name=label)

    def fill_number(self, label: str, text: str) -> None:
        """Fill a field for a number."""
        self.number(label).fill(text)

    def close(self, button: str) -> None:
        """Close the last step by its button."""
        self.flow.get_by_role(
            "button", name=re.compile(button, re.IGNORECASE)
        ).last.click()
        expect(self.flow.locator("[slot=headerTitle]")).to_be_hidden()

    def pick(self, label: str, option: str | re.Pattern[str]) -> None:
        """Choose from a list, which is a dropdown when it is long."""
        radio = self.flow.get_by_role("radio", name=option)
        dropdown = self.flow.locator("ha-select").filter(has_text=label)
        expect(radio.or_(dropdown).first).to_be_visible()
        if dropdown.is_visible():
            dropdown.click()
            self.flow.locator("ha-dropdown-item").filter(has_text=option).click()
        else:
            radio.click()

    def choose_custom(self, label: str, text: str) -> None:
        """Add to a list of chips that takes other texts, too."""
        chips = self.flow.get_by_role("toolbar", name=label)
        chips.or_(self.flow.locator("ha-generic-picker")).get_by_role(
            "button", name="Add"
        ).first.click()
        self.page.get_by_role("option").filter(has_text=text).click()

    def switch(self, label: str) -> None:
        """Switch on what was off, in a form or for an action."""
        field = self.page.locator("ha-selector-boolean, ha-settings-row")
        switch = field.filter(has_text=label).locator("ha-switch").last
        switch.click()
        expect(switch).to_have_js_property("checked", True)

    def tick(self, label: str) -> None:
        """Tick an optional field of an action."""
        row = self.page.locator("ha-settings-row").filter(has_text=label)
        row.locator("ha-checkbox").click()

    def unfold(self, label: str) -> None:
        """Open a part of a form that is folded."""
        panel = self.flow.locator("ha-expansion-panel").filter(has_text=label)
        self.flow.get_by_role("button", name=label).click()
        expect(panel).to_have_js_property("expanded", True)
        self.settle()

    def finish(self, *, timeout: float = PATIENCE) -> None:
        """Wait for the last step of an added device, and go on to its page."""
        self.created(timeout=timeout)
        self.to_its_page(re.compile("finish", re.IGNORECASE))

    def to_its_page(self, button: re.Pattern[str]) -> None:
        """Leave the last step for the page of the one device that was added."""
        # The frontend goes there only if it has heard of the device by now.
        expect(self.flow.locator("step-flow-create-entry .device")).to_be_visible()
        self.flow.get_by_role("button", name=button).click()
        expect(self.device()).to_be_visible()

    def created(self, *, timeout: float = PATIENCE) -> None:
        """Wait for the step that says that the entry was made, without a dashboard for now."""
        title = self.flow.locator("[slot=headerTitle]")
        expect(title).to_have_text(ADDED_OR_ASKED, timeout=timeout)
        if title.inner_text() == OFFER:
            self.choose("Only add it")
        self.at(ADDED, timeout=timeout)
