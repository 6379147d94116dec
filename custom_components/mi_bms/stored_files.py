"""Files of the storage: what of one is sound comes out, what is damaged is put aside before it is lost.

A file of a newer major version, or one that cannot be read, is neither read nor overwritten.
"""

import asyncio
import contextlib
import logging
from math import ceil
from pathlib import Path
from typing import Any, Final, override

import probatio

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store, UnsupportedStorageVersionError
from homeassistant.util.file import WriteError, write_utf8_file_atomic

from .proto.model.torn import torn_data
from .stored import sound

_LOGGER = logging.getLogger(__name__)

_LOOK: Final = 0.5  # s


async def async_read(
    store: Store[Any], schema: probatio.Schema
) -> tuple[Any, int | None]:
    """Return what is stored, None if there is nothing, and how much of it was wrong.

    The count is None for a file of a newer version, which the store then leaves alone.
    """
    path, trouble = Path(store.path), ""
    run = store.hass.async_add_executor_job
    if unreadable := await run(_unreadable, path):
        # What cannot be read is not replaced either; its owner may still mend it.
        store.make_read_only()
        _LOGGER.warning("%s cannot be read (%s)", store.key, unreadable)
        return None, 1
    before = await run(_corrupt, path)
    try:
        data = await store.async_load()
    except UnsupportedStorageVersionError:
        store.make_read_only()
        _LOGGER.warning("%s is of a newer version and is left alone", store.key)
        return None, None
    except (HomeAssistantError, LookupError, TypeError, NotImplementedError) as err:
        data, trouble = None, type(err).__name__
    wrong = 0
    if data is None:
        # Home Assistant puts aside what is no JSON, and says so.
        aside = await run(_corrupt, path) - before
        trouble = trouble or ("torn" if aside else "")
        if not trouble:
            return None, 0
        data = await run(_rest, max(aside, default=path), store.version)
        if data is None:
            _LOGGER.warning("%s cannot be read (%s)", store.key, trouble)
            return None, 1
        wrong = 1
    found, more = sound(schema, data)
    if wrong + more:
        _LOGGER.warning("%s is damaged, %d parts are left out", store.key, wrong + more)
    return found, wrong + more


def _unreadable(path: Path) -> str:
    """Return why a file that is there cannot be read, empty if it can be."""
    try:
        with path.open("rb") as file:
            file.read(1)
    except FileNotFoundError:
        return ""
    except OSError as err:
        return type(err).__name__
    return ""


class CheckedStore(Store[dict[str, Any]]):
    """A store that does not keep to itself whether it could write."""

    failed = False
    read_only = False

    @override
    def make_read_only(self) -> None:
        self.read_only = True
        super().make_read_only()

    @override
    async def _async_write_data(self, data: dict[str, Any]) -> None:
        try:
            await super()._async_write_data(data)
        except Exception:
            self.failed = True
            raise

    async def async_write(self, data: dict[str, Any], seconds: float) -> bool:
        """Write now; return whether the file was written within so many seconds.

        A machine that stood meanwhile, as for a snapshot, had no chance to write: such a time counts as a look.
        """
        self.failed = False
        saving = asyncio.ensure_future(self.async_save(data))
        try:
            for _ in range(ceil(seconds / _LOOK)):
                if (await asyncio.wait({saving}, timeout=_LOOK))[0]:
                    await saving
                    return not self.failed and not self.read_only
        except OSError:
            pass
        finally:
            saving.cancel()
        return False


def _corrupt(path: Path) -> set[Path]:
    """Return the copies that Home Assistant has put aside."""
    return set(path.parent.glob(f"{path.name}.corrupt.*"))


def _rest(path: Path, newest: int) -> Any:
    """Return what can still be read of the data of a file, unless a newer version wrote it."""
    try:
        return torn_data(path.read_bytes(), newest)
    except OSError:
        return None


async def async_put_aside(hass: HomeAssistant, store: Store[Any]) -> bool:
    """Copy a damaged file beside itself, for its owner's eyes; without a copy it is not overwritten.

    Return whether it may be overwritten.
    """
    try:
        await hass.async_add_executor_job(_put_aside, Path(store.path))
    except FileNotFoundError:
        return True
    except OSError, WriteError:
        store.make_read_only()
        return False
    return True


async def async_remove(hass: HomeAssistant, store: Store[Any]) -> None:
    """Remove a file with all copies that were put aside, by Home Assistant, too."""
    # Whatever is being written, or is to be written in a moment, is over then.
    try:
        await store.async_save({})
        await store.async_remove()
    except OSError as err:
        _LOGGER.warning("%s cannot be removed (%s)", store.key, type(err).__name__)
    await hass.async_add_executor_job(_remove_copies, Path(store.path))


def _remove_copies(path: Path) -> None:
    for kind in ("bad", "corrupt"):
        for aside in path.parent.glob(f"{path.name}.{kind}*"):
            with contextlib.suppress(OSError):
                aside.unlink()


def _put_aside(path: Path) -> None:
    data, number = path.read_bytes(), 1
    aside = Path(f"{path}.bad")
    while aside.exists() and aside.read_bytes() != data:
        number += 1
        aside = Path(f"{path}.bad.{number}")
    write_utf8_file_atomic(str(aside), data, private=True, mode="wb")
