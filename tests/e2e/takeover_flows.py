"""Move devices here and give them back, through the forms that a person sees."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from .api import FLOW, Api, Json
from .check import TRIES, is_transient
from .process import PATIENCE, Trouble, until
from .takeover_house import cards

DOMAIN: Final = "mi_bms"
STEPS: Final = 600
# What is chosen where a menu offers it, the first that is there.
WAYS: Final = ("add_one", "move_here", "without_dashboard")
GOOD_ENDS: Final = frozenset({"moved", "given_back", "move_finished", "taken_over"})
PREVIEWS: Final = ("move_preview", "take_all_preview")
BUSY: Final = "calculating statistics"  # a recorder, after a start
BUSY_PAUSE: Final = 5.0  # s
NO_SIGN: Final = "cannot be told now"  # two readings too far from each other
LOOKS: Final = 120  # at a preview, until it can be told, on a busy machine, too


@dataclass(frozen=True, slots=True)
class Preview:
    """Hold a flow that shows what would become of a device."""

    address: str
    flow: str
    text: str
    guess: bool  # it asks whether it is the same device

    @property
    def yes(self) -> Json:
        """Return what moves it."""
        return {"same_device": True} if self.guess else {}


def offered(form: Json) -> list[str]:
    """Return what a menu offers."""
    return [*form["menu_options"]]


def asked(form: Json) -> set[str]:
    """Return what a form asks."""
    return {one["name"] for one in form["data_schema"] or ()}


def said(form: Json) -> str:
    """Return in short where a flow stands."""
    words = form.get("errors") or form.get("reason") or form.get("step_id")
    return f"{form['type']} {words} {form.get('description_placeholders') or ''}"


async def onward(api: Api, form: Json) -> Json:
    """Answer as somebody who moves a device, up to the preview or the end of the flow."""
    tries = 0
    for _ in range(STEPS):
        form = await api.when_done(form)
        tries += bool(form.get("errors"))
        reply: Json = {}
        if form["type"] == "menu":
            way = next((one for one in WAYS if one in offered(form)), None)
            if way is None:
                return form
            reply = {"next_step_id": way}
        elif (
            form["type"] != "form"
            or form["step_id"] in PREVIEWS
            or tries >= TRIES
            or not is_transient(form)
        ):
            return form
        elif form["step_id"] == "take_from":
            reply = {"peer": "0"}
        form = await api.answer_flow(form["flow_id"], reply)
    return form


async def entry_of(api: Api, address: str) -> str | None:
    """Return our entry of an address."""
    for device in await api.call("config/device_registry/list"):
        if [DOMAIN, address] in device["identifiers"]:
            return str(device["config_entry_id"])
    return None


async def reconfigure(api: Api, address: str) -> Json:
    """Begin to change the entry of a device; raise ``Trouble`` where there is none."""
    if (entry := await entry_of(api, address)) is None:
        raise Trouble(f"{address} has no entry of ours")
    found: Json = await api.post(FLOW, {"handler": DOMAIN, "entry_id": entry})
    return found


async def standing(api: Api, address: str) -> Json:
    """Begin to change an entry as soon as the move is offered there: a battery has to be read once before."""

    async def found() -> Json | None:
        form = await reconfigure(api, address)
        if form["type"] == "menu" and "move_here" in offered(form):
            return form
        await api.close_flow(form["flow_id"])
        return None

    return await until(f"the offer to move {address}", PATIENCE, found, pause=2.0)


async def card_of(api: Api, address: str) -> Json:
    """Return the form of a discovered device."""

    async def found() -> str | None:
        return (await cards(api)).get((DOMAIN, address))

    return await api.look_at_flow(
        await until(f"the card of {address}", PATIENCE, found)
    )


async def preview(api: Api, address: str) -> Preview:
    """Go to the preview of a device: from its card or from its entry; raise ``Trouble``."""
    ours = await entry_of(api, address)
    for _ in range(LOOKS):
        first = await (standing(api, address) if ours else card_of(api, address))
        form = await onward(api, first)
        if form["type"] != "form" or form.get("step_id") != "move_preview":
            raise Trouble(f"{address}: no preview: {said(form)}")
        text = str(form["description_placeholders"]["preview"])
        # Both have to have told a current lately; what was discovered has just been read.
        if not ours or NO_SIGN not in text:
            return Preview(address, form["flow_id"], text, bool(asked(form)))
        await api.close_flow(form["flow_id"])
        await asyncio.sleep(BUSY_PAUSE)
    raise Trouble(f"{address}: no preview: {NO_SIGN}")


async def unhurried(api: Api, flow: str, reply: Json) -> Json:
    """Answer a form, again while it says that statistics are calculated."""
    for _ in range(STEPS):
        form = await api.answer_flow(flow, reply)
        if BUSY not in str((form.get("description_placeholders") or {}).get("why")):
            break
        await asyncio.sleep(BUSY_PAUSE)
    return form


async def say_yes(api: Api, shown: Preview) -> None:
    """Move what a preview shows; raise ``Trouble`` where it does not."""
    form = await onward(api, await unhurried(api, shown.flow, shown.yes))
    if form["type"] != "create_entry" and form.get("reason") not in GOOD_ENDS:
        raise Trouble(f"{shown.address} did not move: {said(form)}")


async def run_beside(api: Api, address: str) -> None:
    """Add a device that another integration has, and leave it there, too."""
    form = await card_of(api, address)
    for _ in range(STEPS):
        form = await api.when_done(form)
        reply: Json = {}
        if form["type"] == "menu":
            ways = ("add_one", "run_beside", "without_dashboard")
            way = next((one for one in ways if one in offered(form)), None)
            reply = {"next_step_id": way}
        elif form["type"] != "form" or form.get("errors"):
            break
        form = await api.answer_flow(form["flow_id"], reply)
    if form["type"] != "create_entry":
        raise Trouble(f"{address} was not added: {said(form)}")


async def back(api: Api, address: str) -> None:
    """Give a device back; raise ``Trouble`` where that is refused."""
    form = await reconfigure(api, address)
    form = await api.answer_flow(form["flow_id"], {"next_step_id": "give_back"})
    form = await unhurried(api, form["flow_id"], {})
    if form.get("reason") not in GOOD_ENDS:
        raise Trouble(f"{address} was not given back: {said(form)}")


async def finish(api: Api, address: str) -> Json:
    """Be content with a move: return what comes of a yes to the warning; raise ``Trouble`` without one."""
    form = await reconfigure(api, address)
    form = await api.answer_flow(form["flow_id"], {"next_step_id": "content"})
    if (form["type"], form.get("step_id")) != ("form", "content"):
        raise Trouble(f"{address}: no warning: {said(form)}")
    return await api.answer_flow(form["flow_id"], {})


async def choices(api: Api, address: str) -> list[str]:
    """Return what the entry of a device offers to change."""
    form = await reconfigure(api, address)
    if form["type"] not in {"menu", "form"}:
        return []
    await api.close_flow(form["flow_id"])
    return offered(form) if form["type"] == "menu" else []


async def take_all(api: Api, addresses: Iterable[str]) -> list[str]:
    """Move devices by the list of the whole house; return the addresses that it ticks by itself."""
    form = await api.start_flow(DOMAIN)
    form = await api.answer_flow(form["flow_id"], {"next_step_id": "take_all"})
    (ticked,) = (one["default"] for one in form["data_schema"] if one["name"] == "sure")
    wanted = [one for one in ticked if one.split()[-1] in addresses]
    form = await onward(api, await api.answer_flow(form["flow_id"], {"sure": wanted}))
    if form.get("step_id") != "take_all_preview":
        raise Trouble(f"no preview of the house: {said(form)}")
    form = await onward(api, await api.answer_flow(form["flow_id"], {}))
    if form.get("reason") not in GOOD_ENDS:
        raise Trouble(f"the house did not move: {said(form)}")
    return [one.split()[-1] for one in ticked]
