"""Who owns closed ANT boards: adds them as the forms say, watches them for hours, answers what is asked."""

from typing import Any

from homeassistant.config_entries import ConfigEntry

from ..home import Home, Result
from .closed_boards import Closed
from .command_house import TEXTS

RIGHT = {"ant": "Qz5-barracud", "ant_leg": "Qz5-barr"}
OTHER = {"ant": "Hx4-swordfis", "ant_leg": "Hx4-swor"}
HOUR = 60  # minutes
NUMBERS = ("voltage", "current", "battery_level")


def fields(form: Result) -> set[str]:
    """Return what a form asks."""
    schema = form.get("data_schema")
    return {str(one) for one in schema.schema} if schema else set()


def error(form: Result) -> str:
    """Return the text of a form's error, or nothing."""
    base = (form.get("errors") or {}).get("base")
    return str(TEXTS["config"]["error"][base]) if base else ""


class Tenant:
    """Live with one board."""

    def __init__(self, home: Home, board: Closed) -> None:
        self.home, self.board = home, board
        self.hass, self.clock = home.hass, home.clock
        self.word = RIGHT[board.family]
        self.forms: list[Result] = []
        self.compared = self.minutes = 0
        self.read: list[int] = []  # minutes in which something new was read

    # --- forms -------------------------------------------------------------------------------

    async def begin(self, by_hand: bool = False) -> Result:
        """Let it be heard, and open its card, or give its address."""
        self.home.air.add(self.board)
        self.home.shout(self.board)
        if not by_hand:
            return await self.home.discover(self.board)
        form = await self.home.choose(await self.home.start(), "manual")
        return await self.home.answer(form, {"address": self.board.address})

    async def fill(self, form: Result, family: str = "", most: int = 6) -> Result:
        """Give what is asked, over and over, as somebody does who knows the password."""
        for _ in range(most):
            self.forms.append(form)
            if form["type"] == "menu" and "without_dashboard" in form["menu_options"]:
                form = await self.home.choose(form, "without_dashboard")
            elif form["type"] == "form":
                asked = fields(form)
                given = {"family": family or self.board.family, "password": self.word}
                given = {key: one for key, one in given.items() if key in asked}
                form = await self.home.answer(form, given)
            else:
                break
        return form

    async def add(self, word: str | None = None) -> ConfigEntry[Any]:
        """Add it."""
        self.word = word or self.word
        done = await self.fill(await self.begin())
        assert done["type"] == "create_entry", done
        await self.clock.settle()
        return done["result"]

    @property
    def entry(self) -> ConfigEntry[Any]:
        """Return its entry."""
        (entry,) = (
            one
            for one in self.hass.config_entries.async_entries("mi_bms")
            if one.unique_id == self.board.address
        )
        return entry

    async def type_anew(self, word: str, way: str = "reauth") -> Result:
        """Give a password where one is asked for, or with Reconfigure."""
        if way == "reauth":
            (form,) = self.asks()
        else:
            form = await self.home.reconfigure(self.entry)
            if form["type"] == "menu":
                form = await self.home.choose(form, "password")
        return await self.home.answer(form, {"password": word})

    def asks(self) -> list[Result]:
        """Return the questions for another password."""
        return [
            one
            for one in self.home.flows(self.board.address)
            if one["context"]["source"] == "reauth"
        ]

    # --- time --------------------------------------------------------------------------------

    def shown(self) -> tuple[float, ...] | None:
        """Return what is shown, if it is all there."""
        found = []
        for one in NUMBERS:
            entity = self.home.entity_id(self.board, one)
            state = self.hass.states.get(entity) if entity else None
            if state is None or state.state in {"unknown", "unavailable"}:
                return None
            found.append(float(state.state))
        return tuple(found)

    async def live(self, minutes: int) -> None:
        """Let time pass; what is shown was told by the board, all of it at one time."""
        for _ in range(minutes):
            told = len(self.board.told)
            await self.home.listen(self.board, 1, every=60)
            self.minutes += 1
            if len(self.board.told) > told:
                self.read.append(self.minutes)
            shown = self.shown()
            if shown is not None:
                assert shown in self.board.told, (shown, self.board.told[-3:])
                self.compared += 1

    def good(self, last: int) -> int:
        """Return how many of the last minutes brought something."""
        return sum(one > self.minutes - last for one in self.read)
