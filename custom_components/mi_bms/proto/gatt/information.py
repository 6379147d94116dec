"""What a device says of itself in the standard device information service."""

import contextlib
from dataclasses import fields, replace
from typing import Final

from ..bms.contract import Read, Talk
from ..bms.raw import text
from ..bms.uuids import expand
from ..model.errors import PairingNeeded
from ..model.sample import DeviceInfo
from .link import GattLink
from .runner import Runner

# Device information service: characteristic -> field.
_INFO: Final = {
    "2a24": "model",
    "2a25": "serial_number",
    "2a26": "fw_version",
    "2a27": "hw_version",
    "2a28": "sw_version",
    "2a29": "manufacturer",
}


async def read_device_info(link: GattLink) -> DeviceInfo:
    """Return the standard device information (service 180A), as far as the device has it."""
    return await Runner(link, name=expand).run(_info())


def _info() -> Talk[DeviceInfo]:
    found = {}
    for short, name in _INFO.items():
        # One that wants a pairing to be read says nothing of the others.
        with contextlib.suppress(PairingNeeded):
            if (value := (yield Read(short, optional=True))) is not None:
                found[name] = text(value)
    return DeviceInfo(**found)


def merge_info(base: DeviceInfo, better: DeviceInfo) -> DeviceInfo:
    """Return ``base``, replaced by what ``better`` knows."""
    known = {item.name: getattr(better, item.name) for item in fields(better)}
    return replace(
        base, **{name: value for name, value in known.items() if value is not None}
    )
