"""A page with cards and a Home Assistant that is only pretended: nothing leaves the machine."""

from collections.abc import Iterator
from contextlib import contextmanager
import json
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, Route

from . import world

HERE = Path(__file__).resolve().parent
FRONTEND = HERE.parents[2] / "custom_components" / "mi_bms" / "frontend"
TEXTS = json.loads(
    (FRONTEND.parent / "translations" / "en.json").read_text(encoding="utf-8")
)["common"]
ORIGIN = "http://cards.test"
# Each page begins when the world was made, however long ago that is on a busy machine.
BEGIN = """{
  const { now } = Date;
  const late = now() - NOW;
  Date.now = () => now() - late;
}"""
KINDS = {".js": "text/javascript", ".html": "text/html"}


def serve(route: Route) -> None:
    """Answer with a file of the cards, or of this folder."""
    path = route.request.url.removeprefix(ORIGIN).split("?")[0].lstrip("/")
    file = (
        FRONTEND / path.removeprefix("frontend/")
        if path.startswith("frontend/")
        else HERE / path
    )
    if not file.is_file():
        route.fulfill(status=204)
        return
    route.fulfill(body=file.read_bytes(), content_type=KINDS[file.suffix])


class Stage:
    """One page; what its console says is kept."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def furnish(
        self, *pieces: tuple[dict[str, Any], dict[str, Any]], **more: Any
    ) -> None:
        """Add devices with their states; ``more`` is set on the pretended home."""
        devices = {device["id"]: device for device, _ in pieces}
        states = {entity: value for _, own in pieces for entity, value in own.items()}
        self.page.evaluate(
            """([devices, states, more]) => {
              for (const {id, roles, packs} of Object.values(devices))
                for (const entity of [...Object.values(roles ?? {}), ...packs.flatMap(pack => [...pack.cells, ...pack.probes])])
                  home.entities[entity] = {device_id: id};
              Object.assign(home, more);
              Object.assign(home.devices, devices);
              home.set(states);
            }""",
            [devices, states, more],
        )

    def show(
        self,
        kind: str = "battery",
        width: int = 464,
        height: int | None = None,
        **config: Any,
    ) -> None:
        """Put up a card."""
        self.page.evaluate(
            "([config, width, height]) => { home.show(config, width, height) }",
            [{"type": f"custom:mi-bms-{kind}-card", **config}, width, height],
        )

    def update(self, device: dict[str, Any] | None, key: str = "a") -> None:
        """Tell of a changed device, as the integration does."""
        self.page.evaluate(
            "([key, device]) => home.push('mi_bms/devices/subscribe', {devices: {[key]: device}})",
            [key, device],
        )

    def set(self, **states: Any) -> None:
        """Change states; the names lack their domain's dot, which is the first ``__``."""
        changes = {
            name.replace("__", ".", 1): [value] for name, value in states.items()
        }
        self.page.evaluate("changes => home.set(changes)", changes)


@contextmanager
def stage(
    browser: Browser,
    dark: bool = False,
    language: str = "en",
    frozen: bool = False,
    **options: Any,
) -> Iterator[Stage]:
    """Open a page; it must not have said anything when it is closed.

    In a ``frozen`` one time passes only by ``page.clock.run_for``.
    """
    context = browser.new_context(
        viewport={"width": 1100, "height": 900}, reduced_motion="reduce", **options
    )
    context.route("**/*", serve)
    page = context.new_page()
    made = Stage(page)
    if frozen:
        page.clock.install(time=world.NOW - 60)
        page.clock.pause_at(world.NOW)
    else:
        page.add_init_script(BEGIN.replace("NOW", str(1000 * world.NOW)))
    page.goto(f"{ORIGIN}/page.html")
    page.wait_for_function("window.isReady")
    page.evaluate(
        """([texts, language, dark]) => {
          Object.assign(home, {texts, language});
          document.documentElement.classList.toggle("dark", dark);
          document.documentElement.lang = language;
          document.documentElement.dir = language === "he" ? "rtl" : "ltr";
        }""",
        [TEXTS, language, dark],
    )
    try:
        yield made
    finally:
        context.close()
    assert not made.complaints
