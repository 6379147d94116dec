"""What people enter for the actions on the air."""

from typing import Any

import pytest

from custom_components.mi_bms.proto.air.adverts import Filter
from custom_components.mi_bms.proto.gatt.entered import (
    Mistaken,
    address_of,
    filter_of,
    operation_of,
)
from custom_components.mi_bms.proto.gatt.operations import (
    LONGEST_VALUE,
    Code,
    Do,
    Operation,
)
from tests.each import rows

BATTERY = "0000180f-0000-1000-8000-00805f9b34fb"
LEVEL = "00002a19-0000-1000-8000-00805f9b34fb"
SPOKEN = "0000fff2-0000-1000-8000-00805f9b34fb"


def test_an_address() -> None:
    assert address_of({"address": "a4-c1-38-12-34-56"}) == "A4:C1:38:12:34:56"
    with pytest.raises(Mistaken) as info:
        address_of({"address": "x" * 100})
    assert (info.value.reason, info.value.code) == ("bad_address", Code.CONNECTION)
    assert info.value.what == "x" * 40


def test_a_filter() -> None:
    assert filter_of({}) == Filter()
    empty = {"address": "", "name": "", "service": "", "company": ""}
    assert filter_of(empty) == Filter()
    entered = {
        "address": "A4C138123456",
        "name": "LYW",
        "service": "180F",
        "min_rssi": -70,
        "company": "0x004C",
    }
    assert filter_of(entered) == Filter(
        address="A4:C1:38:12:34:56",
        name="LYW",
        service=BATTERY,
        rssi=-70,
        company=0x4C,
    )


@rows(
    ("entered", "reason", "code"),
    [
        ({"service": "battery"}, "bad_uuid", Code.NO_SERVICE),
        ({"company": "Apple"}, "bad_company", Code.CONNECTION),
        ({"company": "10000"}, "bad_company", Code.CONNECTION),
        ({"company": "-1"}, "bad_company", Code.CONNECTION),
    ],
)
def test_filters_that_mean_nothing(
    entered: dict[str, str], reason: str, code: Code
) -> None:
    with pytest.raises(Mistaken) as info:
        filter_of(entered)
    assert (info.value.reason, info.value.code) == (reason, code)
    assert info.value.what == next(iter(entered.values()))


def test_operations() -> None:
    assert operation_of(
        Do.READ, {"characteristic": "2a19", "service": "180f", "data": "no hex"}
    ) == Operation(do=Do.READ, characteristic=LEVEL, service=BATTERY)
    assert operation_of(
        Do.WRITE,
        {"characteristic": "2A19", "data": "0xDD a5:03", "write_to": "?", "seconds": 9},
    ) == Operation(do=Do.WRITE, characteristic=LEVEL, data=b"\xdd\xa5\x03")
    assert operation_of(
        Do.NOTIFY,
        {
            "characteristic": "fff2",
            "write_to": "2a19",
            "data": "",
            "seconds": 9.0,
            "count": 2,
            "response": True,
        },
    ) == Operation(
        do=Do.NOTIFY,
        characteristic=SPOKEN,
        write_to=LEVEL,
        data=b"",
        seconds=9.0,
        count=2,
        response=True,
    )


@rows(
    ("do", "entered", "reason", "code", "what"),
    [
        (Do.WRITE, {}, "nothing_to_write", Code.NOT_WRITTEN, ""),
        (Do.WRITE, {"data": "xy"}, "bad_data", Code.NOT_WRITTEN, ""),
        (
            Do.WRITE,
            {"data": "00" * (2 * LONGEST_VALUE + 1)},
            "too_many_entered",
            Code.NOT_WRITTEN,
            str(LONGEST_VALUE),
        ),
        (
            Do.READ,
            {"characteristic": "?"},
            "bad_uuid",
            Code.NO_CHARACTERISTIC,
            "?",
        ),
        (Do.READ, {"service": "?"}, "bad_uuid", Code.NO_SERVICE, "?"),
        (Do.NOTIFY, {"write_to": "?"}, "bad_uuid", Code.NO_CHARACTERISTIC, "?"),
    ],
)
def test_operations_that_mean_nothing(
    do: Do, entered: dict[str, Any], reason: str, code: Code, what: str
) -> None:
    with pytest.raises(Mistaken) as info:
        operation_of(do, {"characteristic": "2a19", **entered})
    assert (info.value.reason, info.value.code) == (reason, code)
    assert info.value.what == what
