"""Who may import whom."""

import ast
from pathlib import Path
import subprocess
import sys

import pytest

from .repo import INTEGRATION, PLATFORMS, PROTO, tree

# Module or folder of proto -> what it may import of ours, as beginnings of dotted names.
PROTO_MAY = {
    "model": ("model",),
    "air": ("model.names", "air"),
    "mibeacon": ("model", "mibeacon"),
    "bms": ("model", "bms"),
    "activation": ("model", "activation"),
    "link": ("model", "link", "bms", "activation"),
    "keys": ("model", "mibeacon", "keys"),
    "publish": ("model", "mibeacon", "publish"),
    "active": (
        "model",
        "active",
        "link.gatt",
        "mibeacon.limits",
        "activation.contract",
        "activation.crypto",
    ),
}
LIBRARIES = {
    "model": set(),
    "air": set(),
    "mibeacon": {"cryptography"},
    "bms": {"cryptography"},
    "activation": {"cryptography"},
    "link": set(),
    "keys": set(),
    "publish": set(),
    "active": set(),
}
LAYER_OF = {
    "transport": ("proto.link", "proto.model", "const"),
    "radios": ("proto.link", "proto.model"),
    "polls": ("radios", "proto.link", "proto.model"),
    "feed": ("proto.model",),
    "line_file": (),
    "outputs": ("feed", "runtime", "stored", "proto", "const"),
    "entry_schema": ("outputs", "stored", "proto", "const"),
    "output_file": ("line_file", "outputs", "const"),
    "output_mqtt": ("outputs", "proto.publish", "const"),
    "output_entry": ("output_file", "output_mqtt", "outputs", "const"),
    "output_entities": ("outputs", "proto.publish", "const"),
    "output_options": ("outputs",),
    "flow_outputs": ("line_file", "output_entry", "outputs", "proto.publish", "const"),
    "stored": ("proto", "const"),
    "runtime": ("feed", "polls", "stored", "proto", "const", "profile"),
    "profile": ("proto.model", "proto.bms.alarms"),
    "options": ("proto", "const"),
    "held_link": ("transport", "proto.model"),
    "heard": ("proto",),
    "words": ("const",),
    "adding": ("heard", "proto.mibeacon.devices", "const"),
    "newcomers": (),
    "keyring": ("door", "adding", "heard", "newcomers", "stored", "proto", "const"),
    "preview": ("adding", "keyring", "heard", "words", "proto", "const"),
    "pairing": ("door", "adding", "keyring", "transport", "proto", "const"),
    "cloud": ("proto.keys.texts", "proto.mibeacon.crypto", "proto.model"),
    "active": (
        "fill",
        "options",
        "runtime",
        "transport",
        "proto",
        "const",
    ),
    "active_errors": ("active", "proto.active", "proto.model", "const"),
    "active_entities": ("active", "active_errors", "adverts", "entity", "proto.active"),
    "fill": ("proto.active", "proto.model", "const"),
    "sensor_actions": (
        "active",
        "active_errors",
        "adverts",
        "behind",
        "proto.active",
        "const",
    ),
    "endings": ("options", "proto.mibeacon.spec", "proto.model"),
    "board": ("proto.model",),
    "key_watch": ("proto.mibeacon", "proto.model", "const"),
    "door": (),
    "repairs": ("adverts", "key_watch", "const"),
    "receivers": ("proto.mibeacon.losses",),
    "unpaired": ("proto.mibeacon.decoder", "proto.model", "const"),
    "recorder": ("proto.mibeacon.capture",),
    "adverts": (
        "board",
        "door",
        "feed",
        "key_watch",
        "receivers",
        "recorder",
        "unpaired",
        "active",
        "endings",
        "runtime",
        "options",
        "keyring",
        "proto",
        "const",
    ),
    "coordinator": (
        "door",
        "feed",
        "adverts",
        "held_link",
        "options",
        "polls",
        "radios",
        "runtime",
        "transport",
        "proto",
        "profile",
        "const",
    ),
    "entity": ("adverts", "coordinator", "profile", "proto.model", "const"),
    "passive": ("adverts", "coordinator", "entity", "proto.model"),
    "export": ("keyring", "words", "proto.keys", "proto.mibeacon.devices", "const"),
    "behind": (),
    "key_actions": ("adverts", "behind", "export", "const"),
    "services": (
        "air_actions",
        "air_listen",
        "battery_actions",
        "key_actions",
        "sensor_actions",
        "const",
    ),
    "air_errors": ("proto.link", "proto.model", "const"),
    "air_records": ("door", "adding", "heard", "keyring", "proto"),
    "air_listen": ("door", "air_errors", "air_records", "proto", "const"),
    "air_talk": (
        "adding",
        "air_errors",
        "runtime",
        "transport",
        "proto.link",
        "proto.model",
        "const",
    ),
    "air_devices": (
        "adverts",
        "behind",
        "sensor",  # whose table says what is shown, and how
        "coordinator",
        "profile",
        "proto.mibeacon",
        "proto.model",
        "const",
    ),
    "air_actions": (
        "air_devices",
        "air_errors",
        "air_listen",
        "air_records",
        "air_talk",
        "proto",
        "const",
    ),
    "doctor": ("radios", "runtime", "words", "proto"),
    "refresh": ("coordinator", "doctor", "const"),
    "battery_actions": ("behind", "coordinator", "refresh", "const"),
    "issues": ("coordinator", "doctor", "proto", "const"),
    "link_entities": ("coordinator", "entity", "refresh", "proto.model"),
    "device_trigger": ("event", "const"),
    # The types of events stand beside the devices that fire them, the words of alarms with batteries.
    **dict.fromkeys(
        PLATFORMS,
        (
            "active_entities",
            "adverts",
            "behind",
            "coordinator",
            "entity",
            "link_entities",
            "output_entities",
            "passive",
            "profile",
            "proto.bms.alarms",
            "proto.model",
            "proto.mibeacon.devices",
            "unpaired",
            "const",
        ),
    ),
    "options_flow": (
        "adverts",  # which follows them
        "options",
        "proto.active.spec",
        "export",
        "heard",
        "keyring",
        "words",
        "proto.mibeacon.devices",
        "proto.model",
        "const",
    ),
    "battery_options": (
        "coordinator",  # which knows what reading takes
        "runtime",
        "words",
        "options",
        "proto.bms.index",
        "proto.model.fields",
        "proto.model.rows",
        "const",
    ),
    "flow_base": ("heard", "proto"),
    "flow_battery": (
        "flow_base",
        "doctor",
        "heard",
        "profile",
        "runtime",
        "transport",
        "proto",
        "const",
        "words",
    ),
    "flow_sensor": (
        "door",
        "flow_base",
        "adding",
        "heard",
        "keyring",
        "words",
        "proto",
        "const",
    ),
    "flow_keys": ("adding", "cloud", "heard", "keyring", "preview", "words", "proto"),
    "flow_pair": ("adding", "heard", "keyring", "pairing", "words", "proto", "const"),
    "flow_nearby": ("adding", "heard", "keyring", "words", "proto.model"),
    "cards": ("heard", "proto.mibeacon.decoder", "const"),
    "config_flow": (
        "battery_options",
        "cards",
        "doctor",
        "flow_battery",
        "flow_keys",
        "flow_nearby",
        "flow_outputs",
        "flow_pair",
        "flow_sensor",
        "heard",
        "options_flow",
        "output_options",
        "outputs",
        "proto",
        "const",
    ),
    "const": (),
}


def ours(path: Path) -> set[str]:
    """Give what a module imports of ours, as dotted names below the integration."""
    package = path.relative_to(INTEGRATION).parent.parts
    names: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1]
            module = (*base, *(node.module.split(".") if node.module else ()))
            names.update(
                ".".join((*module, alias.name)) if not node.module else ".".join(module)
                for alias in node.names
            )
    return names


def others(path: Path) -> set[str]:
    """Give the packages that a module imports by absolute name."""
    names: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            names.add(node.module)
    return {name.partition(".")[0] for name in names}


def allowed(name: str, may: tuple[str, ...]) -> bool:
    return any(name == one or name.startswith(one + ".") for one in may)


@pytest.mark.parametrize("layer", PROTO_MAY)
def test_layers_of_proto(layer: str) -> None:
    for path in sorted((PROTO / layer).rglob("*.py")):
        wrong = [
            name
            for name in ours(path)
            if not allowed(name.removeprefix("proto."), PROTO_MAY[layer])
        ]
        assert not wrong, f"{path.relative_to(PROTO)} imports {wrong}"
        foreign = others(path) - sys.stdlib_module_names - LIBRARIES[layer]
        assert not foreign, f"{path.relative_to(PROTO)} imports {sorted(foreign)}"


def test_link_knows_batteries_only_by_their_contract() -> None:
    for path in (PROTO / "link").glob("*.py"):
        assert not any(
            ".families." in name or ".dialects." in name for name in ours(path)
        )


def test_families_do_not_know_each_other() -> None:
    folder = PROTO / "bms" / "families"
    for path in folder.glob("*.py"):
        wrong = [name for name in ours(path) if name.startswith("proto.bms.families")]
        assert not wrong, (
            f"{path.name} imports {wrong}; what they share belongs to dialects"
        )


@pytest.mark.parametrize("module", LAYER_OF)
def test_layers_of_the_integration(module: str) -> None:
    wrong = [
        name
        for name in ours(INTEGRATION / f"{module}.py")
        if not allowed(name, LAYER_OF[module])
    ]
    assert not wrong, f"{module} imports {wrong}"


def test_only_the_transport_opens_connections() -> None:
    users = {
        path.stem
        for path in INTEGRATION.rglob("*.py")
        if others(path) & {"bleak", "bleak_retry_connector"}
    }
    assert users <= {"transport"}
    # It asks Home Assistant's Bluetooth what its radios do, and touches nothing.
    askers = {
        path.stem for path in INTEGRATION.rglob("*.py") if "habluetooth" in others(path)
    }
    assert askers <= {"radios"}


def test_proto_needs_no_home_assistant() -> None:
    code = (
        "import sys, pkgutil, importlib\n"
        "for name in ('homeassistant', 'bleak', 'habluetooth'): sys.modules[name] = None\n"
        f"sys.path.insert(0, {str(INTEGRATION)!r})\n"
        "import proto\n"
        "for module in pkgutil.walk_packages(proto.__path__, 'proto.'):\n"
        "    importlib.import_module(module.name)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
