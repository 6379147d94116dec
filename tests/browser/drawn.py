"""Pages that show what Home Assistant has.

The pages of integrations keep the first list that they are told only when their words are there. Of what
changes meanwhile they believe that it is all there is, and show nothing else from then on. Waiting longer does
not help: a person loads such a page again.
"""

import time
from typing import Final

from playwright.sync_api import Locator, TimeoutError as NotInTime, expect

# What the page was given, against what there is: an answer comes after all that was told before it.
SHOWS_ALL: Final = """async page => {
    const ask = (type, more) => page.hass.callWS({type: `config_entries/${type}`, ...more});
    const all = (there, shown, id) =>
        shown !== undefined && there.every(one => shown.some(other => other[id] === one[id]));
    const kinds = {type_filter: ["device", "hub", "service", "hardware"]};
    return all(await ask("get", kinds), page.configEntries, "entry_id")
        && all(await ask("flow/progress"), page.configEntriesInProgress, "flow_id");
}"""
FIRST_LOOK: Final = 2.0  # s; each look is twice as long as the one before


def open_whole(address: str, page: Locator, patience: float) -> None:
    """Open a page of integrations, again and again until it shows all entries and discoveries."""
    end, look = time.monotonic() + patience, FIRST_LOOK
    while True:
        page.page.goto(address)
        expect(page).to_be_attached()
        if _comes_to_show_all(page, look):
            return
        if time.monotonic() > end:
            raise NotInTime(f"{address} never showed what there is")
        look *= 2


def _comes_to_show_all(page: Locator, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not page.evaluate(SHOWS_ALL):
        if time.monotonic() > end:
            return False
        page.page.wait_for_timeout(200)
    return True
