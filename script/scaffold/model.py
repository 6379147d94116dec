"""A sensor model: a row in proto/mibeacon/devices.py and a fixture with an encrypted frame."""

import argparse
import re
from typing import Final

from custom_components.mi_bms.proto.mibeacon.devices import DEVICES, HEARD, KINDS
from custom_components.mi_bms.proto.mibeacon.objects import OBJECTS
from custom_components.mi_bms.proto.mibeacon.rows import Values
from custom_components.mi_bms.proto.mibeacon.spec import DeviceSpec, ProductKind
from custom_components.mi_bms.proto.model.fields import Field
from custom_components.mi_bms.proto.model.reading import Reason
from tests.proto.mibeacon.frames import ADDRESS, KEY, obj, sealed

from .source import FIXTURES, INTEGRATION, Mistake, Plan, append, as_json, plain

FILE: Final = INTEGRATION / "proto" / "mibeacon" / "devices.py"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._()/-]{1,39}")
_USUAL: Final = (Field.TEMPERATURE, Field.HUMIDITY, Field.BATTERY)
# Raw numbers that one or the other quantity can truthfully have.
_TRIED: Final = (210, 45, 87, 1, 0)


def options(parser: argparse.ArgumentParser) -> None:
    """Add what a model may be begun with."""
    parser.add_argument("--product", help="the product id that its adverts say, 0xNNNN")
    parser.add_argument(
        "--kind",
        default=ProductKind.THERMOMETER,
        choices=list(ProductKind),
        help="what it is",
    )
    parser.add_argument(
        "--title", default="", help="what its maker calls it, if that says more"
    )
    parser.add_argument("--maker", default="Xiaomi", help="whose it is")
    parser.add_argument(
        "--reports", default=",".join(_USUAL), help="quantities, with commas between"
    )


def plan(asked: argparse.Namespace) -> Plan:
    """Return the row and the fixture of a model."""
    name, product = asked.name, _product(asked.product)
    if not _NAME.fullmatch(name):
        raise Mistake(
            f"{name!r} is no model: 2 to 40 letters and digits, as on the sticker"
        )
    fixture = FIXTURES / "mibeacon" / f"{re.sub(r'[^\w.-]', '_', name)}.json"
    for product_id, spec in (*DEVICES.items(), *KINDS.items()):
        if product_id == product or spec.model.casefold() == name.casefold():
            raise Mistake(_known(product_id, spec))
    if fixture.exists():
        raise Mistake(f"{fixture.name} is there already: add your adverts to it")
    for text in (asked.title, asked.maker):
        if text and not plain(text):
            raise Mistake(f"{text!r} is no name: use plain words")
    fields = [_field(word) for word in asked.reports.split(",")]
    if len({*fields}) < len(fields):
        raise Mistake(f"{asked.reports!r} names a quantity twice: once is enough")
    row = _row(asked, product, fields)
    vector = _vector(name, product, fields)
    return Plan(
        files={
            FILE: append(FILE.read_text(), "_HEARD", row),
            fixture: as_json([vector]),
        },
        fixtures=(fixture,),
        advice="Put what you recorded into the fixture, change the row, then: "
        f"script/replay --accept {fixture.relative_to(FIXTURES.parents[1])}",
    )


def _row(asked: argparse.Namespace, product: int, fields: list[Field]) -> str:
    """Return the row of a model."""
    said = [f'"{asked.name}"', f"ProductKind.{ProductKind(asked.kind).name}"]
    said += [f"Field.{field.name}" for field in fields]
    if asked.title:
        said.append(f'title="{asked.title}"')
    if asked.maker != "Xiaomi":
        said.append(f'manufacturer="{asked.maker}"')
    return f"    0x{product:04X}: device({', '.join(said)},),\n"


def _vector(name: str, product: int, fields: list[Field]) -> dict[str, str | None]:
    """Return an encrypted frame of a model that says all of its fields."""
    frame = sealed(product, b"".join(_object(field) for field in fields))
    return {
        "id": f"made-{name.lower()}-1",
        "source": "made by script/new; a recording tells more",
        "device": name,
        "product_id": f"0x{product:04X}",
        "address": ADDRESS,
        "service_uuid": "0xFE95",
        "service_data": frame.hex(),
        "manufacturer_data": None,
        "bindkey": KEY.hex(),
        "encryption": "v5",
    }


def _product(given: str | None) -> int:
    """Return the product id; without one the highest that is free."""
    if given is None:
        return next(one for one in range(0xFFFE, 0, -1) if one not in DEVICES)
    try:
        product = int(given, 16)
    except ValueError:
        product = -1
    if not 0 < product < 0xFFFF:
        raise Mistake(f"{given!r} is no product id: four digits as in 0x045B")
    return product


def _known(product: int | str, spec: DeviceSpec) -> str:
    """Return what to do with a model that has a row."""
    if not isinstance(product, int):
        return f"{spec.described} has a row already: change it in {FILE.name}"
    what = f"0x{product:04X} is {spec.described}"
    if product in HEARD:
        return f"{what}: change its row in {FILE.name}"
    return (
        f"{what}, whose adverts nobody had heard: move its row in {FILE.name} from _PUBLISHED "
        "to _HEARD, and put what you recorded into its fixture"
    )


def _field(word: str) -> Field:
    try:
        return Field(word.strip())
    except ValueError:
        raise Mistake(
            f"there is no quantity {word.strip()!r}: see proto/model/fields.py, "
            "or begin it with script/new quantity"
        ) from None


def _object(field: Field) -> bytes:
    """Return an object that carries a quantity, with a value that may be true."""
    for object_id, row in OBJECTS.items():
        if row.fields != (field,):
            continue
        for size, decode in row.decode.items():
            for raw in _TRIED:
                data = raw.to_bytes(size, "little") if raw < 256**size else b""
                values: Values = {}
                if data and not isinstance(decode(data, 0, values), Reason) and values:
                    return obj(object_id, data)
    raise Mistake(
        f"no object of proto/mibeacon/objects.py carries {field} alone: begin without it, "
        "then put it into the row and a frame that you recorded into the fixture"
    )
