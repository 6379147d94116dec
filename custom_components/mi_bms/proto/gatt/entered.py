"""What people enter to look at the air or to talk to a device: text becomes addresses, UUIDs and bytes.

The keys are those of the actions' fields. What cannot be read is told with the number that scripts go by.
"""

from collections.abc import Mapping
from typing import Any, Final

from ..air.adverts import Filter
from ..air.uuids import parse_uuid
from ..model.address import parse_address
from ..model.errors import MiBmsError
from .operations import LONGEST_VALUE, Code, Do, Operation

_COMPANIES: Final = 0x10000
_TOO_LONG: Final = 4 * LONGEST_VALUE  # characters; longer ones are not looked at
_SHOWN: Final = 40  # characters of what was entered, for a message


class Mistaken(MiBmsError):
    """What was entered cannot be meant: ``reason`` is one short word, ``what`` the beginning of the text."""

    def __init__(self, reason: str, code: Code, what: str = "") -> None:
        """Keep why and what."""
        super().__init__(reason)
        self.reason, self.code, self.what = reason, code, what[:_SHOWN]


def address_of(data: Mapping[str, Any]) -> str:
    """Return the address of a device; raise ``Mistaken`` when it is none."""
    written: str = data["address"]
    if (address := parse_address(written)) is None:
        raise Mistaken("bad_address", Code.CONNECTION, written)
    return address


def filter_of(data: Mapping[str, Any]) -> Filter:
    """Return which adverts are wanted; an empty text is as good as none. Raise ``Mistaken``."""
    return Filter(
        address=address_of(data) if data.get("address") else None,
        name=data.get("name") or None,
        service=_uuid(data.get("service"), Code.NO_SERVICE),
        rssi=data.get("min_rssi"),
        company=_company(data["company"]) if data.get("company") else None,
    )


def operation_of(do: Do, data: Mapping[str, Any]) -> Operation:
    """Return one operation; raise ``Mistaken``."""
    written, notifies = data.get("data"), do is Do.NOTIFY
    payload = None if written is None or do is Do.READ else _bytes(written)
    if do is Do.WRITE and payload is None:
        raise Mistaken("nothing_to_write", Code.NOT_WRITTEN)
    if (uuid := parse_uuid(data["characteristic"])) is None:
        raise Mistaken("bad_uuid", Code.NO_CHARACTERISTIC, data["characteristic"])
    target = data.get("write_to") if notifies else None
    return Operation(
        do=do,
        characteristic=uuid,
        service=_uuid(data.get("service"), Code.NO_SERVICE),
        data=payload,
        write_to=_uuid(target, Code.NO_CHARACTERISTIC),
        response=data.get("response"),
        seconds=data.get("seconds", 0.0) if notifies else 0.0,
        count=data.get("count"),
    )


def _uuid(written: str | None, code: Code) -> str | None:
    if not written:
        return None
    if (uuid := parse_uuid(written)) is None:
        raise Mistaken("bad_uuid", code, written)
    return uuid


def _company(written: str) -> int:
    try:
        number = int(written.lower().removeprefix("0x"), 16)
    except ValueError:
        number = -1
    if not 0 <= number < _COMPANIES:
        raise Mistaken("bad_company", Code.CONNECTION, written)
    return number


def _bytes(written: str) -> bytes:
    plain = written.replace(" ", "").replace(":", "").lower().removeprefix("0x")
    if len(plain) > _TOO_LONG:
        raise Mistaken("too_many_entered", Code.NOT_WRITTEN, str(LONGEST_VALUE))
    try:
        return bytes.fromhex(plain)
    except ValueError:
        raise Mistaken("bad_data", Code.NOT_WRITTEN) from None
