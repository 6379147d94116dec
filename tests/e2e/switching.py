"""Switch batteries as a person does: allow it in their options, arm, act."""

from collections.abc import Mapping
from dataclasses import dataclass
import time
from typing import Final

from .api import Api, Json
from .process import PATIENCE, Trouble, until

DOMAIN: Final = "mi_bms"
OPTIONS: Final = "/api/config/config_entries/options/flow"
ARMED: Final = 60  # min
FORMS: Final = 8
# What is answered to the forms of switching, where they ask for it.
CONSENT: Final[Mapping[str, object]] = {
    "allow_switching": True,
    "experimental": True,
    "arm_minutes": ARMED,
    "factory_password": True,
    "understood": True,
}
# What begins each refusal and failure that is told.
PREFIX: Final = "switch_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Hold what came of an order: ``outcome`` is a word, ``said`` the sentence where it is a refusal or failure."""

    outcome: str
    seconds: float
    said: str = ""


class Switchboard:
    """Switch batteries through Home Assistant."""

    def __init__(self, api: Api) -> None:
        """Take the way to Home Assistant; another one after each start."""
        self._api = api
        self._devices: dict[str, str] = {}
        self._entries: dict[str, str] = {}
        self._arms: dict[str, str] = {}

    async def know(self) -> None:
        """Learn which device, entry and switch belongs to which address."""
        entries = await self._api.call("config_entries/get", domain=DOMAIN)
        ours = {one["entry_id"] for one in entries}
        for device in await self._api.call("config/device_registry/list"):
            for entry in ours & set(device["config_entries"]):
                for kind, address in device["connections"]:
                    if kind == "bluetooth":
                        self._devices[address] = device["id"]
                        self._entries[address] = entry

    async def allow(self, address: str) -> None:
        """Let a battery be switched, with all that its type knows; raise ``Trouble``."""
        form = await self._api.post(OPTIONS, {"handler": self._entries[address]})
        for _ in range(FORMS):
            if form["type"] == "create_entry":
                return
            answer: Json = {"next_step_id": "switching"}
            if form["type"] == "form":
                asked = {one["name"] for one in form["data_schema"]}
                answer = {name: CONSENT[name] for name in asked & set(CONSENT)}
            if form["type"] not in {"form", "menu"} or form.get("errors"):
                break
            form = await self._api.post(f"{OPTIONS}/{form['flow_id']}", answer)
        words = form.get("errors") or form.get("reason") or form.get("step_id")
        raise Trouble(f"{address} may not be switched: {words}")

    async def arm(self, address: str) -> None:
        """Allow commands for some time, as soon as there is a switch for it; raise ``Trouble``."""

        async def armed() -> bool:
            for one in await self._api.call("config/entity_registry/list"):
                owner, _, key = one["unique_id"].partition("-")
                if one["platform"] == DOMAIN and key == "allow_commands":
                    self._arms[owner] = one["entity_id"]
            if address not in self._arms:
                return False
            await self._api.call(
                "call_service",
                domain="switch",
                service="turn_on",
                target={"entity_id": self._arms[address]},
            )
            states = await self._api.call("get_states")
            shown = {one["entity_id"]: one["state"] for one in states}
            return shown.get(self._arms[address]) == "on"

        await until(f"the switch that allows commands to {address}", PATIENCE, armed)

    async def act(
        self,
        address: str,
        what: str,
        *,
        on: bool,
        minutes: float | None = None,
        force: bool = False,
    ) -> Answer:
        """Order something and wait for what came of it."""
        data = {
            "device_id": self._devices[address],
            "what": what,
            "state": on,
            "force": force,
        }
        if minutes is not None:
            data["minutes"] = minutes
        began = time.monotonic()
        reply = await self._api.ask(
            "call_service",
            domain=DOMAIN,
            service="switch",
            service_data=data,
            return_response=True,
        )
        seconds = time.monotonic() - began
        if reply["success"]:
            return Answer(
                outcome=reply["result"]["response"]["outcome"], seconds=seconds
            )
        error = reply["error"]
        word = str(error.get("translation_key") or error.get("code"))
        return Answer(
            outcome=word.removeprefix(PREFIX),
            seconds=seconds,
            said=str(error.get("message")),
        )
