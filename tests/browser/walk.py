"""What is counted and looked at on a walk: clicks, labels, values that say nothing, tiles, texts."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
import time
from typing import Any, Final

from playwright.sync_api import Page

DOMAIN: Final = "mi_bms"
# So much of a label is sure to be seen, on a tile and on a phone.
SEEN_LETTERS: Final = 20
COUNTED: Final = "mi_bms_clicks"
# What a hand presses: of a switch the browser makes two clicks, and of one on a label, too. They are kept
# where the next page finds them.
COUNT_CLICKS: Final = f"""addEventListener("pointerdown", event => {{
    if (event.isTrusted)
        sessionStorage.{COUNTED} = Number(sessionStorage.{COUNTED} ?? 0) + 1;
}}, true)"""
# What Home Assistant refuses with is no error that a browser could print.
CALL: Final = """message => document.querySelector("home-assistant").hass.callWS(message)
    .catch(no => { throw new Error(`${message.type}: ${JSON.stringify(no)}`); })"""
# Runs through all open shadow roots; what is not drawn has no size.
EACH: Final = """const each = (root, look) => root.querySelectorAll("*").forEach(one => {
        look(one);
        if (one.shadowRoot) each(one.shadowRoot, look);
    });
    const told = one => one.innerText.trim() || [...one.querySelectorAll("slot")]
        .flatMap(slot => slot.assignedNodes({flatten: true}))
        .map(node => node.textContent.trim()).join(" ");"""
CUT: Final = f"""() => {{
    {EACH}
    const cut = [];
    each(document, one => {{
        if (one.clientWidth > 0 && one.scrollWidth > one.clientWidth
            && getComputedStyle(one).textOverflow === "ellipsis")
            cut.push([told(one), one.clientWidth / one.scrollWidth]);
    }});
    return cut;
}}"""
# Each device is headed by its name, what follows is its own.
TILES: Final = f"""() => {{
    {EACH}
    const found = [];
    each(document, one => {{
        if (one.localName === "hui-heading-card")
            found.push([one.shadowRoot.textContent.trim(), 0]);
        else if (["hui-generic-entity-row", "hui-tile-card"].includes(one.localName)
            && found.length)
            found.at(-1)[1] += 1;
    }});
    return found;
}}"""
PATIENCE: Final = 240.0  # s; only what never comes takes so long
LONGEST_LOOK: Final = 10.0  # s that one look counts at most

type Json = dict[str, Any]


def count_clicks(page: Page) -> None:
    """Begin to count; before the first page is opened."""
    page.add_init_script(COUNT_CLICKS)


def clicks(page: Page) -> int:
    """Return how often was clicked."""
    return int(page.evaluate(f"Number(sessionStorage.{COUNTED} ?? 0)"))


def call(page: Page, kind: str, **content: object) -> Any:
    """Ask Home Assistant something, as its own pages do."""
    return page.evaluate(CALL, {"type": kind, **content})


def until(
    page: Page, right: Callable[[], bool], progress: Callable[[], int] = lambda: 0
) -> None:
    """Wait until something is so; the time starts anew whenever ``progress`` gives more than ever before."""
    silent, most, last = 0.0, progress(), time.monotonic()
    while not right():
        now = time.monotonic()
        # Who was itself stopped meanwhile has not looked.
        silent, last = silent + min(now - last, LONGEST_LOOK), now
        if (new := progress()) > most:
            silent, most = 0.0, new
        elif silent > PATIENCE:
            raise TimeoutError("it never came about")
        page.wait_for_timeout(200)


def cut_alike(page: Page) -> list[str]:
    """Return the labels that are cut off and look like another one then."""
    seen = defaultdict(set)
    for text, share in page.evaluate(CUT):
        # An ellipsis takes the place of about two letters.
        seen[text[: max(int(len(text) * share) - 2, 1)]].add(text)
    return sorted(text for texts in seen.values() if len(texts) > 1 for text in texts)


def tiles(page: Page) -> list[tuple[str, int]]:
    """Return how many lines or tiles each device has on a generated page."""
    return [(name, count) for name, count in page.evaluate(TILES)]


@dataclass(kw_only=True)
class Device:
    """One of our devices, as a person meets it."""

    id: str
    name: str
    # Names of its main entities, and what they show.
    main: Mapping[str, str]
    # Names of all entities that are on.
    labels: Iterable[str]
    # How many entities show something.
    values: int
    twins: list[str] = field(init=False)
    unknown: list[str] = field(init=False)

    def __post_init__(self) -> None:
        """Look at it."""
        begin = defaultdict(list)
        for label in self.labels:
            begin[label[:SEEN_LETTERS]].append(label)
        self.twins = [one for same in begin.values() if len(same) > 1 for one in same]
        self.unknown = [name for name, state in self.main.items() if state == "unknown"]


def devices(page: Page) -> list[Device]:
    """Return all of ours, parts of a device with the device."""
    rows = [
        one for one in call(page, "config/device_registry/list") if _is_ours(page, one)
    ]
    entities = call(page, "config/entity_registry/list")
    states = {one["entity_id"]: one for one in call(page, "get_states")}
    return [_device(row, entities, states) for row in rows]


def entries(page: Page) -> list[Json]:
    """Return our entries of devices."""
    found = call(page, "config_entries/get", domain=DOMAIN)
    return [one for one in found if one["source"] != "ignore"]


def _is_ours(page: Page, device: Json) -> bool:
    ours = {one["entry_id"] for one in entries(page)}
    return bool(ours & set(device["config_entries"]))


def _device(row: Json, entities: list[Json], states: Mapping[str, Json]) -> Device:
    name = row["name_by_user"] or row["name"]
    shown = [
        (one, states[one["entity_id"]])
        for one in entities
        if one["device_id"] == row["id"]
        and one["platform"] == DOMAIN
        and one["entity_id"] in states
    ]
    labels = {
        one["entity_id"]: state["attributes"]
        .get("friendly_name", "")
        .removeprefix(name)
        .strip()
        for one, state in shown
    }
    return Device(
        id=row["id"],
        name=name,
        main={
            labels[one["entity_id"]]: state["state"]
            for one, state in shown
            if one["entity_category"] is None and one["hidden_by"] is None
        },
        labels=list(labels.values()),
        values=sum(
            state["state"] not in {"unknown", "unavailable"} for _, state in shown
        ),
    )
