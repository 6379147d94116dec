"""Each text that the code asks for exists, no text is left over, and Home Assistant accepts all."""

import ast
from collections.abc import Iterator, Mapping
import json
import re
from typing import Any

import pytest
import yaml

from custom_components.mi_bms import meters, quantities
from custom_components.mi_bms.actions import air as air_actions
from custom_components.mi_bms.actions.table import ACTIONS
from custom_components.mi_bms.banks import repairs as bank_repairs
from custom_components.mi_bms.batteries import (
    alarms,
    commanding,
    conditions,
    control_entities,
    control_repairs,
    farewell,
    link_entities,
    repairs as issues,
    returning,
    triggers as battery_triggers,
)
from custom_components.mi_bms.batteries.audit import Happening
from custom_components.mi_bms.config_flow import MiBmsConfigFlow
from custom_components.mi_bms.dashboard.parts import METERS, Fault, Part
from custom_components.mi_bms.dashboard.source import Mistake
from custom_components.mi_bms.dashboard.standing import Ending
from custom_components.mi_bms.flow.bank_options import BankOptions
from custom_components.mi_bms.flow.battery_options import BatteryOptions
from custom_components.mi_bms.keys import storage
from custom_components.mi_bms.keys.pairing import ASLEEP, UNREACHABLE, WAITING
from custom_components.mi_bms.outputs.entities import OUTPUT_SENSORS
from custom_components.mi_bms.outputs.file import DISK_FULL, NOT_WRITABLE
from custom_components.mi_bms.outputs.options import PLACES
from custom_components.mi_bms.proto.activation.contract import ErrorCode, Stage
from custom_components.mi_bms.proto.activation.devices import Preparation, Way
from custom_components.mi_bms.proto.bank.absence import Absence
from custom_components.mi_bms.proto.bank.wiring import Misfit, Wiring
from custom_components.mi_bms.proto.bms.alarms import Alarm
from custom_components.mi_bms.proto.bms.control import HOLDS, Confidence, Effect, Target
from custom_components.mi_bms.proto.control.command import Issuer
from custom_components.mi_bms.proto.control.refusal import SwitchRefusal
from custom_components.mi_bms.proto.gatt.operations import Do
from custom_components.mi_bms.proto.keys.contract import Refusal
from custom_components.mi_bms.proto.keys.preview import Change, Fit
from custom_components.mi_bms.proto.mibeacon.devices import DEVICES, EVENT_TYPES, KINDS
from custom_components.mi_bms.proto.mibeacon.spec import ProductKind
from custom_components.mi_bms.proto.model.rows import STEPS, Detail
from custom_components.mi_bms.proto.model.sample import Place
from custom_components.mi_bms.proto.model.smoothing import Smoothing
from custom_components.mi_bms.proto.scheduler.diagnosis import (
    Cause,
    Facts,
    Remedy,
    diagnose,
)
from custom_components.mi_bms.proto.scheduler.link_state import LinkState
from custom_components.mi_bms.proto.takeover.model import Fate, Recipe, Statistic, Why
from custom_components.mi_bms.proto.takeover.peers import PEERS
from custom_components.mi_bms.quantities import NOT_PAIRED
from custom_components.mi_bms.sensors import (
    capture_button,
    derived,
    device as sensor_device,
    event_words,
    gatt_entities as active_entities,
    key_watch,
    options as sensor_options,
    triggers as sensor_triggers,
    waiting,
)
from custom_components.mi_bms.sensors.events import SensorEvent
from custom_components.mi_bms.takeover import repairs as moves
from custom_components.mi_bms.window import entities as window_entities
from homeassistant.components.sensor import SensorDeviceClass

from .repo import (
    INTEGRATION,
    PROTO,
    argument,
    calls,
    load,
    nodes,
    same,
    text,
    together,
    translations,
    tree,
)

TEXTS = translations()
ICONS = load(INTEGRATION / "icons.json")
# The steps of the config flow stand in several modules, by what they are about.
FLOW = ast.Module(
    [
        node
        for path in (
            INTEGRATION / "config_flow.py",
            INTEGRATION / "keys" / "cloud.py",
            *(
                path
                for path in sorted(INTEGRATION.joinpath("flow").glob("*.py"))
                if not path.stem.endswith("options")
            ),
        )
        for node in tree(path).body
    ],
    [],
)
# Aborts that Home Assistant's own helpers end with.
HELPERS = {
    "_abort_if_unique_id_configured": {"already_configured"},
    "async_set_unique_id": {"already_in_progress"},
    "async_update_reload_and_abort": {"change_kept"},
}
PLACEHOLDER = re.compile(r"\{(\w+)\}")


# Methods that show the step that they are given first.
SHOWING = (
    "_ask_how",
    "_async_ask_place",
    "_async_show_preview",
    "_async_confirm",
)

# The options of a sensor live in a module of their own.
SENSOR_OPTIONS = tree(INTEGRATION / "flow" / "sensor_options.py")
OUTPUT_OPTIONS = tree(INTEGRATION / "flow" / "output_options.py")
BATTERY_OPTIONS = tree(INTEGRATION / "flow" / "battery_options.py")
BANK_OPTIONS = tree(INTEGRATION / "flow" / "bank_options.py")
ENERGY_OPTIONS = tree(INTEGRATION / "flow" / "energy_options.py")
SWITCHING_OPTIONS = tree(INTEGRATION / "flow" / "switching_options.py")
WINDOW_OPTIONS = tree(INTEGRATION / "flow" / "window_options.py")
SENSOR_STEPS = {
    text(argument(call, "step_id"))
    for call in calls(SENSOR_OPTIONS, "async_show_form", "async_show_menu")
}

# Why a sensor tells nothing new, as cards say it.
STANDINGS = {"starting", "unreachable", "old", "no_key", "not_paired"}
# Words that texts are put together from.
WORDS = {
    "change": set(Change),
    "fit": set(Fit),
    "heard": {"silent"},
    "key": {"loose"},
    "key_why": {"encrypts", "unknown", "not_paired", "missing", "no_longer", "change"},
    "key_pairing": {"no_receiver"},
    "key_outcome": {"taken", "peer_key"},
    "key_repair": {"import_keys"},
    "line": {"later", "left", "line", "more"},
    "export": {"used", "too_big", "left_out"},
    "pair_list": {"some", "none", "filter", "filtered", "ago"},
    "cloud": {"second_factor"},
    "refusal": set(Refusal),
    "often": {"minute", "ten_minutes", "day", "on_use", "unknown"},
    "preparation": set(Preparation),
    "pair_way": set(Way),
    "product": {*ProductKind, "battery", "numbered"},
    "pair_signal": {"near", "weak", "silent"},
    "cause": set(Cause),
    "remedy": set(Remedy),
    "doubt": {"unsure", "shared_module"},
    "pace": {"unknown", "fits", "raised"},
    "rows": {"unknown", "known", "about"},
    "learned": {"unknown", "known"},
    "pair_failure": set(ErrorCode) | {UNREACHABLE, ASLEEP, "not_heard", "no_slot"},
    "air_do": set(Do),
    "nearby": {"not_added", "keyed", "added", "none_added"},
    "energy_line": {
        *(f"stat_energy_{way}" for way in ("from", "to")),
        *(f"stat_rate{way}" for way in ("", "_inverted", "_from", "_to")),
        *("stat_soc", "capacity", "name"),
    },
    "energy_note": set(Part) - set(METERS),
    "energy_fault": {f"{meters}{one}" for one in Fault for meters in ("", "meters_")},
    "energy_mistake": set(Mistake),
    "battery_read": {"cells", "nothing"},
    "energy_twice": {"note"},
    "joint": {"list", "sentences", "decimals"},
    "summary": {"title", "battery", "measures", "now"},
    "takeover_fate": set(Fate),
    "takeover_why": set(Why),
    "takeover_statistic": set(Statistic),
    "takeover_preview": {
        *(
            "count",
            "values",
            "statistics",
            "changed",
            "more",
            "added",
            "uses",
            "by_device",
        ),
        *("triggers", "trigger", "trigger_gone", "word", "events", "attributes"),
        *("home", "own", "own_stays", "shared"),
    },
    "switching_offer": {*Confidence, "proven_none"},
    commanding.TARGETS: set(Target),
    "switching_reason": set(SwitchRefusal),
    "switching_log": {
        *(f"command_{one}{timed}" for one in ("on", "off") for timed in ("", "_for")),
        *(f"by_{one}" for one in (Issuer.WINDOW, Issuer.RETURN)),
        *(f"confirmed_{one}" for one in ("on", "off", "alarm")),
        *(f"outcome_{one}" for one in Effect if one is not Effect.CONFIRMED),
        *({*Happening} - {Happening.COMMAND, Happening.OUTCOME}),
        "command_alarm",
    },
    "takeover_flow": {
        *(
            "has",
            "may_have",
            "has_both",
            "say_same",
            "came_from",
            "moved",
            "moved_off",
            "moved_whole",
        ),
        *("entry_goes", "entry_stays", "holds", "line", "guess", "twice", "counts"),
        *("cannot", "all_moved", "none_moved", "no_entity", "no_key", "no_family"),
        *("failed", "stopped", "broken", "not_stored"),
        *("stopped_peer_gone", "stopped_not_unloaded"),
    },
    "takeover_end": {
        *("own" if one.recipe is Recipe.OWN else one.domain for one in PEERS.values()),
    },
    "takeover_refusal": {
        text(call.args[0])
        for path in INTEGRATION.joinpath("takeover").glob("*.py")
        for call in calls(tree(path), "Refused")
    },
    "switching_no": {"unknown_command", "not_allowed", "password", "status"},
    "bank": {"name", "pack", "apart", "reason"},
    "absence": {*Absence, "all"},
    "dashboard": {"title", "made", "by_hand"},
    "reception": {"unheard", "weak", "lost", "area", "near"},
    "sensor_cause": STANDINGS,
    "sensor_remedy": STANDINGS,
    "figure": {"current", "voltage", "cycle_charge"},
    "not_added": {
        "cannot_connect",
        "no_answer",
        "invalid_reply",
        "invalid_auth",
        "auth_required",
        "pairing_needed",
        "pairing_echo",
        "not_supported",
        "already_configured",
        "already_in_progress",
    },
}
# What steps fill in, apart from what is known of every device.
FILLED = {
    "download": {"mi32cfg", "list", "minutes", "notes"},
    "bank_doubt": {"batteries"},
    "unchecked": {"often"},
    "import_pick": {"lines", "aside", "count", "rest"},
    "there": {"count", "rest"},
    "cloud": {"second_factor"},
    "user": {"count"},
    "found": {"about", "count"},
    "shown": {"path"},
    "shown_with_dashboard": {"path"},
    "is_it": {"told"},
    "confirm": {"about"},
    "known_key": {"about"},
    "nearby": {"count"},
    "nearby_done": {"told", "failed", "keyed", "missing", "rivals", "batteries"},
    "energy": {"batteries"},
    "rivals": {"count"},
    "dashboard": {"told"},
    "pair_prepare": {"way", "preparation", "signal"},
    "pair_done": {"device_id", "token", "key", "mi32_key"},
    "pair_failed": {"reason"},
    "keys_taken": {"added", "updated"},
    "nearby_added": {"told"},
    "nearby_partly": {"told", "failed"},
    "pair_choose": {"found", "filter"},
    "not_added": {"error"},
    "pair_connecting": {"attempt"},
    "key_of_other_device": {"other"},
    "key_length": {"digits", "wanted"},
    "key_ways": {"why", "pairing", "outcome", "count"},
    "nothing_found": {"why"},
    "cloud_bad_address": {"device"},
    "cloud_unknown_device": {"device"},
    "cloud_no_key": {"device"},
    "already_read": {"told"},
    "move_preview": {"preview", "peer", "warning"},
    "nothing_moves": {"preview"},
    "nothing_to_move": {"preview"},
    "standing": {"told", "peer"},
    "give_back": {"peer", "rest"},
    "content": {"how"},
    "take_all": {"count", "twice"},
    "take_all_preview": {"moving", "preview"},
    "one_of_two": {"devices"},
    "move_refused": {"why"},
    "given_back": {"peer"},
    "move_finished": {"how"},
    "moved": {"told"},
    "taken_over": {"told"},
    "taken_partly": {"told", "failed"},
}


# Names of probes: by place, with a number where there are several.
PROBES = {
    f"{place}_temperature{several}"
    for place in set(Place) - {Place.GENERIC}
    for several in ("", "_n")
}
LINKS = {
    row.translation_key
    for row in (
        *link_entities.LINK_SENSORS,
        *meters.METERS.values(),
        control_entities.SWITCHED_BACK,
        window_entities.STATUS,
    )
}
SWITCHES = {
    row.key
    for row in (
        control_entities.ARM,
        *control_entities.TARGET_SWITCHES,
        window_entities.WINDOW,
        window_entities.HOLIDAY,
    )
}
COUNTS = {row.translation_key for row in quantities.PROTECTION_COUNTS.values()}


def part(name: str) -> ast.ClassDef:
    return next(
        node
        for module in (FLOW, BATTERY_OPTIONS)
        for node in nodes(module)
        if isinstance(node, ast.ClassDef) and node.name == name
    )


def literals(node: ast.AST | None) -> set[str]:
    """Return all texts that stand somewhere in a piece of code."""
    if node is None:
        return set()
    return {
        one.value
        for one in ast.walk(node)
        if isinstance(one, ast.Constant) and isinstance(one.value, str)
    }


def shown_steps(flow: ast.AST) -> set[str]:
    """Return the steps that a flow shows; one that is passed on as an argument counts, too."""
    shows = calls(flow, "async_show_form", "async_show_menu", "async_show_progress")
    steps = {text(argument(call, "step_id")) for call in shows}
    steps |= {text(call.args[0]) for call in calls(flow, *SHOWING)}
    return {step for step in steps if step}


def leaves(
    node: Any, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from leaves(value, (*path, key))
    else:
        yield path, node


def event_keys() -> set[str]:
    """Return the sources of events that a device may have."""
    known = (*DEVICES.values(), *KINDS.values())
    # As many numbered buttons as an advert of BTHome can hold.
    numbered = {f"button_{number}" for number in range(1, 11)}
    return {key for spec in known for key in spec.events} | set(EVENT_TYPES) | numbered


class TestFlow:
    """The texts of the flows."""

    @pytest.mark.parametrize(
        ("flow", "texts", "cls"),
        [
            ("MiBmsConfigFlow", TEXTS["config"], MiBmsConfigFlow),
            ("BatteryOptions", TEXTS["options"], BatteryOptions),
        ],
    )
    def test_steps(self, flow: str, texts: dict[str, Any], cls: type) -> None:
        steps = shown_steps(part(flow) if cls is BatteryOptions else FLOW)
        known = steps | (
            SENSOR_STEPS
            | shown_steps(OUTPUT_OPTIONS)
            | shown_steps(ENERGY_OPTIONS)
            | shown_steps(BANK_OPTIONS)
            | shown_steps(SWITCHING_OPTIONS)
            | shown_steps(WINDOW_OPTIONS)
            if texts is TEXTS["options"]
            else set()
        )
        section = "options" if texts is TEXTS["options"] else "config"
        same(texts["step"], known, f"{section}.step")
        # Home Assistant refuses to show a step, even a menu, that has no method of its own.
        missing = [step for step in steps if not hasattr(cls, f"async_step_{step}")]
        assert not missing, f"{cls.__name__} lacks async_step_ methods of {missing}"

    @pytest.mark.parametrize(
        ("flow", "texts", "cls"),
        [
            (FLOW, TEXTS["config"], MiBmsConfigFlow),
            (BATTERY_OPTIONS, TEXTS["options"], BatteryOptions),
            (BANK_OPTIONS, TEXTS["options"], BankOptions),
        ],
    )
    def test_menus(self, flow: ast.Module, texts: dict[str, Any], cls: type) -> None:
        section = "options" if texts is TEXTS["options"] else "config"
        for call in calls(flow, "async_show_menu"):
            if (name := text(argument(call, "step_id"))) is None:
                continue  # what all menus are shown with
            step, where = texts["step"][name], f"{section}.step.{name}"
            # A menu of what is heard is put together, and has no texts of its own.
            options = literals(argument(call, "menu_options"))
            same(step.get("menu_options", ()), options, f"{where}.menu_options")
            told = step.get("menu_option_descriptions", options)
            same(told, options, f"{where}.menu_option_descriptions")
            lost = [one for one in options if not hasattr(cls, f"async_step_{one}")]
            assert not lost, f"{cls.__name__} lacks async_step_ methods of {lost}"

    def test_progress(self) -> None:
        asked = {
            text(argument(call, "progress_action"))
            for call in calls(FLOW, "async_show_progress")
        }
        # A pairing shows its stage.
        asked = asked - {None} | {f"pair_{stage}" for stage in (WAITING, *Stage)}
        same(TEXTS["config"]["progress"], asked, "config.progress")

    def test_aborts(self) -> None:
        asked = {text(argument(call, "reason")) for call in calls(FLOW, "async_abort")}
        for helper, reasons in HELPERS.items():
            if any(calls(FLOW, helper)):
                asked |= reasons
        same(TEXTS["config"]["abort"], asked, "config.abort")

    def test_errors(self) -> None:
        errors = set(TEXTS["config"]["error"])
        faults = {
            f"{place}_{one}" for place, row in PLACES.items() for one in row.faults
        }
        faults |= {f"bank_{one}" for one in Misfit}
        same(errors, errors | faults, "config.error")
        words = literals(FLOW) | faults
        assert errors <= words, (
            f"nobody shows config.error.{sorted(errors - words)}: remove the texts, or have a "
            "step in flow/ name them; those of a place of outputs are made of its row in PLACES"
        )
        table = next(
            node.value
            for node in nodes(FLOW)
            if isinstance(node, ast.AnnAssign)
            and getattr(node.target, "id", "") == "ERRORS"
        )
        same(errors, errors | literals(table), "config.error")
        for node in nodes(FLOW):
            if isinstance(node, ast.Assign) and isinstance(
                node.targets[0], ast.Subscript
            ):
                if getattr(node.targets[0].value, "id", "") == "errors" and text(
                    node.value
                ):
                    same(errors, errors | {text(node.value)}, "config.error")

    def test_each_field_is_explained(self) -> None:
        for flow in ("config", "options"):
            for name, step in TEXTS[flow]["step"].items():
                # A section without texts has the devices' own names as fields.
                for part in (step, *step.get("sections", {}).values()):
                    same(
                        part.get("data_description", ()),
                        part.get("data", ()),
                        f"{flow}.step.{name}.data_description",
                    )

    def test_ends_of_options(self) -> None:
        said = set(TEXTS["options"]["abort"])
        shown = literals(ENERGY_OPTIONS)
        shown |= literals(tree(INTEGRATION / "flow" / "entry_options.py"))
        shown |= literals(SWITCHING_OPTIONS)
        shown |= {f"energy_{one}" for one in Ending}
        assert shown >= said, (
            f"remove these texts of options, nothing shows them: {sorted(said - shown)}"
        )
        lacking = {f"energy_{one}" for one in Ending} - said
        assert not lacking, f"options.abort lacks {sorted(lacking)}"

    def test_selectors(self) -> None:
        shown = {
            name: set(texts["options"])
            for name, texts in TEXTS["selector"].items()
            if "options" in texts
        }
        choices = {"family": {"find_out"}, "qos": shown["qos"]}
        choices |= {"wiring": set(Wiring)}
        choices |= {"switching_what": set(Target), "switching_state": {"on", "off"}}
        choices |= {"recording": set(Detail), "smoothing": set(Smoothing)}
        choices |= {
            row.key: set(row.words)
            for row in (sensor_options.CONTACT, sensor_options.WATER)
        }
        asked = {**WORDS, **choices}
        same(shown, asked, "selector")
        for name, words in asked.items():
            same(shown[name], words, f"selector.{name}.options")


# Functions that make an exception from the rest of its key; what they fill in are their keywords.
MAKERS = {"mistake": "air_", "failure": "air_", "refusal": "", "_trouble": "sensor_"}
UNREACHABLE_TOLD = {"not_heard", "no_slot", "no_connection"}
# What a refused command names beside the battery.
REFUSED = {
    SwitchRefusal.TOO_MANY: {"most", "minutes"},
    SwitchRefusal.UNREACHABLE: {"reason"},
    SwitchRefusal.LOAD_FLOWS: {"load", "limit"},
    SwitchRefusal.CHARGE_PROTECTION: {"alarm"},
    SwitchRefusal.UNDERVOLTAGE: {"alarm"},
    SwitchRefusal.TOO_COLD: {"temperature"},
    SwitchRefusal.POWERS_HOME_TOO_LONG: {"most"},
    SwitchRefusal.OTHER_UNKNOWN: {"other"},
}


def test_exceptions() -> None:
    asked: dict[str, set[str]] = {}
    for path in INTEGRATION.rglob("*.py"):
        if PROTO in path.parents:
            continue
        for node in nodes(tree(path)):
            if isinstance(node, ast.Call) and argument(node, "translation_domain"):
                key = text(argument(node, "translation_key"))
                place = f"{path.parent.name}/{path.stem}"
                made = place in {
                    "batteries/commanding",
                    "actions/errors",
                    "sensors/gatt_errors",
                }
                assert key or made, f"{path.name}: the key must be a constant"
                if key:
                    asked[key] = literals(argument(node, "translation_placeholders"))
        for call in calls(tree(path), *MAKERS):
            if key := text(call.args[0]):
                name = getattr(call.func, "id", "")
                filled = {"code", *(one.arg for one in call.keywords if one.arg)}
                asked[MAKERS[name] + key] = filled
    asked |= {f"air_{reason}": {"code", "address"} for reason in UNREACHABLE_TOLD}
    asked |= {
        f"switch_{refusal}": {"name"} | REFUSED.get(refusal, set())
        for refusal in SwitchRefusal
    }
    asked |= {
        f"switch_{how}": {"name", "what", "reason"}
        for how in ("failed", "rejected", "unknown")
    }
    gatt = PROTO / "gatt"
    for call in calls(tree(gatt / "operations.py"), "OperationFailed", "Impossible"):
        asked[f"air_{text(call.args[2])}"] = {"code", "step", "what"}
    for path in (gatt / "entered.py", INTEGRATION / "actions" / "air.py"):
        for call in calls(tree(path), "Mistaken"):
            asked[f"air_{text(call.args[0])}"] = {"code", "what"}
    same(TEXTS["exceptions"], asked, "exceptions")
    for key, filled in asked.items():
        named = set(PLACEHOLDER.findall(TEXTS["exceptions"][key]["message"]))
        assert named <= filled, (
            f"exceptions.{key}.message names {sorted(named - filled)}, which the code does not "
            "fill in: take it out, or hand it over in translation_placeholders"
        )


class TestEntities:
    """The names, states and icons of entities."""

    def test_keys(self) -> None:
        wanted = {
            "binary_sensor": {
                row.translation_key for row in quantities.BINARY_SENSORS.values()
            }
            | {quantities.CELL_BALANCING.translation_key},
            "sensor": {row.translation_key for row in quantities.SENSORS.values()}
            | {quantities.LOST_PACKETS.translation_key, quantities.KEY.translation_key}
            | {row.translation_key for row in OUTPUT_SENSORS}
            | PROBES
            | LINKS
            | COUNTS,
            "event": event_keys() | {alarms.ALARM.translation_key},
            "button": {
                capture_button.RECORD.translation_key,
                link_entities.REFRESH.translation_key,
                link_entities.RELEASE.translation_key,
                control_entities.CLEAR_ALARM.translation_key,
            }
            | {row.translation_key for row in active_entities.BUTTONS},
            "number": {row.translation_key for row in active_entities.LIMITS},
            "select": {active_entities.UNIT.translation_key},
            "switch": {link_entities.READING.translation_key} | SWITCHES,
            "device_tracker": {derived.HEARD.translation_key},
        }
        same(TEXTS["entity"], wanted, "entity")
        for platform, keys in wanted.items():
            same(TEXTS["entity"][platform], keys, f"entity.{platform}")
        states = TEXTS["entity"]["select"]["temperature_unit"]["state"]
        same(
            states,
            active_entities.UNIT.options or (),
            "entity.select.temperature_unit.state",
        )

    def test_names_are_unique(self) -> None:
        for platform, texts in TEXTS["entity"].items():
            names = [entry["name"] for entry in texts.values()]
            twice = sorted({one for one in names if names.count(one) > 1})
            assert not twice, f"entity.{platform}: give {twice} names of their own"

    def test_states_of_sensors(self) -> None:
        for field, row in quantities.SENSORS.items():
            states = TEXTS["entity"]["sensor"][field].get("state", {})
            same(states, row.options or (), f"entity.sensor.{field}.state")
        states = TEXTS["entity"]["sensor"]["connection"]["state"]
        same(states, LinkState, "entity.sensor.connection.state")

    def test_alarms(self) -> None:
        words = set(Alarm)
        states = TEXTS["entity"]["sensor"]["alarm"]["state"]
        same(states, words | {"none"}, "entity.sensor.alarm.state")
        change = TEXTS["entity"]["event"]["alarm"]["state_attributes"]
        where = "entity.event.alarm.state_attributes.event_type.state"
        same(change["event_type"]["state"], words, where)
        assert set(change[alarms.ATTR_CHANGE]["state"]) == {
            alarms.APPEARED,
            alarms.CLEARED,
        }
        texts = change["event_type"]["state"].values()
        assert len(set(texts)) == len(words), "two alarms have the same text: part them"
        assert {
            f"protection_count_{alarm}" for alarm in Alarm if alarm.severity.is_problem
        } == COUNTS

    def test_what_holds_a_switch_is_called_as_the_alarm(self) -> None:
        alarm = TEXTS["entity"]["sensor"]["alarm"]["state"]
        for row in control_entities.TARGET_SWITCHES:
            texts = TEXTS["entity"]["switch"][row.key]["state_attributes"]
            told = texts.get(control_entities.ATTR_HELD_BY, {"state": {}})["state"]
            holds = HOLDS.get(row.target, frozenset())
            where = f"entity.switch.{row.key}.state_attributes.held_by.state"
            same(told, holds, where)
            assert told == {word: alarm[word] for word in holds}, where

    def test_types_of_events(self) -> None:
        for key, entry in TEXTS["entity"]["event"].items():
            if key == alarms.ALARM.key:
                continue
            base = key.partition("_")[0]
            # Home Assistant has the texts of buttons by itself.
            types = event_words.entity_types(base, EVENT_TYPES[base])
            wanted = set() if base == "button" else set(types)
            states = (
                entry.get("state_attributes", {}).get("event_type", {}).get("state", {})
            )
            same(
                states, wanted, f"entity.event.{key}.state_attributes.event_type.state"
            )

    def test_number_is_filled(self) -> None:
        for _, entry in leaves(TEXTS["entity"]):
            assert set(PLACEHOLDER.findall(entry)) <= {"number", "receiver"}, (
                f"{entry!r}: names of entities have no other placeholder than number and receiver"
            )

    def test_icons(self) -> None:
        # Home Assistant draws volts and amperes as alternating current.
        alternating = SensorDeviceClass.VOLTAGE, SensorDeviceClass.CURRENT
        no_icon = (None, SensorDeviceClass.ENUM, *alternating)
        wanted = {
            "sensor": {
                str(field)
                for field, row in quantities.SENSORS.items()
                if row.device_class in no_icon
            }
            | {quantities.LOST_PACKETS.key, quantities.KEY.key}
            | {row.key for row in OUTPUT_SENSORS}
            | {
                row.key
                for row in (
                    *link_entities.LINK_SENSORS,
                    *meters.METERS.values(),
                    control_entities.SWITCHED_BACK,
                    window_entities.STATUS,
                )
                if row.device_class in no_icon
            }
            | COUNTS,
            "button": {
                capture_button.RECORD.key,
                link_entities.REFRESH.key,
                link_entities.RELEASE.key,
                control_entities.CLEAR_ALARM.key,
            }
            | {row.key for row in active_entities.BUTTONS},
            "select": {active_entities.UNIT.key},
            "switch": {link_entities.READING.key} | SWITCHES,
            "device_tracker": {derived.HEARD.key},
            "binary_sensor": {
                str(field)
                for field, row in quantities.BINARY_SENSORS.items()
                if row.device_class is None
            }
            | {quantities.CELL_BALANCING.translation_key},
            "event": {
                key
                for key in event_keys()
                if key.partition("_")[0] not in ("button", "motion")
            }
            | {alarms.ALARM.key},
        }
        same(ICONS["entity"], wanted, "entity", "icons.json")
        for platform, keys in wanted.items():
            same(ICONS["entity"][platform], keys, f"entity.{platform}", "icons.json")
        for path, icon in leaves(ICONS):
            assert re.fullmatch(r"mdi:[a-z0-9]+(-[a-z0-9]+)*", icon), (
                f"icons.json: {'.'.join(path)} is {icon!r}, make it one of Material Design, mdi:…"
            )

    def test_states_of_icons_exist(self) -> None:
        for platform, icons in ICONS["entity"].items():
            for key, entry in icons.items():
                states = TEXTS["entity"][platform][key].get("state", {})
                flags = platform in {"binary_sensor", "switch"}
                known = {"on", "off"} if flags else set(states)
                known = {"home"} if platform == "device_tracker" else known
                over = sorted(set(entry.get("state", ())) - known)
                assert not over, (
                    f"icons.json: entity.{platform}.{key} has no states {over}"
                )


def test_device_triggers() -> None:
    texts = TEXTS["device_automation"]
    told = texts["trigger_type"]
    same(told, event_words.TRIGGERS, "device_automation.trigger_type")
    same(texts["trigger_subtype"], event_keys(), "device_automation.trigger_subtype")
    lacking = [key for key, value in told.items() if "{subtype}" not in value]
    assert not lacking, f"say {{subtype}} in device_automation.trigger_type.{lacking}"


def test_issues() -> None:
    filled = {
        issues.KEY: {"name", "reason", "reserve", "fewer"},
        control_repairs.KEY: {"name"},
        DISK_FULL: {"name", "path"},
        NOT_WRITABLE: {"name", "path"},
        storage.DAMAGED: {"file"},
        storage.STOPPED: {"count"},
        storage.NEWER: {"file"},
        storage.UNREADABLE: {"file"},
        storage.NOT_STORED: {"file"},
        NOT_PAIRED: {"name"},
        sensor_device.MUTE: {"name", "firmware"},
        bank_repairs.KEY: {"name", "member"},
        key_watch.CLEAR: {"name"},
        returning.KEY: {"name"},
        farewell.KEY: {"name"},
        waiting.ONE_MISSING: {"count", "names"},
        waiting.KEYS_MISSING: {"count", "names"},
        moves.ACTIVE: {"name", "peer", "why"},
        moves.STUB: {"name", "peer", "count", "why"},
        moves.UNFINISHED: {"name", "peer", "why"},
        moves.SILENT: {"name", "peer", "triggers"},
        moves.BOTH: {"count", "devices"},
    }
    same(TEXTS["issues"], filled, "issues")
    for key, texts in TEXTS["issues"].items():
        over = set(PLACEHOLDER.findall(json.dumps(texts))) - filled[key]
        assert not over, (
            f"issues.{key} names {sorted(over)}, which the code does not fill in"
        )


def test_the_doctor_knows_what_his_sentences_name() -> None:
    known = set(diagnose(Facts()).placeholders)
    for group in ("cause", "remedy"):
        for word, value in TEXTS["selector"][group]["options"].items():
            assert set(PLACEHOLDER.findall(value)) <= known, (
                f"selector.{group}.options.{word}: name only {sorted(known)}"
            )
            assert value.endswith("."), (
                f"selector.{group}.options.{word}: end with a point"
            )


def test_services() -> None:
    """All that an action needs is named at once, file by file."""
    text = (INTEGRATION / "services.yaml").read_text()
    names = re.findall(r"^(\w+):", text, re.MULTILINE)
    assert len(set(names)) == len(names), "an action stands twice"
    actions = {one.name for one in ACTIONS}
    fields = {
        f"{one.name}.fields.{key}" for one in ACTIONS for key in one.schema.schema
    }
    described = action_paths(yaml.safe_load(text))
    together(
        lambda: same(described, actions | fields, "", "services.yaml"),
        lambda: same(action_paths(TEXTS["services"]), actions | fields, "services"),
        lambda: same(ICONS["services"], actions, "services", "icons.json"),
    )


def action_paths(actions: Mapping[str, Any]) -> set[str]:
    """Return the paths of actions and of their fields."""
    fields = {
        f"{name}.fields.{key}"
        for name, action in actions.items()
        for key in (action or {}).get("fields", ())
    }
    return {*actions} | fields


@pytest.mark.parametrize(
    ("kind", "classes"),
    [
        ("triggers", {**sensor_triggers.TRIGGERS, **battery_triggers.TRIGGERS}),
        ("conditions", conditions.CONDITIONS),
    ],
)
def test_triggers_and_conditions(kind: str, classes: dict[str, Any]) -> None:
    """What the automation editor shows is what the code takes, with a text and an icon."""
    file = f"{kind}.yaml"
    rows = yaml.safe_load((INTEGRATION / file).read_text())
    same(rows, classes, kind, file)
    same(TEXTS[kind], rows, kind)
    same(ICONS[kind], rows, kind, "icons.json")
    for name, row in rows.items():
        taken = {
            str(key)
            for part, inner in classes[name]._schema.schema.items()
            if part == "options"
            for key in inner
        }
        same(row["fields"], taken, f"{name}.fields", file)
        same(TEXTS[kind][name]["fields"], row["fields"], f"{kind}.{name}.fields")


def test_steps_of_a_talk() -> None:
    services = yaml.safe_load((INTEGRATION / "services.yaml").read_text())
    step = services["talk"]["fields"]["steps"]["selector"]["object"]
    told = TEXTS["selector"]["air_step"]["fields"]
    same(told, step["fields"], "selector.air_step.fields")
    assert set(step["fields"]["do"]["selector"]["select"]["options"]) == set(Do)
    assert {str(one) for one in air_actions._STEP.schema} == set(step["fields"])


def test_names_come_from_translations() -> None:
    assert SensorEvent._attr_has_entity_name
    for path in INTEGRATION.rglob("*.py"):
        for call in calls(tree(path), "_measured", "_flag"):
            assert argument(call, "name") is None
            assert argument(call, "icon") is None


def test_home_assistant_accepts_the_texts() -> None:
    """Mirror what hassfest says of custom integrations."""
    assert set(TEXTS) <= {
        "title",
        "config",
        "options",
        "selector",
        "exceptions",
        "entity",
        "issues",
        "services",
        "device",
        "device_automation",
        "triggers",
        "conditions",
        "common",
    }
    for path, value in leaves(TEXTS):
        where = ".".join(path)
        assert value == value.strip(), f"{where}: take off the blanks at its ends"
        assert value, f"{where}: say something, or remove it"
        assert "  " not in value, f"{where}: one blank is enough"
        assert "://" not in value, (
            f"{where}: no addresses in texts, fill them in by a placeholder"
        )
        assert not re.search(r"<[a-zA-Z/]", value), f"{where}: no HTML"
        assert not re.search(r"'[^']*\{\w+\}[^']*'", value), (
            f"{where}: no quotes around a placeholder, Home Assistant takes them for an escape"
        )
        assert "[%key:" not in value, f"{where}: write the text itself"
        for key in path:
            assert re.fullmatch(r"[a-z0-9]+([-_][a-z0-9]+)*", key), (
                f"{where}: keys are small letters"
            )
        # Sentence case: names of entities and titles have one capital, apart from proper names.
        if path[0] == "entity" and path[-1] == "name":
            rest = re.sub(
                r"\b(PM|UV|NFC|M|MOSFET|Hz|kHz)\b|PM2\.5|PM10|kHz", "", value
            )[1:]
            assert rest == rest.lower(), f"{where}: one capital, at the beginning"


def test_placeholders_of_the_flow() -> None:
    battery = {"name", "address", "rssi", "family", "reason", "att", "about"}
    for path, value in leaves(TEXTS["config"]):
        used = set(PLACEHOLDER.findall(value))
        used -= FILLED.get(path[min(1, len(path) - 1)], set())
        assert used <= battery, (
            f"{'.'.join(path)} of config names {sorted(used - battery)}, which no step fills in: "
            "take it out, or fill it in and list it in FILLED"
        )
        if path[0] == "step" and used & {"family", "reason"}:
            assert path[1] in {
                "battery",
                "family",
                "password",
                "reconfigure",
                "is_it",
            }, path
        assert "about" not in used or path[1] == "battery", path
        assert "att" not in used or path[1] == "pairing_needed", path
    measured = {"pace", "rows"}
    filled = {
        ("step", "init", "description"): measured,
        ("step", "switching", "title"): {"name"},
        ("step", "charge_window", "title"): {"name"},
        ("step", "charge_window", "description"): {"name", "least"},
        ("error", "window_too_close"): {"least"},
        ("step", "switching", "description"): {"offer"},
        (
            *("step", "init", "sections", "sharing"),
            *("data_description", "grace"),
        ): {"usual_grace"},
        ("step", "sensor", "data_description", "timeout"): {"learned"},
        ("step", "energy_in", "title"): {"name"},
        ("step", "energy_in", "description"): {"lines", "notes"},
        ("step", "energy_out", "title"): {"name"},
        ("step", "energy_out", "description"): {"lines", "mistakes"},
        ("abort", "energy_not_possible"): {"name", "why"},
        **{
            ("abort", f"energy_{end}"): {"name"}
            for end in ("there", "refused", "written", "not_there", "taken_out")
        },
    }
    for path, value in leaves(TEXTS["options"]):
        used = set(PLACEHOLDER.findall(value))
        if path[0] == "error" and path[1].endswith("_bounds"):
            word = path[1].removesuffix("_bounds")
            ends = {f"{word}_low", f"{word}_high"}
            if word == "steps":
                ends = {f"{quantity}_high" for quantity in STEPS}
            assert used == ends, f"options.{'.'.join(path)}: say {sorted(ends)}"
        else:
            wanted = filled.get(path, set())
            assert used == wanted, f"options.{'.'.join(path)}: say {sorted(wanted)}"


def test_titles_of_menus_name_nothing() -> None:
    """Home Assistant's frontend fills placeholders into titles of forms, not into those of menus."""
    shown = calls(FLOW, "async_show_menu")
    menus = {text(argument(call, "step_id")) for call in shown} - {None}
    steps = TEXTS["config"]["step"]
    assert menus <= set(steps)
    named = {name for name in menus if name and "{" in steps[name]["title"]}
    assert not named, f"take the placeholders out of the titles of {named}"


def test_what_happens_is_called_otherwise_than_what_is() -> None:
    """A motion sensor has both, on one page."""
    names = {
        platform: {one["name"] for one in texts.values() if "name" in one}
        for platform, texts in TEXTS["entity"].items()
    }
    shown = set().union(*(names[one] for one in names.keys() - {"event"}))
    twice = sorted(names["event"] & shown)
    assert not twice, f"translations/en.json, entity.event: {twice} are values, too"
