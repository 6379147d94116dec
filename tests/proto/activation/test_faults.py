"""Activations of simulated devices that go wrong, in virtual time."""

import asyncio
from collections.abc import Collection
from dataclasses import replace
from functools import cache
import random
from typing import override

import pytest

from custom_components.mi_bms.proto.activation.contract import (
    CONTROL,
    DATA,
    VERSION,
    ErrorCode,
    Stage,
    qualified,
)
from custom_components.mi_bms.proto.gatt.activation import RUNS, activate as carry_out
from custom_components.mi_bms.proto.gatt.link import Notified
from custom_components.mi_bms.proto.mibeacon.key_check import check_key
from custom_components.mi_bms.proto.model.errors import (
    ActivationError,
    ActivationRefused,
    Unreachable,
)
from custom_components.mi_bms.proto.model.reading import KeyCheck
from tests.bench.activation_matrix import clean, lossy
from tests.each import rows
from tests.replay.activation import (
    Air,
    Fault,
    Outcome,
    PeripheralLink,
    Trouble,
    activate_in,
    start,
)
from tests.replay.batteries import run
from tests.world import ad
from tests.world.devices import KINDS
from tests.world.devices.activation import MiActivatable
from tests.world.devices.mi_remote import MiLegacyRemote
from tests.world.peripheral import Peripheral

ADDRESS = "A4:C1:38:12:34:56"
FE95 = "0000fe95-0000-1000-8000-00805f9b34fb"
REMOTE = "F8:24:41:12:34:56"
CONFIRMED = 27  # the place of the word of success in an undisturbed activation


def make(kind: str = "MI_FRESH", **params: object) -> MiActivatable:
    device = KINDS[kind](address=ADDRESS, **params)
    assert isinstance(device, MiActivatable)
    return device


def activate(device: Peripheral, trouble: Trouble | None = None) -> Outcome:
    return activate_in(Air(device, trouble), start(ADDRESS))


def agrees(outcome: Outcome, device: MiActivatable) -> bool:
    """Return whether both sides hold the same."""
    result = outcome.result
    return (
        result is not None
        and (result.token, result.bind_key.hex()) == (device.token, device._new_key)
        and device.device_id == b"\0" + (result.device_id or "").encode()
    )


@cache
def names() -> tuple[str, ...]:
    return tuple(clean())


@rows("fault", Fault)
def test_one_spoiled_message_costs_another_connection_at_most(fault: Fault) -> None:
    assert names()[CONFIRMED - 1] == "← dev 11"
    for at, name in enumerate(names(), 1):
        if fault is Fault.REORDER and name.startswith("app"):
            continue
        device = make()
        outcome = activate(device, Trouble(fault, at))
        where = f"{at} {name}: {outcome.text}"
        assert agrees(outcome, device), where
        # A confirmation that never arrived is found out by a login in between.
        lost_confirmation = at == CONFIRMED - 1 and outcome.connections == 3
        assert outcome.connections <= 2 or lost_confirmation, where
        if at > CONFIRMED:
            assert outcome.connections == 1, where


@rows("at", range(1, 48))
def test_devices_that_leave(at: int) -> None:
    device = make(leave_at=at)
    outcome = activate(device)
    assert agrees(outcome, device)
    assert outcome.connections == (1 if at > CONFIRMED else 2 if at != 26 else 3)


@rows(
    ("kind", "seconds"),
    [
        ("MI_FRESH", 3),
        ("MI_REGISTERED", 3),
        ("MI_SLOW_KEY", 6),
        ("MI_LOSES_FRAGMENT", 4),
        ("MI_OVERTAKES", 3),
        ("MI_LEAVES", 6),
    ],
)
def test_kinds_that_succeed(kind: str, seconds: float) -> None:
    device = make(kind)
    outcome = activate(device)
    assert agrees(outcome, device)
    assert outcome.result is not None
    assert outcome.result.checked
    assert outcome.seconds < seconds
    assert outcome.stages[-6:] == list(Stage)[1:]


def test_a_device_keeps_its_id() -> None:
    device = make("MI_REGISTERED")
    outcome = activate(device)
    assert outcome.result is not None
    assert outcome.result.device_id == "blt.4.1a2b3c4d5e6f7"
    first = make()
    one, two = activate(first), activate_in(Air(first), start(ADDRESS, seed=2))
    assert one.result is not None
    assert two.result is not None
    assert one.result.device_id == two.result.device_id
    assert one.result.bind_key != two.result.bind_key


@rows(
    ("kind", "reason"),
    [
        ("MI_REFUSING", ErrorCode.ALREADY_REGISTERED),
        ("MI_PROTOCOL_02", ErrorCode.PROTOCOL_02),
        ("MI_SECURE_CHIP", ErrorCode.SECURE_CHIP),
        ("LYWSD03MMC", ErrorCode.NO_SERVICE),
    ],
)
def test_kinds_that_need_somebody(kind: str, reason: ErrorCode) -> None:
    device = KINDS[kind](address=ADDRESS, key="5c" * 16)
    outcome = activate(device)
    # A service that is missing is looked for twice: a remembered table may be old.
    assert outcome.connections == (2 if reason is ErrorCode.NO_SERVICE else 1)
    assert isinstance(outcome.error, ActivationRefused)
    assert outcome.error.reason == reason
    assert getattr(device, "_new_key", None) is None


def test_resetting_helps_a_refusing_device() -> None:
    device = make("MI_REFUSING")
    device.reset()
    assert agrees(activate(device), device)


def test_a_device_that_forgets_is_found_out() -> None:
    outcome = activate(make(forgets=True))
    assert isinstance(outcome.error, ActivationError)
    assert outcome.error.reason == ErrorCode.NOT_REGISTERED
    assert outcome.connections == RUNS


def test_a_device_that_always_leaves() -> None:
    outcome = activate(make(leave_at=12, leaves=99))
    assert isinstance(outcome.error, Unreachable)
    assert outcome.connections == RUNS


def test_an_uncertain_key_is_kept() -> None:
    # It leaves instead of saying that it stored the key, and then at every login.
    device = make(leave_at=CONFIRMED)
    air = Air(device)
    activation = start(ADDRESS)
    outcome = activate_in(air, activation, runs=1)
    assert isinstance(outcome.error, ActivationError)
    assert outcome.error.reason == ErrorCode.UNCONFIRMED
    assert activation.candidate is not None
    assert activation.candidate.bind_key.hex() == device._new_key
    # Later the same activation proves it without a new registration.
    again = activate_in(Air(device), activation)
    assert again.result is not None
    assert again.result.checked
    assert again.result.bind_key == activation.result.bind_key  # type: ignore[union-attr]
    assert Stage.READING_ID not in again.stages


@rows("at", [2, 6, 12, 15])
def test_a_login_that_is_disturbed_disproves_nothing(at: int) -> None:
    device, activation = make(leave_at=CONFIRMED), start(ADDRESS, resends=0)
    activate_in(Air(device), activation, runs=1)
    uncertain = activation.candidate
    outcome = activate_in(Air(device, Trouble(Fault.DROP, at)), activation, runs=1)
    assert isinstance(outcome.error, ActivationError)
    assert uncertain is not None
    assert activation.candidate is uncertain
    assert agrees(activate_in(Air(device), activation), device)


def test_a_key_that_cannot_be_proven_is_given_up() -> None:
    device = make(leave_at=CONFIRMED)
    activation = start(ADDRESS)
    activate_in(Air(device), activation, runs=1)
    first = activation.candidate
    silent = Trouble(loss=1.0)
    outcome = activate_in(Air(device, silent), activation, runs=3)
    assert isinstance(outcome.error, ActivationError)
    assert outcome.error.reason == ErrorCode.UNCONFIRMED
    assert outcome.stages.count(Stage.CHECKING_LOGIN) == 2
    assert outcome.stages[-1] is Stage.READING_ID
    assert first is not None
    assert activation.candidate is first
    assert agrees(activate_in(Air(device), activation), device)
    assert activation.candidate is None


def test_losses() -> None:
    with_resends, without = lossy(25, resends=3), lossy(25, resends=0)
    assert sum(one.result is not None for one in with_resends) >= 24

    def connections(outcomes: list[Outcome]) -> int:
        return sum(one.connections for one in outcomes)

    assert connections(with_resends) < connections(without)


def test_a_silent_device_ends_in_time() -> None:
    outcome = activate(make(), Trouble(loss=1.0))
    assert isinstance(outcome.error, ActivationError)
    assert outcome.error.reason == ErrorCode.TIMEOUT
    assert outcome.seconds < 60


# --- afterwards: adverts under the new key -------------------------------------------------------


def frames(device: Peripheral, now: float) -> list[tuple[str, bytes]]:
    said = device.advertisement(now)
    assert said is not None
    return [
        (FE95, data[2:])
        for kind, data in ad.structures(said[0])
        if kind == ad.SERVICE_DATA16
    ]


@rows("kind", ["MI_FRESH", "MI_REGISTERED"])
def test_the_new_key_opens_the_adverts_after_a_while(kind: str) -> None:
    device = make(kind, first_data=20.0)
    outcome = activate(device)
    assert outcome.result is not None
    key = outcome.result.bind_key
    old = bytes.fromhex("5c" * 16)
    early = [frame for n in range(5) for frame in frames(device, outcome.seconds + n)]
    late = [
        frame for n in range(21, 30) for frame in frames(device, outcome.seconds + n)
    ]
    if kind == "MI_FRESH":
        assert check_key(ADDRESS, key, early) is KeyCheck.UNKNOWN
        assert all(data[0] == 0x30 for _, data in early)
    else:
        assert check_key(ADDRESS, old, early) is KeyCheck.RIGHT
    assert check_key(ADDRESS, key, late) is KeyCheck.RIGHT
    assert check_key(ADDRESS, old, late) is KeyCheck.WRONG


# --- legacy remotes --------------------------------------------------------------------------------


def pair(device: MiLegacyRemote, product_id: int | None = 0x03B6) -> Outcome:
    return activate_in(Air(device), start(REMOTE, product_id))


def test_a_remote_in_pairing_mode() -> None:
    device = MiLegacyRemote(address=REMOTE, first_fails=True)
    assert frames(device, 0.0)[0][1].endswith(bytes.fromhex("0200020110"))
    outcome = pair(device)
    assert outcome.connections == 2
    assert outcome.result is not None
    assert outcome.result.bind_key.hex() == device.key
    assert outcome.result.firmware == "2.0.0_0001"
    data = [frame for n in range(0, 60, 5) for frame in frames(device, float(n))]
    assert check_key(REMOTE, outcome.result.bind_key, data) is KeyCheck.RIGHT


def test_a_remote_that_is_not_in_pairing_mode() -> None:
    outcome = pair(MiLegacyRemote(address=REMOTE, pairing=False))
    assert isinstance(outcome.error, ActivationError)
    assert outcome.error.reason == ErrorCode.NOT_PAIRING


def test_a_remote_without_a_version() -> None:
    device = MiLegacyRemote(address=REMOTE)
    device.services = tuple(
        replace(
            service,
            characteristics=tuple(
                one for one in service.characteristics if one.uuid != VERSION
            ),
        )
        for service in device.services
    )
    outcome = pair(device)
    assert outcome.result is not None
    assert outcome.result.bind_key.hex() == device.key
    assert outcome.result.firmware is None


def test_a_remote_of_unknown_product() -> None:
    outcome = pair(MiLegacyRemote(address=REMOTE), None)
    assert isinstance(outcome.error, ActivationRefused)
    assert outcome.error.reason == ErrorCode.UNKNOWN_PRODUCT
    assert outcome.connections == 1


# --- how things are written ------------------------------------------------------------------------


def test_frames_are_small_and_without_response() -> None:
    air = Air(make())
    activate_in(air, start(ADDRESS))
    written = air.links[0].written
    assert all(len(data) <= 20 and not response for _, data, response in written)
    assert {uuid for uuid, *_ in written} == {CONTROL, DATA}


def test_remotes_are_written_with_response() -> None:
    air = Air(MiLegacyRemote(address=REMOTE))
    activate_in(air, start(REMOTE, 0x03B6))
    assert all(response for *_, response in air.links[0].written)


def test_the_offered_type_of_write_is_used() -> None:
    device = make()
    changed = [
        replace(
            service,
            characteristics=tuple(
                replace(one, properties=frozenset({"read", "write", "notify"}))
                for one in service.characteristics
            ),
        )
        for service in device.services
    ]
    device.services = tuple(changed)
    air = Air(device)
    assert agrees(activate_in(air, start(ADDRESS)), device)
    assert all(response for *_, response in air.links[0].written)


def test_full_names_are_preferred(monkeypatch: pytest.MonkeyPatch) -> None:
    """A link that knows services is asked for what is inside the right one."""
    asked: set[str] = set()

    class Knowing(PeripheralLink):
        """Know each characteristic by its full name too; the short one is another service's."""

        @property
        @override
        def characteristics(self) -> Collection[str]:
            return {*self._known, *map(qualified, self._known)}

        @override
        def properties(self, uuid: str) -> Collection[str]:
            asked.add(uuid)
            return super().properties(uuid.rpartition("/")[2])

        @override
        async def subscribe(self, uuid: str, notified: Notified) -> None:
            asked.add(uuid)
            await super().subscribe(uuid.rpartition("/")[2], notified)

        @override
        async def read(self, uuid: str) -> bytes:
            asked.add(uuid)
            return await super().read(uuid.rpartition("/")[2])

        @override
        async def write(self, uuid: str, data: bytes, *, response: bool) -> None:
            await super().write(uuid.rpartition("/")[2], data, response=response)

    monkeypatch.setattr("tests.replay.activation.PeripheralLink", Knowing)
    device = make()
    assert agrees(activate(device), device)
    assert asked == set(map(qualified, (CONTROL, DATA, VERSION)))


def test_a_run_without_anybody_watching() -> None:
    device = make()
    activation = start(ADDRESS)
    result = run(carry_out(Air(device).use, activation))
    assert result.checked
    assert result.bind_key.hex() == device._new_key


def test_a_version_that_cannot_be_read_does_no_harm(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    device = make()
    monkeypatch.setattr(
        "tests.replay.activation.PeripheralLink.read", _read_fails, raising=True
    )
    outcome = activate(device)
    assert agrees(outcome, device)
    assert outcome.result is not None
    assert outcome.result.firmware is None


async def _read_fails(_link: object, uuid: str) -> bytes:
    assert uuid == VERSION
    raise Unreachable("link")


def test_a_device_that_talks_all_the_time_is_cut_off() -> None:
    class Chatty(MiActivatable):
        """Answer nothing and send nonsense every two seconds."""

        @override
        def write(self, uuid: str, data: bytes, response: bool) -> None:
            self._nonsense()

        def _nonsense(self) -> None:
            if self.notify is not None:
                self.notify(DATA, random.Random(1).randbytes(20))
                asyncio.get_running_loop().call_later(2, self._nonsense)

    outcome = activate_in(Air(Chatty(address=ADDRESS)), start(ADDRESS), runs=1)
    assert isinstance(outcome.error, ActivationError)
    assert outcome.error.reason == ErrorCode.TIMEOUT
    assert 24 < outcome.seconds < 26
