"""A battery: a file in proto/bms/families and a fixture with answers whose checksums are right."""

import argparse
from collections.abc import Callable
from fnmatch import fnmatchcase
import json
from keyword import iskeyword
import re
from typing import Any, Final, NamedTuple

from custom_components.mi_bms.proto.bms.checksum import (
    high_low,
    low_high,
    modbus16,
    negated_sum16,
    sum8,
)
from custom_components.mi_bms.proto.bms.dialects import jbd
from custom_components.mi_bms.proto.bms.dialects.modbus import modbus_read
from custom_components.mi_bms.proto.bms.index import INDEX

from .source import (
    FIXTURES,
    INTEGRATION,
    ROOT,
    Mistake,
    Plan,
    as_json,
    formatted,
    plain,
    spaced,
)

FAMILIES: Final = INTEGRATION / "proto" / "bms" / "families"
QUESTIONS: Final = ROOT / "tests" / "proto" / "bms" / "questions.json"
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{1,23}")
_PATTERN: Final = re.compile(r"[A-Za-z0-9 _.#@-]{3,20}\*?")
# 13.30 V, -2.00 A, 87 %
_VALUES: Final = bytes.fromhex("0532ff380057")
_JBD_BASIC: Final = bytes.fromhex("055f00004adf4e2000022d1400000000000023600304010bb1")
_JBD_CELLS: Final = bytes.fromhex("0d6b0d6c0d6a0d6d")

_OWN: Final = '''"""{title}: frames ``AA command length data sum8``, numbers big endian.

Source: made by script/new; name the document, repository or recording that the layout is from.
"""

from typing import Final

from ...model.fields import Field
from ..catalogue import Listing, names
from ..codec import Num
from ..contract import Ask, Family, Wire
from ..framing import LengthFramer, check_sum8, length_at

{listing}

_HEAD: Final = b"\\xaa"
_STATUS: Final = Ask(
    request=b"\\xaa\\x01\\x00\\xab",
    reply=_HEAD + b"\\x01",
    rows=(
        Num(Field.VOLTAGE, 0, ">u2", 0.01),
        Num(Field.CURRENT, 2, ">i2", 0.01),
        Num(Field.BATTERY_LEVEL, 4, ">u2"),
    ),
)

FAMILY: Final = Family(
    wires=(Wire(service="fff0", notify=("fff1",), write="fff2"),),
    framer=lambda _context: LengthFramer((_HEAD,), length_at(2, 4), check_sum8),
    plan=(_STATUS,),
    id="{name}",
    body=3,
    tail=1,
    probe=_STATUS,
    uncertain=True,
)
'''
_MODBUS: Final = '''"""{title}: Modbus RTU device 01, big endian. Protocol: ``dialects/modbus``.

Source: made by script/new; name the document, repository or recording that the registers are from.
"""

from typing import Final

from ...model.fields import Field
from ..catalogue import Listing, names
from ..codec import Num
from ..contract import Wire
from ..dialects.modbus import family, question

{listing}

FAMILY: Final = family(
    "{name}",
    (Wire(service="fff0", notify=("fff1",), write="fff2"),),
    (
        question(
            0x0000,
            3,
            (
                Num(Field.VOLTAGE, 0, ">u2", 0.01),
                Num(Field.CURRENT, 2, ">i2", 0.01),
                Num(Field.BATTERY_LEVEL, 4, ">u2"),
            ),
        ),
    ),
    uncertain=True,
)
'''
_JBD: Final = '''"""{title}: the JBD protocol over another service. Protocol: ``dialects/jbd``.

Source: made by script/new; name the document, repository or recording that this is from.
"""

from typing import Final

from ..catalogue import Listing, names
from ..contract import Wire
from ..dialects import jbd

{listing}

FAMILY: Final = jbd.family(
    "{name}", (Wire(service="fff0", notify=("fff1",), write="fff2"),)
)
'''


def _jbd_answer(register: int, data: bytes) -> bytes:
    core = bytes((0, len(data))) + data
    return bytes((0xDD, register)) + core + high_low(negated_sum16(core)) + b"\x77"


def _own() -> list[tuple[bytes, bytes]]:
    core = b"\xaa\x01" + bytes((len(_VALUES),)) + _VALUES
    return [(b"\xaa\x01\x00\xab", core + bytes((sum8(core),)))]


def _modbus() -> list[tuple[bytes, bytes]]:
    core = b"\x01\x03" + bytes((len(_VALUES),)) + _VALUES
    return [(modbus_read(1, 0x0000, 3), core + low_high(modbus16(core)))]


def _jbd() -> list[tuple[bytes, bytes]]:
    return [
        (jbd.request(jbd.BASIC), _jbd_answer(jbd.BASIC, _JBD_BASIC)),
        (jbd.request(jbd.CELLS), _jbd_answer(jbd.CELLS, _JBD_CELLS)),
    ]


class Dialect(NamedTuple):
    """Hold how a family of a dialect begins: its file, questions with answers, the optional ones."""

    file: str
    talk: Callable[[], list[tuple[bytes, bytes]]]
    optional: slice = slice(0)
    spoiled: int = -1  # place of the byte that a broken checksum has changed


DIALECTS: Final = {
    "own": Dialect(_OWN, _own),
    "modbus": Dialect(_MODBUS, _modbus),
    "jbd": Dialect(_JBD, _jbd, slice(1, None), -2),
}


def options(parser: argparse.ArgumentParser) -> None:
    """Add what a battery may be begun with."""
    parser.add_argument(
        "--dialect", choices=DIALECTS, default="own", help="the protocol"
    )
    parser.add_argument("--title", help="what users read, such as 'Acme battery'")
    parser.add_argument(
        "--advert", help="the name in its adverts, * at the end for any rest"
    )


def plan(asked: argparse.Namespace) -> Plan:
    """Return the file and the fixture of a battery."""
    name, dialect = asked.name, DIALECTS[asked.dialect]
    path, fixture = FAMILIES / f"{name}.py", FIXTURES / "bms" / f"{name}.json"
    if not _NAME.fullmatch(name) or iskeyword(name):
        raise Mistake(
            f"{name!r} is no id: 2 to 24 small letters, digits and _, such as acme_v2"
        )
    if path.exists() or fixture.exists():
        raise Mistake(f"{name} is there already: change families/{name}.py")
    title = _title(asked)
    advert = asked.advert or f"{name.upper().replace('_', '-')}-*"
    if not _PATTERN.fullmatch(advert):
        raise Mistake(
            f"{advert!r} is no name of an advert: three letters or more, * at the end"
        )
    heard = advert.replace("*", "0001")
    if taken := _called(heard):
        raise Mistake(
            f"an advert called {heard} is taken for {taken} already: "
            "give the right name with --advert"
        )
    listing = f'LISTING: Final = Listing(title="{title}", match=names("{advert}"),)'
    text = dialect.file.format(title=title, name=name, listing=listing)
    files = {
        path: formatted(text),
        fixture: as_json(list(vectors(name, heard, dialect)), 1),
    }
    if optional := [asked_.hex() for asked_, _ in dialect.talk()[dialect.optional]]:
        files[QUESTIONS] = _with(name, optional)
    return Plan(
        files=files,
        fixtures=(fixture,),
        advice="Change rows and wires to those of your battery, put what you recorded into the "
        f"fixture, then: script/replay --accept {fixture.relative_to(ROOT)}; script/generate",
    )


def _title(asked: argparse.Namespace) -> str:
    """Return what users read; by itself it is made of the id."""
    title: str = asked.title or f"{asked.name.replace('_', ' ').capitalize()} battery"
    if title.casefold() in {entry.title.casefold() for entry in INDEX.values()}:
        raise Mistake(
            f"a battery is called {title!r} already: give another one with --title"
        )
    if not plain(title):
        raise Mistake(f"{title!r} is no title: use plain words")
    return title


def _called(heard: str) -> str | None:
    """Return the family whose adverts may be called so."""
    return next(
        (
            family_id
            for family_id, entry in INDEX.items()
            for row in entry.match
            if row.name and fnmatchcase(heard, row.name)
        ),
        None,
    )


def _with(name: str, optional: list[str]) -> str:
    """Return the table of questions with those that a sample can do without."""
    table = {**json.loads(QUESTIONS.read_text()), name: {"optional": optional}}
    return as_json(dict(sorted(table.items())), 1)


def vectors(name: str, heard: str, dialect: Dialect) -> list[dict[str, Any]]:
    """Return a reading, one with a wrong checksum, silence, and an advert."""
    talk = dialect.talk()
    (request, answer), *_ = talk
    spoiled = bytearray(answer)
    spoiled[dialect.spoiled] ^= 0xFF

    def vector(what: str, kind: str, **said: Any) -> dict[str, Any]:
        source = "made by script/new; a recording tells more"
        return {
            "id": f"{name}:{what}",
            "family": name,
            "source": source,
            "kind": kind,
            **said,
        }

    exchange = [{"write": one.hex(), "notify": spaced(said)} for one, said in talk]
    broken = [{"write": request.hex(), "notify": spaced(bytes(spoiled))}]
    return [
        vector("values", "decode", exchange=exchange),
        vector("bad_checksum", "error", exchange=broken, expect_error=True),
        vector("silence", "error", exchange=[], expect_error=True),
        vector("advert", "recognise", advertisement={"local_name": heard}, exchange=[]),
    ]
