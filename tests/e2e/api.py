"""Home Assistant's HTTP and websocket interface, as far as the end-to-end runs need it."""

import asyncio
from collections.abc import Mapping
import contextlib
from typing import Any, Final

import aiohttp

from .process import PATIENCE, Trouble, until

USER: Final = "demo"
PASSWORD: Final = "password"  # noqa: S105 - a toy installation
FLOW: Final = "/api/config/config_entries/flow"

# What may have been done although its answer was lost, and would be done twice.
ONCE: Final = frozenset({"call_service", "config/area_registry/create"})

type Json = dict[str, Any]


class Api:
    """Talk to one Home Assistant."""

    def __init__(self, url: str, *, kept: bool = False) -> None:
        """Take the base URL without a slash at its end; ``kept`` if an earlier run has made the user."""
        self.url = url
        # What is asked for first when signing in. The server answers before either can be had.
        self._door = "/auth/providers" if kept else "/api/onboarding"
        self._client_id = f"{url}/"
        self._http = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=PATIENCE)
        )
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._reader: asyncio.Task[None] | None = None
        self._opening = asyncio.Lock()
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._number, self._token = 0, ""

    async def close(self) -> None:
        """Close all connections."""
        self._token = ""
        if self._reader is not None:
            self._reader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reader
        if self._socket is not None:
            await self._socket.close()
        await self._http.close()

    # --- getting in --------------------------------------------------------------------

    async def answers(self) -> bool:
        """Tell whether one can sign in yet."""
        try:
            async with self._http.get(self.url + self._door) as reply:
                return reply.status == 200
        except aiohttp.ClientError, OSError:
            return False

    async def sign_in(self) -> None:
        """Create the user on a fresh installation, or log in to a kept one; raise ``Trouble``."""
        base = {"client_id": self._client_id, "username": USER, "password": PASSWORD}
        status, body = await self._raw(
            "POST", "/api/onboarding/users", {**base, "name": USER, "language": "en"}
        )
        code = body.get("auth_code") if status == 200 else await self._log_in(base)
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "client_id": self._client_id,
        }
        async with self._http.post(f"{self.url}/auth/token", data=form) as reply:
            if reply.status != 200:
                raise Trouble(f"Home Assistant gave no token (status {reply.status})")
            token = (await reply.json())["access_token"]
        self._http.headers["Authorization"] = f"Bearer {token}"
        await self._open_socket(token)
        self._token = token

    async def _log_in(self, base: Json) -> str:
        start = {
            "client_id": self._client_id,
            "handler": ["homeassistant", None],
            "redirect_uri": self._client_id,
        }
        flow = await self.post("/auth/login_flow", start)
        result = await self.post(f"/auth/login_flow/{flow['flow_id']}", base)
        if result.get("type") != "create_entry":
            raise Trouble(
                f"the kept Home Assistant does not know the user {USER!r} with password {PASSWORD!r}"
            )
        return str(result["result"])

    async def _open_socket(self, token: str) -> None:
        self._socket = await self._http.ws_connect(
            f"{self.url}/api/websocket", max_msg_size=0
        )
        await self._socket.receive_json()
        await self._socket.send_json({"type": "auth", "access_token": token})
        if (await self._socket.receive_json()).get("type") != "auth_ok":
            raise Trouble("Home Assistant refused the websocket")
        self._reader = asyncio.create_task(self._read(self._socket))

    # --- asking ------------------------------------------------------------------------

    async def _raw(
        self, method: str, path: str, data: Json | None = None
    ) -> tuple[int, Json]:
        try:
            async with self._http.request(method, self.url + path, json=data) as reply:
                text = await reply.text()
                body = (
                    await reply.json()
                    if reply.content_type == "application/json"
                    else {"message": text}
                )
                return reply.status, body
        except (aiohttp.ClientError, OSError, TimeoutError) as err:
            raise Trouble(
                f"Home Assistant does not answer {path}: {str(err) or type(err).__name__}"
            ) from None

    async def get(self, path: str) -> Any:
        """Get JSON; raise ``Trouble``."""
        return self._checked(path, *await self._raw("GET", path))

    async def post(self, path: str, data: Json) -> Any:
        """Post JSON; raise ``Trouble``."""
        return self._checked(path, *await self._raw("POST", path, data))

    @staticmethod
    def _checked(path: str, status: int, body: Any) -> Any:
        if status >= 400:
            words = body.get("message", body) if isinstance(body, Mapping) else body
            raise Trouble(
                f"Home Assistant answered {path} with {status}: {str(words)[:200]}"
            )
        return body

    async def call(self, kind: str, *, within: float = PATIENCE, **data: object) -> Any:
        """Send a websocket command; give its result, ``within`` seconds; raise ``Trouble``."""
        reply = await self.ask(kind, within=within, **data)
        if not reply["success"]:
            raise Trouble(
                f"Home Assistant refused {kind}: {reply['error'].get('message')}"
            )
        return reply["result"]

    async def ask(self, kind: str, *, within: float = PATIENCE, **data: object) -> Json:
        """Send a websocket command; give the whole answer, a refusal too; raise ``Trouble`` without one."""
        try:
            await self._reopen()
            try:
                return await self._ask(kind, within, data)
            except ConnectionResetError:
                if kind in ONCE or not self._token:
                    raise
                await self._reopen()
                return await self._ask(kind, within, data)
        except (TimeoutError, aiohttp.ClientError, OSError) as err:
            raise Trouble(
                f"Home Assistant does not answer {kind}: {str(err) or type(err).__name__}"
            ) from None

    async def _reopen(self) -> None:
        """Open the websocket again: Home Assistant closes that of who stood for half a minute."""
        async with self._opening:
            broken = self._reader is None or self._reader.done()
            if broken and not self._token:
                raise Trouble("the websocket to Home Assistant is gone")
            if broken or self._socket is None or self._socket.closed:
                await self._open_socket(self._token)

    async def _ask(self, kind: str, within: float, data: Json) -> Json:
        if self._socket is None:
            raise ConnectionResetError("closed")
        self._number += 1
        number = self._number
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            await self._socket.send_json({"id": number, "type": kind, **data})
            async with asyncio.timeout(within):
                return dict(await answer)
        finally:
            self._waiting.pop(number, None)

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        try:
            async for message in socket:
                if message.type is not aiohttp.WSMsgType.TEXT:
                    break
                reply = message.json()
                answer = self._waiting.get(reply.get("id", 0))
                if (
                    answer is not None
                    and not answer.done()
                    and reply.get("type") == "result"
                ):
                    answer.set_result(reply)
        finally:
            for answer in self._waiting.values():
                if not answer.done():
                    answer.set_exception(ConnectionResetError("closed"))

    # --- flows -------------------------------------------------------------------------

    async def start_flow(self, handler: str) -> Json:
        """Start a config flow as a user does."""
        result: Json = await self.post(FLOW, {"handler": handler})
        return result

    async def look_at_flow(self, flow_id: str) -> Json:
        """Return the step that a flow waits at."""
        result: Json = await self.get(f"{FLOW}/{flow_id}")
        return result

    async def when_done(self, form: Json) -> Json:
        """Wait for what a flow is at, if it is at something; return the step that comes then."""

        async def over() -> Json | None:
            nonlocal form
            if form["type"] in {"progress", "progress_done"}:
                form = await self.look_at_flow(form["flow_id"])
            return form if form["type"] not in {"progress", "progress_done"} else None

        return await until(f"the flow at {form.get('progress_action')}", PATIENCE, over)

    async def answer_flow(self, flow_id: str, data: Json) -> Json:
        """Answer the step that a flow waits at."""
        result: Json = await self.post(f"{FLOW}/{flow_id}", data)
        return result

    async def close_flow(self, flow_id: str) -> None:
        """Close the window of a flow without an answer."""
        self._checked(FLOW, *await self._raw("DELETE", f"{FLOW}/{flow_id}"))
