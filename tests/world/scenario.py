"""Scenarios: TOML files that say which proxies and devices a world has.

    seed = 1                                  # optional
    time_zone = "America/St_Johns"            # optional: where the house stands
    [[proxy]]
    name = "kitchen"
    mac = "AA:BB:CC:00:00:01"
    slots = 3                                 # optional, as are port, key, connectable, always_active,
                                              # connect_time, discovery_time, shows (the address
                                              # of a device that it has sensors of, too)
    [[adapter]]                               # a local one, over BlueZ's D-Bus interfaces
    name = "hci0"
    mac = "AA:BB:CC:00:00:02"
    slots = 5                                 # optional
    [[device]]
    kind = "LYWSDCGQ"                         # a name in tests.world.devices.KINDS
    address = "A4:C1:38:00:00:01"
    heard_by = {kitchen = -55}
    name = "..."                              # optional, as are category, family, foreign, by_hand,
                                              # activate, faults, steps, expect
    key = "..."                               # this and all the rest goes to the kind's constructor
    steps = [                                 # what a person does with it, one after the other
      {press = "read_now"},                   # a button
      {choose = {temperature_unit = "celsius"}},      # an option of a choice
      {set = {comfort_humidity_low = 30}},    # a number
      {call = "read_history"},                # an action of ours on the device
      {fault = {handles_moved = 3}},          # what happens to it meanwhile
    ]
    expect = {unit = "celsius"}               # what it holds afterwards; a list: one of these
    bank = {name = "House", wiring = "strings", length = 2}   # batteries of one name become a bank;
                                              # with successor = true it takes the place of the first
    [[crowd]]
    kind = "LYWSD03MMC"                       # so many devices of one kind, with made-up ends of the address
    count = 60
    address = "A4:C1:38:10"                   # what all addresses begin with, 3 to 5 bytes
    proxies = ["kitchen"]                     # optional: who may hear them; by default all proxies
    reach = 2                                 # optional: how many proxies hear each device, in turn
    key_bytes = 16                            # optional: each gets a key of its own, made from the seed
    interval = 0.5                            # this and all the rest goes to the kind's constructor

With ``devices_of = "other.toml"`` all devices come from that file, and each proxy and adapter of this one
hears each of them as well as the best one there does.

Every mistake is a ``ScenarioError`` whose text is one line: the file, the place, what to do.
"""

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
import difflib
import inspect
from pathlib import Path
from random import Random
import re
import tomllib
from typing import Final
from zoneinfo import available_timezones

from .bluez import AdapterSpec
from .devices import KINDS
from .faults import Faults
from .peripheral import Peripheral
from .proxy import ProxySpec

type Kinds = Mapping[str, Callable[..., Peripheral]]
type Table = dict[str, object]

ADDRESS: Final = re.compile(r"[0-9A-F]{2}(:[0-9A-F]{2}){5}")
NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,30}")
CATEGORIES: Final = ("sensor", "battery")
ADAPTER: Final = re.compile(r"hci[0-9]")
TOP_KEYS: Final = (
    "seed",
    "time_zone",
    "proxy",
    "adapter",
    "device",
    "crowd",
    "devices_of",
)
STEPS: Final[Mapping[str, type]] = {
    "press": str,
    "choose": dict,
    "set": dict,
    "call": str,
    "fault": dict,
}
CROWD_KEYS: Final = ("kind", "count", "address", "proxies", "reach", "key_bytes")
PREFIX: Final = re.compile(r"[0-9A-F]{2}(:[0-9A-F]{2}){2,4}")
LARGEST_CROWD: Final = 1000
NEAREST, FARTHEST = -50, -90  # dBm
ADAPTER_KEYS: Final = tuple(one.name for one in fields(AdapterSpec))
PROXY_KEYS: Final = tuple(one.name for one in fields(ProxySpec))
# Keys of a device that the world itself reads; all others go to its kind.
OWN_KEYS: Final = (
    "kind",
    "heard_by",
    "category",
    "family",
    "foreign",
    "by_hand",
    "activate",
    "faults",
    "steps",
    "expect",
    "bank",
)
BANK_KEYS: Final = ("name", "wiring", "length", "successor")
TYPE_NAMES: Final[Mapping[type, str]] = {
    str: "a text in quotes",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    dict: "a table",
    list: "a list",
}


class ScenarioError(Exception):
    """Report a mistake in a scenario file in one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSpec:
    """Hold one device of a scenario and what a checker must know of it.

    ``foreign`` devices belong to nobody here: nothing may be discovered. ``by_hand`` devices are ours
    but no advert gives them away: a person has to add them. ``activate`` devices are to be given a key
    over Bluetooth. ``family`` answers a flow that asks for one. ``steps`` are done to it by a person,
    then it holds what ``expect`` says. ``bank`` says which batteries are combined by a person, and how.
    """

    kind: str
    peripheral: Peripheral
    heard_by: Mapping[str, int]
    faults: Faults
    category: str
    family: str | None = None
    foreign: bool = False
    by_hand: bool = False
    activate: bool = False
    key: str | None = None
    password: str | None = None
    steps: tuple[Table, ...] = ()
    expect: Table = field(default_factory=dict)
    bank: Table = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Hold a whole scenario."""

    proxies: tuple[ProxySpec, ...]
    devices: tuple[DeviceSpec, ...]
    seed: int = 0
    time_zone: str = ""
    adapters: tuple[AdapterSpec, ...] = ()


def load(path: Path, kinds: Kinds = KINDS) -> Scenario:
    """Read a scenario file; raise ``ScenarioError``."""
    table = _read(path)
    try:
        if "devices_of" not in table:
            return parse(table, kinds)
        _known(table, ("seed", "proxy", "adapter", "devices_of"), "the file")
        other = load(path.with_name(_get(table, "devices_of", str, "the file")), kinds)
        proxies, adapters = _proxies(table), _adapters(table)
    except ScenarioError as err:
        raise ScenarioError(f"{path}: {err}") from None
    names = [one.name for one in (*proxies, *adapters)]
    devices = tuple(
        replace(one, heard_by=dict.fromkeys(names, max(one.heard_by.values())))
        for one in other.devices
    )
    return replace(other, proxies=proxies, adapters=adapters, devices=devices)


def load_one(
    path: Path, name: str | None, address: str, kinds: Kinds = KINDS
) -> DeviceSpec:
    """Read one device of a scenario file, at another address; raise ``ScenarioError``.

    ``name`` is its kind, its name or its address, in either case; None is the file's only device,
    which is a ``BOARD`` unless it says what it is.
    """
    table = _read(path)
    entries = _tables(table, "device") if "device" in table else []
    if name is None:
        if len(entries) != 1:
            raise ScenarioError(
                f"{path}: holds {len(entries)} devices; name one, and this file with --world"
            )
        entries = [{"kind": "BOARD"} | entries[0]]
        name = str(entries[0]["kind"])
    words = ("kind", "name", "address")
    for number, entry in enumerate(entries, 1):
        if name.lower() in {str(entry.get(word, "")).lower() for word in words}:
            moved = entry | {"address": address, "heard_by": {}}
            try:
                return _device(moved, f"device {number}", [], kinds)
            except ScenarioError as err:
                raise ScenarioError(f"{path}: {err}") from None
    known = [str(entry.get("kind")) for entry in entries]
    raise ScenarioError(f"{path}: no device is called {name!r}{_hint(name, known)}")


def _read(path: Path) -> Table:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ScenarioError(f"{path}: there is no such file") from None
    except OSError as err:
        raise ScenarioError(f"{path}: cannot be read ({err.strerror})") from None
    except UnicodeDecodeError:
        raise ScenarioError(f"{path}: is not UTF-8 text; save it as UTF-8") from None
    except tomllib.TOMLDecodeError as err:
        raise ScenarioError(f"{path}: is not valid TOML: {err}") from None


def parse(table: Table, kinds: Kinds) -> Scenario:
    """Build a scenario from its parsed TOML; raise ``ScenarioError`` without a file name."""
    _known(table, TOP_KEYS, "the file")
    seed = _get(table, "seed", int, "the file", 0)
    proxies, adapters = _proxies(table), _adapters(table)
    names = [one.name for one in (*proxies, *adapters)]
    devices: list[DeviceSpec] = []
    taken: set[str] = set()
    for where, entry in _entries(table, names, seed):
        device = _device(entry, where, names, kinds)
        address = device.peripheral.address
        if address in taken:
            raise ScenarioError(
                f"{where}: address {address} is already taken; give it another one"
            )
        taken.add(address)
        devices.append(device)
    return Scenario(
        proxies=proxies,
        adapters=adapters,
        devices=tuple(devices),
        seed=seed,
        time_zone=_time_zone(table),
    )


def _proxies(table: Table) -> tuple[ProxySpec, ...]:
    found: list[ProxySpec] = []
    if "proxy" in table or "adapter" not in table:
        for number, entry in enumerate(_tables(table, "proxy"), 1):
            found.append(_proxy(entry, f"proxy {number}"))
            _unique("name", [one.name for one in found], f"proxy {number}")
            _unique("mac", [one.mac for one in found], f"proxy {number}")
    return tuple(found)


def _adapters(table: Table) -> tuple[AdapterSpec, ...]:
    found: list[AdapterSpec] = []
    if "adapter" in table:
        for number, entry in enumerate(_tables(table, "adapter"), 1):
            found.append(_adapter(entry, f"adapter {number}"))
            _unique("name", [one.name for one in found], f"adapter {number}")
    return tuple(found)


def _adapter(entry: Table, where: str) -> AdapterSpec:
    name = _get(entry, "name", str, where)
    if not ADAPTER.fullmatch(name):
        raise ScenarioError(f"{where}: name {name!r} must be hci0 to hci9")
    _known(entry, ADAPTER_KEYS, f"{where} ({name})")
    slots = _get(entry, "slots", int, where, 5)
    return AdapterSpec(
        name=name,
        mac=_address(entry, "mac", where),
        slots=_within(slots, 0, 16, "slots", where),
    )


def _proxy(entry: Table, where: str) -> ProxySpec:
    name = _get(entry, "name", str, where)
    if not NAME.fullmatch(name):
        raise ScenarioError(
            f"{where}: name {name!r} must be lower-case letters, digits and hyphens"
        )
    where = f"{where} ({name})"
    _known(entry, PROXY_KEYS, where)
    spec = ProxySpec(
        name=name,
        mac=_address(entry, "mac", where),
        port=_within(_get(entry, "port", int, where, 0), 0, 65535, "port", where),
        slots=_within(_get(entry, "slots", int, where, 3), 0, 16, "slots", where),
        key=_noise_key(entry, where),
        connectable=_get(entry, "connectable", bool, where, True),
        always_active=_get(entry, "always_active", bool, where, False),
        connect_time=_get(entry, "connect_time", float, where, 0.15),
        discovery_time=_get(entry, "discovery_time", float, where, 0.1),
        shows=_address(entry, "shows", where) if "shows" in entry else "",
    )
    for key in ("connect_time", "discovery_time"):
        if not 0 <= getattr(spec, key) <= 60:
            raise ScenarioError(f"{where}: {key} must lie between 0 and 60 seconds")
    return spec


def _noise_key(entry: Table, where: str) -> bytes | None:
    if "key" not in entry:
        return None
    try:
        key = base64.b64decode(_get(entry, "key", str, where), validate=True)
    except binascii.Error, ValueError:
        key = b""
    if len(key) != 32:
        raise ScenarioError(f"{where}: key must be 32 bytes in base64 (44 characters)")
    return key


def _entries(
    table: Table, proxies: list[str], seed: int
) -> Iterator[tuple[str, Table]]:
    """Return all devices with their places in the file, those of crowds written out."""
    if "device" in table or "crowd" not in table:
        for number, entry in enumerate(_tables(table, "device"), 1):
            yield f"device {number}", entry
    if "crowd" in table:
        for number, entry in enumerate(_tables(table, "crowd"), 1):
            yield from _crowd(entry, f"crowd {number}", proxies, seed)


def _crowd(
    entry: Table, where: str, proxies: list[str], seed: int
) -> Iterator[tuple[str, Table]]:
    """Write out the devices of a crowd."""
    for key in ("heard_by", "key", "by_hand", "faults"):
        if key in entry:
            raise ScenarioError(f"{where}: {key!r} is for single devices, not crowds")
    start = _get(entry, "address", str, where).upper()
    if not PREFIX.fullmatch(start):
        raise ScenarioError(
            f"{where}: address {start!r} must be a beginning such as A4:C1:38:10"
        )
    free = 6 - len(start.split(":"))
    most = min(LARGEST_CROWD, 256**free)
    count = _within(_get(entry, "count", int, where), 1, most, "count", where)
    near = _get(entry, "proxies", list, where, proxies)
    if not near:
        raise ScenarioError(f"{where}: proxies is empty; leave it out for all of them")
    for name in near:
        if name not in proxies:
            raise ScenarioError(
                f"{where}: proxies names {name!r}, which is no proxy{_hint(str(name), proxies)}"
            )
    reach = _get(entry, "reach", int, where, 1)
    _within(reach, 1, len(near), "reach", where)
    size = _get(entry, "key_bytes", int, where, 0)
    _within(size, 0, 32, "key_bytes", where)
    own = {key: value for key, value in entry.items() if key not in CROWD_KEYS}
    for at in range(count):
        address = ":".join((start, *(f"{byte:02X}" for byte in at.to_bytes(free))))
        rng = Random(f"{seed} {address}")
        heard = {
            near[(at + step) % len(near)]: rng.randint(FARTHEST, NEAREST)
            for step in range(reach)
        }
        device = own | {"kind": entry.get("kind"), "address": address}
        if size:
            device["key"] = rng.randbytes(size).hex()
        yield f"{where}, device {at + 1}", device | {"heard_by": heard}


def _device(entry: Table, where: str, proxies: list[str], kinds: Kinds) -> DeviceSpec:
    address = _address(entry, "address", where)
    where = f"{where} ({address})"
    kind = _get(entry, "kind", str, where)
    if kind not in kinds:
        raise ScenarioError(f"{where}: unknown kind {kind!r}{_hint(kind, list(kinds))}")
    heard_by = _heard_by(entry, proxies, where)
    category = _get(entry, "category", str, where, "")
    if category not in {*CATEGORIES, ""}:
        raise ScenarioError(f"{where}: category must be one of {', '.join(CATEGORIES)}")
    faults = Faults()
    try:
        faults.update(_get(entry, "faults", dict, where, {}))
    except ValueError as err:
        raise ScenarioError(f"{where}: {err}") from None
    peripheral = _build(
        kinds[kind], kind, {k: v for k, v in entry.items() if k not in OWN_KEYS}, where
    )
    return DeviceSpec(
        kind=kind,
        peripheral=peripheral,
        heard_by=heard_by,
        faults=faults,
        category=category or _category(peripheral),
        family=_get(entry, "family", str, where, "")
        or getattr(peripheral, "family", None),
        foreign=_get(entry, "foreign", bool, where, False),
        by_hand=_get(entry, "by_hand", bool, where, False),
        activate=_get(entry, "activate", bool, where, False),
        key=_get(entry, "key", str, where, "") or None,
        password=_get(entry, "password", str, where, "") or None,
        steps=_steps(entry, where),
        expect=_get(entry, "expect", dict, where, {}),
        bank=_bank(entry, where),
    )


def _bank(entry: Table, where: str) -> Table:
    bank: Table = _get(entry, "bank", dict, where, {})
    _known(bank, BANK_KEYS, f"{where}: bank")
    return bank


def _steps(entry: Table, where: str) -> tuple[Table, ...]:
    steps = _get(entry, "steps", list, where, [])
    for number, step in enumerate(steps, 1):
        place = f"{where}: step {number}"
        if not isinstance(step, dict) or len(step) != 1:
            raise ScenarioError(
                f"{place} must be a table with one of {', '.join(STEPS)}"
            )
        _known(step, tuple(STEPS), place)
        for word in step:
            _get(step, word, STEPS[word], place)
        try:
            Faults().update(step.get("fault", {}))
        except ValueError as err:
            raise ScenarioError(f"{place}: {err}") from None
    return tuple(steps)


def _time_zone(table: Table) -> str:
    name = _get(table, "time_zone", str, "the file", "")
    if name and name not in available_timezones():
        raise ScenarioError(f"the file: time_zone {name!r} is none")
    return name


def _build(
    build: Callable[..., Peripheral], kind: str, params: Table, where: str
) -> Peripheral:
    signature = inspect.signature(build)
    known = [
        one.name
        for one in signature.parameters.values()
        if one.kind is not inspect.Parameter.VAR_KEYWORD
    ]
    if len(known) == len(signature.parameters):
        for key in params:
            if key not in known:
                raise ScenarioError(
                    f"{where}: kind {kind} has no {key!r}{_hint(key, known)}"
                )
    try:
        signature.bind(**params)
        return build(**params)
    except KeyError as err:
        raise ScenarioError(f"{where}: kind {kind} misses {err}") from None
    except (TypeError, ValueError, AttributeError, IndexError, OverflowError) as err:
        raise ScenarioError(
            f"{where}: kind {kind}: {' '.join(str(err).split())}"
        ) from None


def _category(peripheral: Peripheral) -> str:
    own = getattr(peripheral, "category", None)
    if own in CATEGORIES:
        return str(own)
    return "battery" if peripheral.connectable and peripheral.services else "sensor"


def _heard_by(entry: Table, proxies: list[str], where: str) -> dict[str, int]:
    heard = _get(entry, "heard_by", dict, where)
    for name in heard:
        if name not in proxies:
            raise ScenarioError(
                f"{where}: heard_by names {name!r}, which is no proxy{_hint(name, proxies)}"
            )
        _within(
            _get(heard, name, int, f"{where}: heard_by"),
            -127,
            20,
            f"heard_by {name} in dBm",
            where,
        )
    return dict(heard)


def _tables(table: Table, key: str) -> list[Table]:
    entries = table.get(key)
    if entries is None:
        raise ScenarioError(f"has no [[{key}]]; add at least one")
    if (
        not isinstance(entries, list)
        or not entries
        or not all(isinstance(one, dict) for one in entries)
    ):
        raise ScenarioError(f"{key} must be written as [[{key}]] tables")
    return entries


def _get[T](
    entry: Mapping[str, object],
    key: str,
    kind: type[T],
    where: str,
    default: T | None = None,
) -> T:
    if key not in entry:
        if default is not None:
            return default
        raise ScenarioError(
            f"{where}: {key!r} is missing; add {key} = {TYPE_NAMES[kind]}"
        )
    value = entry[key]
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ScenarioError(
            f"{where}: {key!r} must be {TYPE_NAMES[kind]}, not {value!r}"
        )
    return value


def _address(entry: Table, key: str, where: str) -> str:
    value = _get(entry, key, str, where).upper()
    if not ADDRESS.fullmatch(value):
        raise ScenarioError(
            f"{where}: {key} {value!r} must look like A4:C1:38:00:00:01"
        )
    entry[key] = value
    return value


def _within(value: int, low: int, high: int, what: str, where: str) -> int:
    if not low <= value <= high:
        raise ScenarioError(
            f"{where}: {what} must lie between {low} and {high}, not {value}"
        )
    return value


def _known(entry: Table, keys: tuple[str, ...], where: str) -> None:
    for key in entry:
        if key not in keys:
            raise ScenarioError(f"{where}: unknown key {key!r}{_hint(key, list(keys))}")


def _unique(what: str, values: list[str], where: str) -> None:
    if values[-1] in values[:-1]:
        raise ScenarioError(
            f"{where}: {what} {values[-1]} is already taken; give it another one"
        )


def _hint(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word, known, 1, 0.6)
    return (
        f"; did you mean {close[0]!r}?"
        if close
        else f"; known: {', '.join(sorted(known))}"
    )
