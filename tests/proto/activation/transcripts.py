"""Recorded conversations, played to one side at a time."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
import json
from pathlib import Path
from typing import Any

from custom_components.mi_bms.proto.activation.contract import (
    CONTROL,
    DATA,
    TOKEN,
    VERSION,
)
from custom_components.mi_bms.proto.model.steps import (
    Listening,
    Notification,
    Read,
    Subscribe,
    Wait,
    Write,
)
from tests.replay.batteries import run
from tests.world.peripheral import Peripheral

FOLDER = Path(__file__).parents[2] / "fixtures" / "activation"
STANDARD_TABLE = (CONTROL, DATA, VERSION)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

type Vector = Mapping[str, Any]


def load(name: str) -> list[Vector]:
    vectors: list[Vector] = json.loads((FOLDER / f"{name}.json").read_text())
    return vectors


def expand(short: str) -> str:
    return f"0000{short}-0000-1000-8000-00805f9b34fb"


def scripted(*values: bytes) -> Callable[[int], bytes]:
    """Return these values as chance, and check that just so many bytes are wanted."""
    left = list(values)

    def chance(size: int) -> bytes:
        value = left.pop(0)
        assert len(value) == size
        return value

    return chance


def letters_of(device_id: bytes) -> bytes:
    """Return the chance that makes up a device id."""
    return bytes(LETTERS.index(letter) for letter in device_id[11:17].decode())


def converse[T](talk: Listening[T], lines: Iterable[Vector]) -> T:
    """Play the device's lines to the client; all that it writes must be the client's lines.

    Where the client waits and the next line is its own, it hears silence.
    """
    left = list(lines)
    answer: list[Notification] | bytes | None = None
    try:
        while True:
            step = talk.send(answer)
            answer = None
            match step:
                case Write():
                    line = left.pop(0)
                    assert line["from"] == "client"
                    assert step.uuid == expand(line["char"])
                    assert step.data.hex() == line["hex"]
                    assert not step.response
                case Wait():
                    if left and left[0]["from"] == "device":
                        line = left.pop(0)
                        data = bytes.fromhex(line["hex"])
                        answer = [Notification(expand(line["char"]), data)]
                case Read():
                    answer = b"1.0.0_0130"
    except StopIteration as done:
        assert not left
        result: T = done.value
        return result


def converse_legacy[T](talk: Listening[T], steps: Iterable[Vector]) -> T:
    """Play a remote's side; what the client does must be as recorded."""
    left = list(steps)
    answer: list[Notification] | bytes | None = None
    try:
        while True:
            step = talk.send(answer)
            answer = None
            match step:
                case Write():
                    line = left.pop(0)
                    assert line["op"] == "write-request"
                    assert step.response
                    assert (step.uuid, step.data.hex()) == (
                        expand(line["char"]),
                        line["hex"],
                    )
                case Subscribe():
                    assert left.pop(0)["op"] == "subscribe"
                    assert step.uuid == TOKEN
                case Wait():
                    line = left.pop(0)
                    assert line["op"] == "notification"
                    answer = [Notification(TOKEN, bytes.fromhex(line["hex"]))]
                case Read():
                    line = left.pop(0)
                    assert (line["op"], step.uuid) == ("read", expand(line["char"]))
                    answer = line["hex"] and bytes.fromhex(line["hex"])
    except StopIteration as done:
        assert not left
        result: T = done.value
        return result


def answer_all(
    device: Peripheral,
    lines: Iterable[Vector],
    before: Callable[[int], None] = lambda _at: None,
) -> None:
    """Play the client's lines to a virtual device; all that it says must be its lines.

    ``before`` is called with the place of each line.
    """

    async def play() -> None:
        said: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()
        device.notify = lambda uuid, data: said.put_nowait((uuid, data))
        device.connected(0.0)
        for at, line in enumerate(lines):
            before(at)
            uuid, data = expand(line["char"]), bytes.fromhex(line["hex"])
            if line["from"] == "client":
                device.write(uuid, data, response=False)
            else:
                async with asyncio.timeout(4):
                    assert await said.get() == (uuid, data)
        assert said.empty()
        device.disconnected(1.0)

    run(play())
