"""A page that Home Assistant's frontend drew from half of what it was told is loaded again."""

from collections.abc import Callable
import json
import re
from typing import Any, Final

from playwright.sync_api import WebSocketRoute, expect
import pytest

from .home import OTHERS, STAND_IN
from .wizard import Wizard

ENTRIES: Final = "config_entries/subscribe"
FLOWS: Final = "config_entries/flow/subscribe"
# The words that a page waits for before it keeps what it was told.
WORDS: Final = {ENTRIES: "title", FLOWS: "config"}
# Somebody whom no other test adds.
GUEST: Final = {
    "flow_id": "0123456789abcdef0123456789abcdef",
    "handler": "mi_bms",
    "step_id": "confirm",
    "context": {"source": "bluetooth", "title_placeholders": {"name": "Guest"}},
}
DISCOVERED: Final = {"flow_id": GUEST["flow_id"], "flow": GUEST}

type Said = dict[str, Any]


def each(text: str | bytes) -> list[Said]:
    said = json.loads(text)
    return said if isinstance(said, list) else [said]


class Line:
    """What a page and Home Assistant say to each other; on a hasty one something changes before there are words."""

    def __init__(self, page: WebSocketRoute, hasty: str | None) -> None:
        """Begin to listen."""
        self._page, self._hasty = page, hasty
        self._asked, self._held = dict[int, Said](), list[Said]()
        self._server = page.connect_to_server()
        page.on_message(self._to_server)
        self._server.on_message(self._to_page)

    def _to_server(self, text: str | bytes) -> None:
        self._asked |= {one["id"]: one for one in each(text) if "id" in one}
        self._server.send(text)

    def _to_page(self, text: str | bytes) -> None:
        for said in each(text):
            question = self._asked.get(said.get("id", 0), {"type": ""})
            self._let_in_the_guest(question["type"], said)
            if self._hasty and question.get("category") == WORDS[self._hasty]:
                self._held.append(said)
                continue
            self._tell(said)
            if "event" in said and question["type"] == self._hasty:
                self._tell(said | {"event": [self._change(said["event"])]})
                self._hasty = None
                for late in self._held:
                    self._tell(late)

    def _tell(self, said: Said) -> None:
        self._page.send(json.dumps(said))

    def _change(self, there: list[Said]) -> Said:
        if self._hasty == FLOWS:
            return {"type": "added", **DISCOVERED}
        return there[0] | {"type": "updated"}

    def _let_in_the_guest(self, kind: str, said: Said) -> None:
        if kind == "config_entries/flow/progress":
            said["result"].append(GUEST)
        elif kind == FLOWS and "event" in said and self._hasty != FLOWS:
            said["event"].append({"type": None, **DISCOVERED})


@pytest.mark.parametrize("hasty", WORDS)
def test_what_was_lost_is_there_in_the_end(
    open_wizard: Callable[..., Wizard], hasty: str
) -> None:
    wizard, lines = open_wizard(), list[Line]()
    wizard.page.route_web_socket(
        re.compile("/api/websocket"),
        lambda page: lines.append(Line(page, None if lines else hasty)),
    )
    wizard.integrations()
    assert len(lines) > 1, "it was right at once: nothing was lost"
    expect(wizard.discovery("Guest")).to_be_visible()
    stand_in = next(title for domain, _, title, _ in OTHERS if domain == STAND_IN)
    card = wizard.page.locator("ha-integration-card").filter(has_text=stand_in)
    expect(card).to_be_visible()
