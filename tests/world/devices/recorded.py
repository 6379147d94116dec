"""A battery that plays a recorded exchange: the answers of a test vector, over a whole GATT table.

Each written frame gets the notifications of the first unused entry with the same bytes; a repeated
one gets the last answer again. Entries without a write are pushed, again and again, to whoever
listens. A new connection starts from the beginning.
"""

import asyncio
from collections.abc import Iterator, Mapping
import json
from pathlib import Path
from typing import Any, Final, override

from tests.world import ad
from tests.world.link import full_uuid
from tests.world.peripheral import (
    Characteristic,
    Descriptor,
    GattError,
    Peripheral,
    Service,
    Truth,
)

from .beacon import check_address
from .recorded_gatt import LOOKS, NOTIFY, READ, WRITE, Look
from .server import (
    CCCD,
    DEVICE_NAME,
    READ_NOT_PERMITTED,
    USUAL_VOLTAGE,
    WRITE_NOT_PERMITTED,
    generic_access,
    state_of,
)

FIXTURES: Final = Path(__file__).parents[2] / "fixtures" / "bms"
AD: Final = "advertisement"
INFORMATION: Final = ad.BASE_UUID.format("180a")
PERIOD: Final = 1.0  # s between two pushes of the same
DELAY: Final = 0.02  # s before an answer
GAP: Final = 0.01  # s between notifications
MODES: Final = {-1: "unknown", 0: "bulk", 1: "absorption", 2: "float"}
# What there is several of, and the name of one.
PARTS: Final = {
    "cell_voltages": "cell_voltage",
    "temp_values": "probe_temperature",
}
# What a person sees elsewhere or not at all.
UNSEEN: Final = frozenset(
    {"cell_voltages", "temp_values", "temp_types", "temp_sensors", "packs", "alarms"}
)

type Entry = Mapping[str, Any]


def load(vector: str, file: str | None = None) -> Entry:
    """Find a vector; ``file`` defaults to the family's among the fixtures. Raises ``ValueError``.

    One without an advert of its own gets the first of its file, where there is any.
    """
    family = vector.partition(":")[0]
    path = FIXTURES / f"{family}.json" if file is None else Path(file)
    try:
        entries: list[Entry] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as err:
        raise ValueError(
            f"vector = {vector!r}: {path.name} cannot be read ({err})"
        ) from None
    for entry in entries:
        if entry["id"] == vector:
            if entry["kind"] not in ("decode", "settings"):
                raise ValueError(f"vector = {vector!r} is no vector with values")
            said: Entry = next((one[AD] for one in entries if AD in one), {})
            return {AD: said, **entry}
    raise ValueError(f"vector = {vector!r} is not in {path.name}")


def truth_of(expect: Mapping[str, Any]) -> dict[str, object]:
    """Return a vector's expected values under the names of what a person sees.

    Cells and probes of a battery with packs belong to its packs: ``pack_1_cell_voltage_1``.
    """
    told = {
        name: value
        for name, value in expect.items()
        if name not in UNSEEN and value is not None
    }
    packs = expect.get("packs", ())
    for name, single in PARTS.items():
        if not any(pack.get(name) for pack in packs):
            for number, value in enumerate(expect.get(name, ()), 1):
                if value is not None:
                    told[f"{single}_{number}"] = value
    if "balancer" in told:
        told["balancer"] = bool(told["balancer"])
    if "battery_mode" in told:
        told["battery_mode"] = MODES[told["battery_mode"]]
    for number, pack in enumerate(packs, 1):
        told |= {f"pack_{number}_{name}": one for name, one in truth_of(pack).items()}
    current = told.get("current")
    if current is None and "power" in told:
        current = told["power"] / (told.get("voltage") or USUAL_VOLTAGE)
    if current is not None:
        told["battery_state"] = state_of(current, told.get("design_capacity"))
    elif told.get("battery_charging"):
        told["battery_state"] = "charging"
    return told


class Recorded(Peripheral):
    """Play one vector; ``name`` defaults to the recorded or usual one.

    ``period`` is the time between two pushes of the same. A ``password`` must be the recorded one.
    Raises ``ValueError`` for what cannot be played.
    """

    category = "battery"

    def __init__(
        self,
        *,
        address: str,
        vector: str,
        name: str | None = None,
        file: str | None = None,
        interval: float = 1.0,
        period: float = PERIOD,
        password: str | None = None,
    ) -> None:
        """Read the vector and lay out the characteristics."""
        check_address(address)
        if interval <= 0 or period <= 0:
            raise ValueError(f"{address}: interval and period must be positive")
        entry = load(vector, file)
        self.family: str = entry["family"]
        if self.family not in LOOKS:
            raise ValueError(f"{address}: nothing is known of {self.family} on the air")
        look = LOOKS[self.family]
        self.password: str | None = entry.get("secret")
        if password is not None and password != self.password:
            raise ValueError(f"{address}: the recorded password is {self.password!r}")
        # The family's row speaks for recordings that were made up.
        said = {} if look.advertised or look.maker or look.name else entry[AD]
        shown = name or said.get("local_name") or look.name
        self._entries = [_Step(one) for one in entry["exchange"] if "write" in one]
        self._values = _values(entry["exchange"])
        longest = max(
            (len(one) for step in self._entries for one in (*step.notify, step.write)),
            default=0,
        )
        super().__init__(
            address=address,
            name=shown,
            connectable=True,
            interval=float(interval),
            services=_services(look, entry["exchange"]),
            mtu=max(23, longest + 3),
        )
        self._look, self._period, self._said = look, period, said
        self._truth = truth_of(entry["expect"])
        self._pieces = _pieces(look, said, shown)
        self._notifying = [
            full_uuid(one.uuid)
            for service in self.services
            for one in service.characteristics
            if one.properties & {"notify", "indicate"}
        ]
        self._subscribed: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._pending = b""

    @override
    def advertisement(self, now: float) -> tuple[bytes, bytes] | None:
        """Advertise what the recording, or the family's row, says."""
        return self._pieces

    @override
    def connected(self, now: float) -> None:
        """Start the recording anew."""
        self._subscribed.clear()
        self._pending = b""
        for step in self._entries:
            step.used = False

    @override
    def disconnected(self, now: float) -> None:
        """Fall silent."""
        self._subscribed.clear()
        for task in self._tasks:
            task.cancel()
        self._tasks.clear()

    @override
    def subscribed(self, uuid: str, enabled: bool) -> None:
        """Push to a new listener what is pushed there."""
        uuid = full_uuid(uuid)
        if not enabled:
            self._subscribed.discard(uuid)
            return
        self._subscribed.add(uuid)
        pushed = [
            step
            for step in self._entries
            if step.pushed and (step.source or self._notifying[0]) == uuid
        ]
        if pushed:
            self._start(self._push(pushed))

    @override
    def read(self, uuid: str) -> bytes:
        """Return the recorded value, or the name."""
        uuid = full_uuid(uuid)
        if uuid == DEVICE_NAME:
            return (self.name or "").encode()
        if uuid not in self._values:
            raise GattError(READ_NOT_PERMITTED)
        return self._values[uuid]

    @override
    def write(self, uuid: str, data: bytes, response: bool) -> None:
        """Answer as recorded; long requests may come in pieces."""
        if full_uuid(uuid) == DEVICE_NAME:
            raise GattError(WRITE_NOT_PERMITTED)
        whole = self._pending + data
        same = [step for step in self._entries if step.fits(whole, self._look.compared)]
        if not same:
            starts = any(step.write.startswith(whole) for step in self._entries)
            self._pending = whole if starts and whole else b""
            return
        self._pending = b""
        step = next((step for step in same if not step.used), same[-1])
        step.used = True
        if step.notify:
            self._start(self._answer(step))

    def _start(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, step: _Step) -> None:
        await asyncio.sleep(DELAY)
        await self._tell(step.source, step.notify)
        if self._look.repeats is None or step is not self._entries[-1]:
            return
        while True:
            await asyncio.sleep(self._period)
            await self._tell(step.source, step.notify[self._look.repeats :])

    async def _push(self, steps: list[_Step]) -> None:
        while True:
            await asyncio.sleep(DELAY)
            for step in steps:
                await self._tell(step.source, step.notify)
            await asyncio.sleep(self._period)

    async def _tell(self, source: str | None, pieces: list[bytes]) -> None:
        for piece in pieces:
            for uuid in [source] if source else self._notifying:
                if uuid in self._subscribed and self.notify is not None:
                    self.notify(uuid, piece)
                    break
            await asyncio.sleep(GAP)

    @override
    def truth(self) -> Truth:
        """Return what the recording is known to say."""
        return dict(self._truth)


class _Step:
    """Be one entry of a recording."""

    def __init__(self, entry: Entry) -> None:
        self.pushed = entry["write"] is None
        self.write = bytes.fromhex(entry["write"] or "")
        # An empty notification stands for a question that nobody answered.
        self.notify = [bytes.fromhex(one) for one in entry["notify"] if one]
        self.source = full_uuid(entry["source"]) if entry.get("source") else None
        self.used = False

    def fits(self, data: bytes, compared: int | None) -> bool:
        """Tell whether this is the entry of a written frame."""
        return not self.pushed and data[:compared] == self.write[:compared]


def _values(exchange: list[Entry]) -> dict[str, bytes]:
    return {
        full_uuid(entry["read"]): bytes.fromhex(entry["value"])
        for entry in exchange
        if "read" in entry
    }


def _services(look: Look, exchange: list[Entry]) -> tuple[Service, ...]:
    """Lay out the family's characteristics, and whatever else the recording names."""
    table = {
        full_uuid(service): {full_uuid(uuid): kinds for uuid, kinds in own.items()}
        for service, own in look.services.items()
    }
    first = next(iter(table))
    known = {uuid for own in table.values() for uuid in own}
    for uuid in _values(exchange):
        home = INFORMATION if uuid.startswith("00002a") else first
        if uuid not in known:
            table.setdefault(home, {})[uuid] = READ
    for entry in exchange:
        for key, kinds in (("char", WRITE), ("source", NOTIFY)):
            uuid = entry.get(key) or " "
            # Some recordings say in words only that it was the usual one.
            if " " not in uuid and full_uuid(uuid) not in known:
                table[first].setdefault(full_uuid(uuid), kinds)
    return (generic_access(), *_numbered(table))


def _numbered(table: Mapping[str, Mapping[str, frozenset[str]]]) -> Iterator[Service]:
    handle = 16
    for service, own in table.items():
        start, handle = handle, handle + 1
        found = []
        for uuid, kinds in own.items():
            cccd = (Descriptor(CCCD, handle + 2),)
            listens = kinds & {"notify", "indicate"}
            found.append(
                Characteristic(uuid, handle + 1, kinds, cccd if listens else ())
            )
            handle += 3
        yield Service(service, start, tuple(found))


def _pieces(look: Look, said: Entry, name: str | None) -> tuple[bytes, bytes]:
    """Fill advert and scan response with what is advertised, each piece where it fits."""
    uuids = said.get("service_uuids", () if said else look.advertised)
    short = [int(uuid[4:8], 16) for uuid in map(full_uuid, uuids) if _is_short(uuid)]
    parts = [ad.flags()]
    if short:
        parts.append(ad.services16(*short))
    parts += [ad.service128(uuid) for uuid in uuids if not _is_short(uuid)]
    maker = said.get("manufacturer_data", {} if said else look.maker)
    parts += [
        ad.manufacturer(int(key), bytes.fromhex(data)) for key, data in maker.items()
    ]
    services = said.get("service_data", {} if said else look.service_data)
    parts += [
        ad.service_data16(int(full_uuid(uuid)[4:8], 16), bytes.fromhex(data))
        for uuid, data in services.items()
    ]
    if name:
        parts.append(ad.name(name))
    halves = [b"", b""]
    for part in parts:
        at = 0 if len(halves[0]) + len(part) <= ad.LEGACY_LIMIT else 1
        halves[at] += part
    return ad.payload(halves[0]), ad.payload(halves[1])


def _is_short(uuid: str) -> bool:
    return full_uuid(uuid) == ad.BASE_UUID.format(full_uuid(uuid)[4:8])
