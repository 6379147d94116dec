"""A private D-Bus and objects on it: properties, methods and signals as BlueZ offers them.

Written on messages instead of ready-made service classes: BlueZ leaves properties out that a device
does not have, and answers some calls only after seconds.
"""

import asyncio
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Awaitable, Callable, Mapping
import contextlib
from pathlib import Path
import shutil
import tempfile
from typing import Any, Final

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from .program import program

PROPERTIES: Final = "org.freedesktop.DBus.Properties"
MANAGER: Final = "org.freedesktop.DBus.ObjectManager"
CONFIGURATION: Final = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={path}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
    <allow user="*"/>
  </policy>
</busconfig>
"""

type Interfaces = dict[str, dict[str, Variant]]
type Answer = tuple[str, list[Any]]
type Handler = Callable[[Message], Awaitable[Answer | None]]

NOTHING: Final[Answer] = ("", [])


class BusError(Exception):
    """Refuse a call with an error name and a text."""

    def __init__(self, name: str, text: str) -> None:
        """Keep both."""
        super().__init__(text)
        self.name, self.text = name, text


class PrivateBus:
    """Run a message bus of our own, reachable over a socket in a folder of its own."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self._process: Process | None = None
        self._folder = ""

    @property
    def address(self) -> str:
        """Return what goes into DBUS_SYSTEM_BUS_ADDRESS."""
        return f"unix:path={self._folder}/socket"

    async def start(self) -> None:
        """Start the bus; raise ``OSError`` when the program for it cannot be had."""
        daemon = await asyncio.to_thread(program, "dbus-daemon")
        self._folder = tempfile.mkdtemp(prefix="mi_bms_bus_")
        file = Path(self._folder) / "bus.conf"
        text = CONFIGURATION.format(path=f"{self._folder}/socket")
        await asyncio.to_thread(file.write_text, text, "utf-8")
        self._process = await asyncio.create_subprocess_exec(
            daemon,
            f"--config-file={file}",
            "--nofork",
            "--print-address",
            stdin=DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=DEVNULL,
        )
        stdout = self._process.stdout
        line = b"" if stdout is None else await stdout.readline()
        if not line:
            raise OSError(f"{daemon} did not start")

    async def stop(self) -> None:
        """End the bus."""
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.terminate()
            await self._process.wait()
        if self._folder:
            await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    async def join(self) -> MessageBus:
        """Connect to the bus."""
        return await MessageBus(bus_address=self.address).connect()


class Tree:
    """Offer objects on a bus and answer what is asked of them."""

    def __init__(self, bus: MessageBus) -> None:
        """Take the bus; nothing is offered yet."""
        self.bus = bus
        self.objects: dict[str, Interfaces] = {}
        self._handlers: dict[tuple[str, str], Handler] = {
            (PROPERTIES, "Get"): self._get,
            (PROPERTIES, "GetAll"): self._get_all,
            (PROPERTIES, "Set"): self._set,
            (MANAGER, "GetManagedObjects"): self._managed,
        }
        self._tasks: set[asyncio.Task[None]] = set()
        bus.add_message_handler(self._received)

    def on(self, interface: str, member: str, handler: Handler) -> None:
        """Answer a method of all objects that have an interface; it may raise ``BusError``."""
        self._handlers[interface, member] = handler

    def add(self, path: str, interfaces: Interfaces) -> None:
        """Offer an object and say so."""
        self.objects[path] = interfaces
        body = [path, interfaces]
        self._signal("/", MANAGER, "InterfacesAdded", "oa{sa{sv}}", body)

    def remove(self, path: str) -> None:
        """Take an object away and say so."""
        if (gone := self.objects.pop(path, None)) is not None:
            self._signal("/", MANAGER, "InterfacesRemoved", "oas", [path, list(gone)])

    def change(self, path: str, interface: str, values: Mapping[str, Variant]) -> None:
        """Set properties and tell those that changed."""
        held = self.objects[path][interface]
        changed = {key: one for key, one in values.items() if held.get(key) != one}
        if changed:
            held.update(changed)
            self.tell(path, interface, changed)

    def tell(self, path: str, interface: str, values: dict[str, Variant]) -> None:
        """Say that properties changed, whether they did or not."""
        body = [interface, values, []]
        self._signal(path, PROPERTIES, "PropertiesChanged", "sa{sv}as", body)

    async def stop(self) -> None:
        """Answer no more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.bus.disconnect()

    def _signal(
        self, path: str, interface: str, member: str, signature: str, body: list[Any]
    ) -> None:
        if self.bus.connected:
            self.bus.send(Message.new_signal(path, interface, member, signature, body))

    def _received(self, message: Message) -> bool:
        if message.message_type is not MessageType.METHOD_CALL:
            return False
        handler = self._handlers.get((message.interface or "", message.member or ""))
        if handler is None:
            return False
        task = asyncio.create_task(self._answer(handler, message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def _answer(self, handler: Handler, message: Message) -> None:
        try:
            self._check(message)
            signature, body = await handler(message) or NOTHING
            answer = Message.new_method_return(message, signature, body)
        except BusError as err:
            answer = Message.new_error(message, err.name, err.text)
        if self.bus.connected:
            self.bus.send(answer)

    def _check(self, message: Message) -> None:
        if message.interface == MANAGER:
            return
        interfaces = self.objects.get(message.path or "")
        if interfaces is None:
            raise BusError(
                "org.freedesktop.DBus.Error.UnknownObject", f"no object {message.path}"
            )
        if message.interface != PROPERTIES and message.interface not in interfaces:
            raise BusError(
                "org.freedesktop.DBus.Error.UnknownMethod", f"no {message.interface}"
            )

    def _properties(self, message: Message) -> dict[str, Variant]:
        return self.objects[message.path or ""].get(message.body[0], {})

    async def _get(self, message: Message) -> Answer:
        value = self._properties(message).get(message.body[1])
        if value is None:
            raise BusError(
                "org.freedesktop.DBus.Error.InvalidArgs", f"no {message.body[1]}"
            )
        return "v", [value]

    async def _get_all(self, message: Message) -> Answer:
        return "a{sv}", [self._properties(message)]

    async def _set(self, message: Message) -> None:
        interface, name, value = message.body
        self.change(message.path or "", interface, {name: value})

    async def _managed(self, message: Message) -> Answer:
        root = (message.path or "/").rstrip("/") + "/"
        return "a{oa{sa{sv}}}", [
            {path: one for path, one in self.objects.items() if path.startswith(root)}
        ]
