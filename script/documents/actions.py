"""The tables of actions."""

from collections.abc import Mapping
from typing import Any, Final

import yaml

from custom_components.mi_bms.actions.table import ACTIONS, Action, Who

from .markdown import INTEGRATION, TEXTS, joined, table

SERVICES: Final[Any] = yaml.safe_load((INTEGRATION / "services.yaml").read_text())


def actions() -> list[str]:
    """List what each action does and takes."""
    rows = []
    for action in ACTIONS:
        texts = TEXTS["services"][action.name]
        fields = (
            _field(name, row or {}, texts["fields"][name])
            for name, row in _fields(action.name).items()
        )
        what = f"**{texts['name']}**: {texts['description']}"
        rows.append((f"`mi_bms.{action.name}`", what, "<br>".join(fields)))
    return table(("Action", "What it does", "Fields"), rows)


def _fields(action: str) -> Mapping[str, Any]:
    """Return the fields of an action; a rule says when it is not described."""
    fields: Mapping[str, Any] = (SERVICES.get(action) or {}).get("fields") or {}
    return fields


def _field(name: str, row: Mapping[str, Any], texts: Mapping[str, str]) -> str:
    """Describe a field: what it means, whether it has to be there, its bounds and its usual value."""
    bounds = (row.get("selector") or {}).get("number") or {}
    said = ["needed"] if row.get("required") else []
    if {"min", "max"} <= bounds.keys():
        unit = bounds.get("unit_of_measurement", "")
        said.append(f"{bounds['min']:g} to {bounds['max']:g} {unit}".rstrip())
    if "default" in row:
        usual = row["default"]
        words = {True: "on", False: "off"}
        said.append(f"usually {words[usual] if isinstance(usual, bool) else usual}")
    remark = f" ({', '.join(said)})" if said else ""
    return f"`{name}`{remark}: {texts['description']}"


def rights() -> list[str]:
    """List who may call which action."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for action in ACTIONS:
        groups.setdefault(_who(action), []).append(f"`mi_bms.{action.name}`")
    rows = [(joined(sorted(names)), *who) for who, names in groups.items()]
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
