"""What was found over a connection, as scripts get it."""

from custom_components.mi_bms.proto.gatt.explore import (
    Characteristic,
    Descriptor,
    Service,
)
from custom_components.mi_bms.proto.gatt.operations import Do, Operation
from custom_components.mi_bms.proto.gatt.records import answer, service


def test_a_service_with_what_it_has() -> None:
    level = Characteristic(
        uuid="2a19",
        handle=3,
        name="Battery Level",
        properties=("notify", "read"),
        descriptors=(Descriptor(uuid="2902", handle=4, value=b"\0\0"),),
        value=b"d",
    )
    locked = Characteristic(
        uuid="fff1",
        handle=5,
        name="Vendor",
        properties=("read",),
        descriptors=(Descriptor(uuid="2901", handle=6),),
        refused=True,
    )
    box = Service(
        uuid="180f", handle=2, name="Battery", characteristics=(level, locked)
    )
    assert service(box) == {
        "uuid": "180f",
        "handle": 2,
        "name": "Battery",
        "characteristics": [
            {
                "uuid": "2a19",
                "handle": 3,
                "name": "Battery Level",
                "properties": ["notify", "read"],
                "value": {"data": "64", "text": "d"},
                "refused": False,
                "descriptors": [
                    {
                        "uuid": "2902",
                        "handle": 4,
                        "value": {"data": "0000", "text": None},
                    }
                ],
            },
            {
                "uuid": "fff1",
                "handle": 5,
                "name": "Vendor",
                "properties": ["read"],
                "value": None,
                "refused": True,
                "descriptors": [{"uuid": "2901", "handle": 6, "value": None}],
            },
        ],
    }


def test_what_operations_brought() -> None:
    read = Operation(do=Do.READ, characteristic="2a00")
    assert answer(read, [b"Box\0"]) == {
        "do": "read",
        "characteristic": "2a00",
        "data": "426f7800",
        "text": "Box",
    }
    # Bytes that are no text have none.
    assert answer(read, [b"\xc3\xa4"])["text"] is None
    notify = Operation(do=Do.NOTIFY, characteristic="fff2")
    assert answer(notify, [b"\x01", b"ok"]) == {
        "do": "notify",
        "characteristic": "fff2",
        "messages": [{"data": "01", "text": None}, {"data": "6f6b", "text": "ok"}],
    }
    write = Operation(do=Do.WRITE, characteristic="fff1", data=b"\1")
    assert answer(write, []) == {"do": "write", "characteristic": "fff1"}
