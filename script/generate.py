"""Write what follows from the tables: the manifest's Bluetooth matchers and the README's tables.

``script/generate`` calls this with the right Python. A table of the README stands between
``<!-- generated: NAME -->`` and ``<!-- end: NAME -->``.
"""

from collections.abc import Callable, Iterable, Mapping
import contextlib
from dataclasses import fields, is_dataclass
from enum import StrEnum
from importlib import import_module
import json
import os
from pathlib import Path
import sys
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from custom_components.mi_bms.actions.table import ACTIONS, Action, Who  # noqa: E402
from custom_components.mi_bms.batteries.alarms import ALARM  # noqa: E402
from custom_components.mi_bms.batteries.link_entities import (  # noqa: E402
    LINK_SENSORS,
    READING,
    REFRESH,
    RELEASE,
)
from custom_components.mi_bms.batteries.options import ROWS as BATTERY_OPTIONS  # noqa: E402
from custom_components.mi_bms.options import Option  # noqa: E402
from custom_components.mi_bms.outputs.options import (  # noqa: E402
    BATTERY,
    FILE,
    ROWS as OUTPUT_OPTIONS,
    TASMOTA,
)
from custom_components.mi_bms.proto.active.spec import ACTIVE, Function  # noqa: E402
from custom_components.mi_bms.proto.bms import matching, registry  # noqa: E402
from custom_components.mi_bms.proto.bms.catalogue import Listing, Match, Secret  # noqa: E402
from custom_components.mi_bms.proto.bms.contract import Family  # noqa: E402
from custom_components.mi_bms.proto.bms.index import INDEX  # noqa: E402
from custom_components.mi_bms.proto.bms.uuids import expand  # noqa: E402
from custom_components.mi_bms.proto.mibeacon.devices import DEVICES, KINDS, DeviceSpec  # noqa: E402
from custom_components.mi_bms.proto.mibeacon.matchers import MATCHERS  # noqa: E402
from custom_components.mi_bms.proto.model.errors import Unsupported  # noqa: E402
from custom_components.mi_bms.proto.model.fields import Field  # noqa: E402
from custom_components.mi_bms.quantities import BINARY_SENSORS, CELL_BALANCING, SENSORS  # noqa: E402
from custom_components.mi_bms.sensors.capture_button import RECORD  # noqa: E402
from custom_components.mi_bms.sensors.gatt_entities import BUTTONS, LIMITS, UNIT  # noqa: E402
from custom_components.mi_bms.sensors.options import ROWS as SENSOR_OPTIONS  # noqa: E402

INTEGRATION = ROOT / "custom_components" / "mi_bms"
MANIFEST = INTEGRATION / "manifest.json"
README = ROOT / "README.md"
FIXTURES = ROOT / "tests" / "fixtures" / "bms"
TEXTS = json.loads((INTEGRATION / "translations" / "en.json").read_text())
NAMES = TEXTS["entity"]

FAMILIES = "custom_components.mi_bms.proto.bms.families"
INDEX_FILE = INTEGRATION / "proto/bms/index.py"
INDEX_HEAD = '''"""All battery families without their decoders; made by script/generate, do not edit.

Change the listing in the family's own file, ``families/<id>.py``, then run ``script/generate``.
"""

from collections.abc import Mapping
from typing import Final

from .catalogue import Listing, Match, Password, Secret

# fmt: off
INDEX: Final[Mapping[str, Listing]] = {
'''

# What a manifest holds beside the matchers, in the order that Home Assistant wants.
HEAD = {"domain": "mi_bms", "name": "Mi BMS"}
REST = {
    # Used only where they are: an output may publish, a memory may fill gaps of statistics.
    "after_dependencies": ["mqtt", "recorder"],
    "codeowners": ["@mi-bms"],
    "config_flow": True,
    "dependencies": ["bluetooth_adapters", "file_upload", "http"],
    "documentation": "https://github.com/mi-bms/mi-bms",
    "integration_type": "device",
    "iot_class": "local_push",
    "issue_tracker": "https://github.com/mi-bms/mi-bms/issues",
    "loggers": ["custom_components.mi_bms"],
    "requirements": [],
}
KEY = {"yes": "yes", "no": "no", "unknown": "some"}
PASSWORD = {Secret.NONE: "", Secret.TEXT: "password, if set", Secret.PIN: "PIN"}


def manifest() -> str:
    """Return the manifest; its version is the only thing kept from the file that is there."""
    found: list[Mapping[str, Any]] = [*MATCHERS, *matching.matchers()]
    matchers = [{key: one[key] for key in sorted(one)} for one in found]
    version = json.loads(MANIFEST.read_text())["version"]
    rest = {**REST, "bluetooth": matchers, "version": version}
    whole = HEAD | {key: rest[key] for key in sorted(rest)}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """Return the lines of a table in Markdown."""
    head = tuple(head)
    lines = (head, ("---",) * len(head), *rows)
    return [
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |"
        for line in lines
    ]


SLEEPS = (
    40_000  # s; who may be silent for half a day speaks only when something happens
)


def sensors() -> list[str]:
    """List the sensors, one line per model."""
    models: dict[str, list[DeviceSpec]] = {}
    for spec in (*(DEVICES[product] for product in sorted(DEVICES)), *KINDS.values()):
        models.setdefault(spec.model, []).append(spec)
    rows = [
        (
            model,
            _joined(s.name for s in specs),
            KEY[specs[0].encrypted],
            "yes" if any(s.sleepy or s.availability >= SLEEPS for s in specs) else "",
            _reports(specs),
            _connected(model),
        )
        for model, specs in sorted(models.items(), key=lambda item: item[0].casefold())
    ]
    known = [row for row in rows if row[4]]
    named = _joined(row[0] for row in rows if not row[4])
    lines = table(
        ("Model", "Name", "Key", "Sleeps", "Reports", "Active functions"), known
    )
    if named:
        lines += ["", f"Known by name, what they send is not known yet: {named}."]
    return lines


def _joined(words: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(words))


# What a model does over a connection, in the words of the README.
FUNCTIONS = {
    Function.BATTERY: "battery",
    Function.FIRMWARE: "firmware",
    Function.LIVE: "live values",
    Function.CLOCK: "clock",
    Function.SET_CLOCK: "set clock",
    Function.UNIT: "unit",
    Function.COMFORT: "comfort limits",
    Function.HISTORY: "memory",
    Function.BLINK: "blink",
}


def _connected(model: str) -> str:
    """Name the active functions of a model; what few have seen work has a question mark."""
    rows = [row for product, row in ACTIVE.items() if DEVICES[product].model == model]
    return _joined(
        word + "?" * (function in row.doubtful)
        for row in rows
        for function, word in FUNCTIONS.items()
        if function in row.functions
    )


def _reports(specs: Iterable[DeviceSpec]) -> str:
    fields = _joined(
        _small(_name(field))
        for spec in specs
        for field in spec.fields
        if field not in spec.untrusted
    )
    events = _joined(
        _small(NAMES["event"][key]["name"]) for spec in specs for key in spec.events
    )
    return "; ".join(part for part in (fields, events and f"events: {events}") if part)


def _name(field: Field) -> str:
    entry = NAMES["sensor"].get(field) or NAMES["binary_sensor"][field]
    return str(entry["name"])


def _small(name: str) -> str:
    """Begin with a small letter, unless the word is an abbreviation."""
    return name if name[:2].isupper() else name[:1].lower() + name[1:]


def batteries() -> list[str]:
    """List the battery families that have a decoder."""
    rows = [
        (
            entry.title,
            ", ".join(entry.brands),
            _looks(entry),
            PASSWORD[entry.password.kind],
            _tested(family),
        )
        for entry, family in _supported()
    ]
    return table(
        ("Type", "Sold as", "Shows up as", "Password", "Tested with answers"), rows
    )


GAPS = {
    matching.Gap.ADDRESS: "only the address tells it from other devices, and Home Assistant cannot look for"
    " addresses",
    matching.Gap.NAME: "the name may begin in more ways than Home Assistant can look for",
}


def not_offered() -> list[str]:
    """List the batteries that do not appear by themselves, or not under each of their names."""
    rows = [
        (
            INDEX[family_id].title,
            f"`{row.name}`" if row.name else _signs(row),
            f"`{row.discover}`" if row.discover else "never",
            GAPS[gap],
        )
        for family_id, row, gap in matching.not_offered()
    ]
    return table(("Type", "Recognised as", "Appears by itself", "Why"), rows)


def _looks(entry: Listing) -> str:
    """Return how the adverts of a family look: names first, then what is told by other signs."""
    if entry.manual:
        return "anything: choose the type by hand, or let it be found out"
    named = _joined(_called(row, entry) for row in entry.match if row.name)
    others = _joined(_signs(row) for row in entry.match if not row.name)
    return "; ".join(part for part in (named, others) if part)


def _called(row: Match, entry: Listing) -> str:
    """Return a name with whose it is, where only some of a family's brands have it."""
    whose = (
        f" ({', '.join(row.brands)})" if 0 < len(row.brands) < len(entry.brands) else ""
    )
    return f"`{row.name}`{whose}"


def _signs(row: Match) -> str:
    """Return what an advert without a certain name has."""
    signs = [f"service `{_short(row.service)}`"] if row.service else []
    signs += [f"service data `{_short(row.service_data)}`"] if row.service_data else []
    if row.mfr:
        signs.append("maker " + " or ".join(f"`{mfr:#06x}`" for mfr in row.mfr))
    if row.ouis:
        signs.append("address " + " or ".join(f"`{oui}…`" for oui in row.ouis))
    if row.own_address:
        signs.append("its own address as data")
    return " with ".join((signs[0], " and ".join(signs[1:]))) if signs[1:] else signs[0]


def _short(uuid: str) -> str:
    """Return the four digits of a UUID that is in the Bluetooth base."""
    return uuid[4:8] if expand(uuid[4:8]) == uuid else uuid


def _tested(family: Family) -> str:
    """Count the answers that the tests replay, and say where no hardware has confirmed the protocol."""
    vectors = json.loads((FIXTURES / f"{family.id}.json").read_text())
    made = sum("synthesised" in vector["source"] for vector in vectors)
    parts = [
        f"{count} {kind}"
        for count, kind in ((len(vectors) - made, "published"), (made, "synthesised"))
        if count
    ]
    if family.uncertain or made == len(vectors):
        parts.append("untested on hardware")
    return ", ".join(parts)


def _supported() -> Iterable[tuple[Listing, Family]]:
    for name, entry in sorted(INDEX.items(), key=lambda item: item[1].title.casefold()):
        with contextlib.suppress(Unsupported):
            yield entry, registry.load(name)


def entities() -> list[str]:
    """List all entities that a device may have."""
    tables = (
        ("binary_sensor", "on/off", (*BINARY_SENSORS.values(), CELL_BALANCING)),
        ("button", "button", (RECORD, REFRESH, RELEASE, *BUTTONS)),
        ("event", "event", (ALARM,)),
        ("number", "setting", LIMITS),
        ("select", "choice", (UNIT,)),
        ("sensor", "value", (*SENSORS.values(), *LINK_SENSORS)),
        ("switch", "switch", (READING,)),
    )
    rows = [
        (
            NAMES[platform][row.translation_key]["name"].replace("{number}", "*n*"),
            kind,
            _unit(row),
            "" if row.entity_registry_enabled_default else "off at first",
        )
        for platform, kind, descriptions in tables
        for row in sorted(
            descriptions, key=lambda row: NAMES[platform][row.translation_key]["name"]
        )
    ]
    return table(("Entity", "Kind", "Unit", "Remark"), rows)


def _unit(row: Any) -> str:
    suggested = getattr(row, "suggested_unit_of_measurement", None)
    return str(suggested or getattr(row, "native_unit_of_measurement", None) or "")


# Step of the options flow -> whose options it has, and which.
FORMS: Mapping[str, tuple[str, tuple[Option, ...]]] = {
    "sensor": ("sensors", SENSOR_OPTIONS),
    "init": ("batteries", BATTERY_OPTIONS),
    **{
        kind: (
            f"outputs: {name}",
            tuple(row for row in OUTPUT_OPTIONS if row.shown(kind)),
        )
        for kind, name in (
            (TASMOTA, "Tasmota"),
            (BATTERY, "batteries"),
            (FILE, "lines of a file"),
        )
    },
}


def options() -> list[str]:
    """List what can be set for sensors, batteries and outputs."""
    rows = [
        (
            whose,
            _option_texts(step, row)["data"][row.key],
            _option_texts(step, row)["data_description"][row.key],
            _values(row),
            _usually(row),
        )
        for step, (whose, options) in FORMS.items()
        for row in options
    ]
    return table(("Of", "Option", "Meaning", "Values", "Usually"), rows)


def _option_texts(step: str, row: Option) -> Any:
    texts = TEXTS["options"]["step"][step]
    return texts["sections"][row.section] if row.section else texts


def _words(row: Option) -> Mapping[str, str]:
    words: Mapping[str, str] = TEXTS["selector"][row.key]["options"]
    return words


def _values(row: Option) -> str:
    if row.words:
        return "; ".join(_words(row)[word] for word in row.words)
    if row.bounds is None:
        return "on, off"
    return f"{row.bounds.low:g} to {row.bounds.high:g} {row.unit or ''}".rstrip()


def _usually(row: Option) -> str:
    if row.words:
        return _words(row)[row.default]
    if row.bounds is None:
        return "on" if row.default else "off"
    return f"{row.default:g}"


def rights() -> list[str]:
    """List who may call which action."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for action in ACTIONS:
        groups.setdefault(_who(action), []).append(f"`mi_bms.{action.name}`")
    rows = [(_joined(sorted(names)), *who) for who, names in groups.items()]
    head = ("Action", "Administrators", "Users", "Automations", "Read-only users")
    return table(head, rows)


def _who(action: Action) -> tuple[str, ...]:
    """Say who may call an action; it tells keys never, always, or only where it says that it does."""
    keys = action.tells_keys
    without = not keys({"disguise": True})
    always = "yes" if without else "with `confirm`"
    sometimes = without and keys({"disguise": False})
    but = ", without `disguise` only with `confirm`" if sometimes else ""
    automations = always + (", never without `disguise`" if sometimes else "")
    users = "for devices that they may control" if action.who is Who.USERS else "no"
    return always + but, users, automations if without else "no", "no"


TABLES: Mapping[str, Callable[[], list[str]]] = {
    "sensors": sensors,
    "batteries": batteries,
    "not offered": not_offered,
    "entities": entities,
    "options": options,
    "rights": rights,
}


def readme() -> str:
    """Return the README with its tables made anew."""
    text = README.read_text()
    for name, make in TABLES.items():
        begin, end = f"<!-- generated: {name} -->\n", f"<!-- end: {name} -->"
        before, found, rest = text.partition(begin)
        _, found_end, after = rest.partition(end)
        if not (found and found_end):
            raise SystemExit(f"README.md: the marks of the table {name} are missing")
        try:
            lines = make()
        except KeyError as err:
            raise SystemExit(
                f"README.md: for the table {name} translations/en.json lacks {err}"
            ) from None
        text = before + begin + "\n".join(lines) + "\n" + end + after
    return text


def stale() -> dict[Path, str]:
    """Return each file whose content is not what the tables say, with what it should be."""
    return {
        path: wanted
        for path, wanted in ((MANIFEST, manifest()), (README, readme()))
        if path.read_text() != wanted
    }


def listings() -> dict[str, Listing]:
    """Return the listing that stands in each family's file, in the order of asking."""
    found = {
        path.stem: import_module(f"{FAMILIES}.{path.stem}").LISTING
        for path in sorted((INTEGRATION / "proto/bms/families").glob("[a-z]*.py"))
    }
    return dict(sorted(found.items(), key=lambda item: (item[1].order, item[0])))


def _made(row: object) -> str:
    """Return a row of a table as code, without what is as usual."""
    said = []
    for one in fields(row):  # type: ignore[arg-type]
        value = getattr(row, one.name)
        usual = one.default_factory() if callable(one.default_factory) else one.default
        if value != usual:
            said.append(f"{one.name}={_code(value)}")
    return f"{type(row).__name__}({', '.join(said)})"


def _code(value: object) -> str:
    if isinstance(value, tuple):
        return "(" + "".join(f"{_code(one)}, " for one in value).rstrip() + ")"
    if isinstance(value, StrEnum):
        return f"{type(value).__name__}.{value.name}"
    return _made(value) if is_dataclass(value) else repr(value)


def index() -> str:
    """Return the module that lists all families without their decoders."""
    rows = "".join(f"    {name!r}: {_made(row)},\n" for name, row in listings().items())
    return INDEX_HEAD + rows + "}\n"


def main(arguments: list[str]) -> int:
    """Run the command line."""
    if arguments not in ([], ["--check"]):
        print("usage: script/generate [--check]", file=sys.stderr)
        return 2
    files = {INDEX_FILE: made} if (made := index()) != INDEX_FILE.read_text() else {}
    if files and not arguments:
        INDEX_FILE.write_text(made)
        # All other tables are made from it.
        os.execv(sys.executable, [sys.executable, __file__])  # noqa: S606
    files |= stale()
    for path, wanted in files.items():
        name = path.relative_to(ROOT)
        if arguments:
            print(f"{name} is stale: run script/generate")
        else:
            path.write_text(wanted)
            print(f"{name} written")
    return 1 if arguments and files else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
