"""The table of sensors."""

from collections.abc import Iterable

from custom_components.mi_bms.proto.active.spec import ACTIVE, Function
from custom_components.mi_bms.proto.mibeacon.devices import DEVICES, KINDS, DeviceSpec
from custom_components.mi_bms.proto.model.fields import Field

from .markdown import NAMES, TEXTS, joined, small, table

# What users read of the kinds of products.
WORDS = TEXTS["selector"]["product"]["options"]
KEY = {"yes": "yes", "no": "no", "unknown": "some"}
SLEEPS = (
    40_000  # s; who may be silent for half a day speaks only when something happens
)


def _by_model() -> dict[str, list[DeviceSpec]]:
    found: dict[str, list[DeviceSpec]] = {}
    for spec in (*(DEVICES[product] for product in sorted(DEVICES)), *KINDS.values()):
        found.setdefault(spec.model, []).append(spec)
    return found


def models() -> int:
    """Count the models of which it is known what they send."""
    return sum(
        any(s.fields or s.events for s in specs) for specs in _by_model().values()
    )


def sensors() -> list[str]:
    """List the sensors, one line per model."""
    rows = [
        (
            model,
            joined(s.title or WORDS[s.kind] for s in specs),
            KEY[specs[0].encrypted],
            "yes" if any(s.sleepy or s.availability >= SLEEPS for s in specs) else "",
            _reports(specs),
            _connected(model),
        )
        for model, specs in sorted(
            _by_model().items(), key=lambda item: item[0].casefold()
        )
    ]
    known = [row for row in rows if row[4]]
    named = joined(row[0] for row in rows if not row[4])
    lines = table(
        ("Model", "Name", "Key", "Sleeps", "Reports", "Active functions"), known
    )
    if named:
        lines += ["", f"Known by name, what they send is not known yet: {named}."]
    return lines


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
    return joined(
        word + "?" * (function in row.doubtful)
        for row in rows
        for function, word in FUNCTIONS.items()
        if function in row.functions
    )


def _reports(specs: Iterable[DeviceSpec]) -> str:
    fields = joined(
        small(_name(field))
        for spec in specs
        for field in spec.fields
        if field not in spec.untrusted
    )
    events = joined(
        small(NAMES["event"][key]["name"]).removesuffix(" event")
        for spec in specs
        for key in spec.events
    )
    return "; ".join(part for part in (fields, events and f"events: {events}") if part)


def _name(field: Field) -> str:
    entry = NAMES["sensor"].get(field) or NAMES["binary_sensor"][field]
    return str(entry["name"])
