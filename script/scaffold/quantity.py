"""A quantity: a member of Field, the row that shows it, its name and its icon."""

import argparse
from collections.abc import Mapping
import json
from math import inf
import re
from typing import Any, Final

from custom_components.mi_bms.proto.model.fields import Field

from .source import INTEGRATION, Mistake, Plan, append, as_json, formatted, plain

FIELDS: Final = INTEGRATION / "proto" / "model" / "fields.py"
ROWS: Final = INTEGRATION / "quantities.py"
TEXTS: Final = INTEGRATION / "translations" / "en.json"
ICONS: Final = INTEGRATION / "icons.json"
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{1,39}")


def options(parser: argparse.ArgumentParser) -> None:
    """Add what a quantity may be begun with."""
    parser.add_argument(
        "--unit", help="its unit, such as V or μg/m³; without one it is a count"
    )
    parser.add_argument("--flag", action="store_true", help="it is on or off")
    parser.add_argument("--limits", help="what sensors can measure, such as 0,100")
    parser.add_argument("--title", help="what users read, in sentence case")
    parser.add_argument("--icon", help="an icon, such as mdi:gauge")


def plan(asked: argparse.Namespace) -> Plan:
    """Return the member, the row and the texts of a quantity."""
    # Home Assistant writes the Greek letter; keyboards have the sign that looks like it.
    name, unit = asked.name, (asked.unit or "").replace("\N{MICRO SIGN}", "μ")
    if not _NAME.fullmatch(name):
        raise Mistake(
            f"{name!r} is no quantity: small letters, digits and _, such as wind_speed"
        )
    if name in set(Field):
        raise Mistake(f"{name} is there already: use Field.{name.upper()}")
    limits = _limits(asked.limits)
    if asked.flag and (unit or limits):
        raise Mistake(
            "what is on or off has no unit and no limits: leave them out, or --flag"
        )
    if unit and (not unit.isprintable() or len(unit) > 20 or set(unit) & set('"\\')):
        raise Mistake(
            f"{unit!r} is no unit: 20 characters at most, as Home Assistant writes it"
        )
    icon = asked.icon or (
        "mdi:checkbox-marked-circle-outline" if asked.flag else "mdi:gauge"
    )
    if not re.fullmatch(r"mdi:[a-z0-9]+(-[a-z0-9]+)*", icon):
        raise Mistake(f"{icon!r} is no icon: one of Material Design, such as mdi:gauge")
    platform = "binary_sensor" if asked.flag else "sensor"
    texts, icons = json.loads(TEXTS.read_text()), json.loads(ICONS.read_text())
    title = _title(asked, texts["entity"][platform])
    texts["entity"][platform][name] = {"name": title}
    icons["entity"][platform][name] = {"default": icon}
    return Plan(
        files={
            FIELDS: _member(name, unit, limits, flag=asked.flag),
            ROWS: _row(name, flag=asked.flag),
            TEXTS: as_json(texts),
            ICONS: as_json(icons),
        },
        advice="Its limits and recorded step stand in its row in fields.py, "
        "its device class and precision in quantities.py",
    )


def _title(asked: argparse.Namespace, named: Mapping[str, Any]) -> str:
    """Return what users read; by itself it is made of the name."""
    title: str = asked.title or asked.name.replace("_", " ").capitalize()
    if title[1:] != title[1:].lower() or not plain(title):
        raise Mistake(
            f"{title!r} is no title: plain words, one capital, at the beginning"
        )
    if title.casefold() in {entry["name"].casefold() for entry in named.values()}:
        raise Mistake(
            f"something is called {title!r} already: give another name with --title"
        )
    return title


def _member(name: str, unit: str, limits: str, *, flag: bool) -> str:
    """Return the rows of quantities with another one behind the others of devices."""
    said = ", ".join(filter(None, (f'"{unit}"' if unit else "", limits)))
    said = "flag=True" if flag else said
    row = f", Quantity({said})" if said else ""
    devices, mark, link = FIELDS.read_text().partition("\n    # The link\n")
    return formatted(f'{devices}    {name.upper()} = "{name}"{row}\n{mark}{link}')


def _limits(given: str | None) -> str:
    """Return the limits of a sensor's quantity as code."""
    if given is None:
        return ""
    try:
        low, high = map(float, given.split(","))
    except ValueError:
        low, high = 1, 0
    if not -inf < low < high < inf:
        raise Mistake(
            f"{given!r} are no limits: the lowest and the highest, such as 0,100"
        )
    return f"sensor=({low:g}, {high:g})"


def _row(name: str, *, flag: bool) -> str:
    """Return the rows with another one at the end of their table."""
    table, make = ("BINARY_SENSORS", "_flag") if flag else ("SENSORS", "_measured")
    return append(ROWS.read_text(), table, f"{make}(Field.{name.upper()}),\n")
