"""Write keys: the file of Tasmota's MI32 driver, and a plain list.

Source of the file's format: the driver's documentation and what devices write.
"""

from collections.abc import Iterable
import json
from typing import Any, Final, NamedTuple

from .contract import KnownSensor
from .texts import name_of

# What the device writes and reads safely; it knows no more sensors than these slots.
DEVICE_BYTES: Final = 2000
DEVICE_SLOTS: Final = 32
ENTRY_BYTES: Final = 200

_FEATURES: Final = "feat"
_LEGACY: Final = 12
_LEGACY_MIDDLE: Final = bytes.fromhex("8d3d3c97")
# Product ids that the driver made up for firmware that has none.
FIRMWARE: Final = {"atc": 0x0A1C, "pvvx": 0x944A, "bthome": 0xB770}


def _product(sensor: KnownSensor) -> int | None:
    return FIRMWARE.get(sensor.firmware or "", sensor.product_id)


def fits_mi32cfg(sensor: KnownSensor) -> bool:
    """Return whether the file can hold a sensor: it needs a product id, and 0 means another thing."""
    return bool(_product(sensor))


class Export(NamedTuple):
    """All keys of the house, in both ways of writing them."""

    mi32cfg: bytes
    plain: str
    too_big: bool  # for the device that reads mi32cfg
    left_out: list[str]  # addresses that mi32cfg cannot hold


def export(sensors: Iterable[KnownSensor]) -> Export:
    """Write sensors in both ways, with what does not go into the file of the device."""
    all_ = list(sensors)
    fitting = [one for one in all_ if fits_mi32cfg(one)]
    file = mi32cfg(fitting)
    return Export(
        mi32cfg=file,
        plain=plain(all_),
        too_big=len(file) > DEVICE_BYTES or len(fitting) > DEVICE_SLOTS,
        left_out=[one.address for one in all_ if not fits_mi32cfg(one)],
    )


def mi32cfg(sensors: Iterable[KnownSensor]) -> bytes:
    """Write the file ``mi32cfg`` byte by byte as the device does, NUL at the end.

    Sensors that do not fit are left out. A key of 12 bytes is written in the 16 that the device
    makes of it. What such a file said of a sensor besides is written again, unless the entry would
    be longer than the device's room for it.
    """
    entries = [_entry(sensor) for sensor in sensors if fits_mi32cfg(sensor)]
    return f"[{','.join(entries)}]\0".encode()


def _entry(sensor: KnownSensor) -> str:
    entry = {
        "MAC": sensor.address.replace(":", "").upper(),
        "PID": f"{_product(sensor):04x}",
        "key": _expanded(sensor.key).hex().upper(),
    }
    short = _dumped(entry)
    extra: dict[str, Any] = json.loads(sensor.extra or "{}")
    # The device writes and takes a name together with the field of features only.
    if _FEATURES in extra and (name := name_of(sensor.name or "")):
        entry["name"] = name
    full = _dumped(entry | extra)
    return full if len(full) <= ENTRY_BYTES else short


def _dumped(entry: dict[str, Any]) -> str:
    return json.dumps(entry, separators=(",", ":"))


def _expanded(key: bytes | None) -> bytes:
    if key is None:
        return b""
    return key[:6] + _LEGACY_MIDDLE + key[6:] if len(key) == _LEGACY else key


def plain(sensors: Iterable[KnownSensor]) -> str:
    """Write one line for each sensor that has a key: address, key, and the name as a comment."""
    return "".join(_line(sensor) for sensor in sensors if sensor.key)


def _line(sensor: KnownSensor) -> str:
    name = name_of(sensor.name or "")
    key = (sensor.key or b"").hex()
    return f"{sensor.address} {key}{f' # {name}' if name else ''}\n"
