"""The air: loss, sleep, wake, history; all chance from the seed."""

import asyncio
import random

import pytest

from tests.patience import eventually
from tests.world.faults import Faults
from tests.world.history import History
from tests.world.link import full_uuid
from tests.world.radio import Heard, LinkFailed, Radio

from .fakes import Echo, thermometer


class Ear:
    """Keep what is heard."""

    def __init__(self, name: str = "near") -> None:
        self.name = name
        self.heard: list[Heard] = []

    def hear(self, heard: Heard) -> None:
        self.heard.append(heard)


def place(
    radio: Radio,
    *ears: Ear,
    interval: float | None = 0.01,
    faults: Faults | None = None,
) -> Echo:
    for ear in ears:
        radio.add_listener(ear)
    echo = thermometer("A4:C1:38:00:00:01", "Echo", 0.01)
    echo.interval = interval
    radio.place(echo, {ear.name: -50 - 20 * at for at, ear in enumerate(ears)}, faults)
    return echo


async def test_each_listener_has_its_own_strength() -> None:
    radio, near, far = Radio(), Ear("near"), Ear("far")
    place(radio, near, far)
    radio.start()
    await eventually(lambda: len(far.heard) > 20)
    await radio.stop()
    assert len(near.heard) == len(far.heard)
    assert all(-60 < one.rssi < -40 for one in near.heard)
    assert all(-80 < one.rssi < -60 for one in far.heard)
    assert len({one.rssi for one in near.heard}) > 1


async def test_lost_and_silent_adverts() -> None:
    radio, ear = Radio(), Ear()
    faults = Faults(advert_loss=1.0)
    place(radio, ear, faults=faults)
    radio.start()
    await asyncio.sleep(0.05)
    faults.clear()
    faults.update({"asleep": True})
    await asyncio.sleep(0.05)
    assert ear.heard == []
    faults.clear()
    await eventually(lambda: bool(ear.heard))
    await radio.stop()


async def test_device_that_advertises_only_when_woken() -> None:
    radio, ear = Radio(), Ear()
    echo = place(radio, ear, interval=None)
    radio.start()
    await asyncio.sleep(0.05)
    assert ear.heard == []
    assert echo.wake is not None
    echo.wake()
    await eventually(lambda: bool(ear.heard))
    await asyncio.sleep(0.02)
    await radio.stop()
    assert len(ear.heard) == 1


async def test_a_broken_device_does_not_stop_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    radio, ear = Radio(), Ear()
    echo = place(radio, ear)
    echo.name = 5  # type: ignore[assignment]
    radio.place(thermometer("A4:C1:38:00:00:02", "B", 0.01), {"near": -60})
    radio.start()
    await eventually(lambda: bool(ear.heard) and "failed to advertise" in caplog.text)
    await radio.stop()
    assert {one.address for one in ear.heard} == {"A4:C1:38:00:00:02"}


async def test_second_link_waits_and_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    radio, ear = Radio(), Ear()
    echo = place(radio, ear)
    lost: list[int] = []
    link = await radio.connect(
        "near", echo.address, notified=lambda *_: None, lost=lost.append
    )
    monkeypatch.setattr("tests.world.radio.CONNECT_TIMEOUT", 0.02)
    with pytest.raises(LinkFailed):
        await radio.connect(
            "near", echo.address, notified=lambda *_: None, lost=lost.append
        )
    with pytest.raises(LinkFailed):
        await radio.connect(
            "far", echo.address, notified=lambda *_: None, lost=lost.append
        )
    link.lose(0x13)
    link.lose(0x13)
    assert lost == [0x13]
    assert echo.notify is None
    monkeypatch.undo()
    again = await radio.connect(
        "near", echo.address, notified=lambda *_: None, lost=lost.append
    )
    again.close()
    again.close()


async def test_falling_asleep_ends_the_link() -> None:
    radio, ear = Radio(), Ear()
    faults = Faults()
    echo = place(radio, ear, faults=faults)
    lost: list[int] = []
    await radio.connect(
        "near", echo.address, notified=lambda *_: None, lost=lost.append
    )
    faults.update({"asleep": True})
    radio.start()
    await eventually(lambda: bool(lost))
    await radio.stop()
    assert lost == [0x08]


async def test_another_client_waits_for_our_link_and_keeps_its_own() -> None:
    radio, ear = Radio(), Ear()
    faults = Faults()
    echo = place(radio, ear, faults=faults)
    lost: list[int] = []
    link = await radio.connect(
        "near", echo.address, notified=lambda *_: None, lost=lost.append
    )
    faults.update({"held": True})
    radio.start()
    await asyncio.sleep(0.03)
    assert lost == []
    link.close()
    await eventually(lambda: not radio._connectable(radio.stations[echo.address]))
    assert ear.heard == []
    faults.clear()
    await eventually(lambda: bool(ear.heard))
    await radio.stop()


def test_chance_repeats() -> None:
    data = bytes(20)

    def run(seed: int) -> list[bytes | None]:
        faults, rng = Faults(drop=0.3, corrupt=0.3), random.Random(seed)
        return [faults.pass_on(data, rng) for _ in range(50)]

    assert run(1) == run(1) != run(2)
    assert {None, data} < set(run(1))
    assert Faults(corrupt=1.0).pass_on(b"", random.Random(1)) == b""


def test_wrong_fault_changes_nothing() -> None:
    faults = Faults()
    with pytest.raises(ValueError, match="latency"):
        faults.update({"drop": 0.5, "latency": "slow"})
    assert faults.active() == {}


def test_history_joins_equal_values_and_forgets() -> None:
    history = History(keep=10)
    for moment, value in ((0, 1), (1, 1), (2, 2), (3, 2)):
        history.note(moment, {"x": value})
    assert history.since(0) == [(0, 2, {"x": 1}), (2, 3, {"x": 2})]
    assert history.since(2.5) == [(2, 3, {"x": 2})]
    history.note(20, {"x": 3})
    assert [run[2] for run in history.since(0)] == [{"x": 2}, {"x": 3}]


def test_uuids() -> None:
    assert full_uuid("FF01") == "0000ff01-0000-1000-8000-00805f9b34fb"
    assert (
        full_uuid("6E400001-B5A3-F393-E0A9-E50E24DCCA9E")
        == "6e400001-b5a3-f393-e0a9-e50e24dcca9e"
    )
