"""Blueprints for automations: added on request through Home Assistant's own store, and kept up to date there.

What was written is remembered by its hash: a file that is still that is replaced when a newer version of
ours comes, one that somebody changed stays as it is, and one that somebody deleted stays away. Names and
descriptions are those of the language of the house: Home Assistant itself does not translate blueprints.
"""

from collections.abc import Mapping
import contextlib
from dataclasses import dataclass, field
import hashlib
import json
import logging
from pathlib import Path
from typing import Any, Final, cast

import probatio

from homeassistant.core import HomeAssistant
from homeassistant.helpers.start import async_at_started
from homeassistant.helpers.storage import Store
from homeassistant.util.yaml import parse_yaml

from ..const import DOMAIN
from ..stored_files import async_read, async_remove

_LOGGER = logging.getLogger(__name__)

FOLDER: Final = Path(__file__).parent.parent / "blueprints" / "automation"
WORDS: Final = FOLDER.parent / "words"
_AUTOMATION: Final = "automation"
_TOLD: Final = ("name", "description")
_VERSION: Final = 1
_WRITTEN: Final = probatio.Schema({str: str})  # path -> hash of the file as we wrote it


@dataclass(slots=True)
class Done:
    """Name the blueprints by what became of them."""

    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)  # by somebody: left as they are


def _store(hass: HomeAssistant) -> Store[dict[str, str]]:
    return Store(hass, _VERSION, f"{DOMAIN}.blueprints", atomic_writes=True)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _texts(there: Path, language: str) -> dict[str, tuple[dict[str, Any], str | None]]:
    """Return our blueprints, each with the file that is there, by the path that they have in the store."""
    found: dict[str, tuple[dict[str, Any], str | None]] = {}
    words = _words(language)
    for path in sorted(FOLDER.glob("*.yaml")):
        name, now = f"{DOMAIN}/{path.name}", None
        with contextlib.suppress(FileNotFoundError):
            now = (there / name).read_text("utf-8", errors="replace")
        made = cast(dict[str, Any], parse_yaml(path.read_text("utf-8")))
        put_in_words(made["blueprint"], words.get(path.stem, {}))
        found[name] = (made, now)
    return found


def _words(language: str) -> dict[str, Any]:
    """Return the words of a language, none where it is English or not ours."""
    for path in WORDS.glob("*.json"):
        if path.stem == language:
            return cast(dict[str, Any], json.loads(path.read_text("utf-8")))
    return {}


def put_in_words(part: dict[str, Any], words: Mapping[str, Any]) -> None:
    """Put names and descriptions of another language into a part of a blueprint, and into its inputs."""
    part.update({name: words[name] for name in _TOLD if name in words})
    for name, told in words.get("input", {}).items():
        put_in_words(part["input"][name], told)


async def async_add(hass: HomeAssistant) -> Done | None:
    """Add the blueprints; return what became of each, None in a house without automations."""
    if _AUTOMATION not in hass.config.components:
        return None
    store = _store(hass)
    written, _ = await async_read(store, _WRITTEN)
    return await _async_put(hass, store, written or {}, missing=True)


def async_follow(hass: HomeAssistant) -> None:
    """Bring blueprints that were added earlier up to date, once Home Assistant has started."""

    async def update(hass: HomeAssistant) -> None:
        if _AUTOMATION not in hass.config.components:
            return
        store = _store(hass)
        written, _ = await async_read(store, _WRITTEN)
        if not written:
            return
        try:
            done = await _async_put(hass, store, written, missing=False)
        # The store is Home Assistant's own and may be another tomorrow; a disk may be full.
        except Exception as err:  # noqa: BLE001
            _LOGGER.warning("Blueprints could not be updated: %r", err)
            return
        if done.updated:
            _LOGGER.info("Blueprints updated: %s", ", ".join(done.updated))
        if done.changed:
            _LOGGER.info(
                "Blueprints that were changed stay as they are: %s",
                ", ".join(done.changed),
            )

    async_at_started(hass, update)


async def async_forget_written(hass: HomeAssistant) -> None:
    """Forget what was written: the last entry is gone, the blueprints are the user's."""
    await async_remove(hass, _store(hass))


async def _async_put(
    hass: HomeAssistant,
    store: Store[dict[str, str]],
    written: dict[str, str],
    *,
    missing: bool,
) -> Done:
    """Put ours into Home Assistant's store; those that are not there only if asked to."""
    from homeassistant.components.automation.helpers import async_get_blueprints  # noqa: PLC0415
    from homeassistant.components.blueprint import models, schemas  # noqa: PLC0415

    blueprints, done, known = async_get_blueprints(hass), Done(), {**written}
    files = await hass.async_add_executor_job(
        _texts, blueprints.blueprint_folder, hass.config.language
    )
    for path, (data, now) in files.items():
        made = models.Blueprint(
            data,
            path=path,
            expected_domain=_AUTOMATION,
            schema=schemas.BLUEPRINT_SCHEMA,
        )
        new = made.yaml()
        if now is None and not missing:
            known.pop(path, None)
            continue
        if now == new:
            done.kept.append(path)
        elif now is not None and known.get(path) != _hash(now):
            done.changed.append(path)
            continue
        else:
            await blueprints.async_add_blueprint(made, path, allow_override=True)
            (done.added if now is None else done.updated).append(path)
        known[path] = _hash(new)
    if known != written:
        await store.async_save(known)
    return done
