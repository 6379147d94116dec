"""Hand lines to a file below Home Assistant's configuration folder."""

import asyncio
from datetime import datetime
import errno
import logging
from pathlib import Path
import time
from typing import Any, Final, override

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_call_later

from ..const import DOMAIN
from .line_file import LineFile
from .options import CONF_PATH, KEEP, MAX_AGE, MAX_SIZE
from .output import Output, OutputConfigEntry
from .shapes import LineShape

_LOGGER = logging.getLogger(__name__)

RETRY: Final = 10.0  # s
AT_ONCE: Final = 1_000  # lines
_MEBIBYTE: Final = 1024 * 1024
_DAY: Final = 86_400.0
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
DISK_FULL: Final = "output_disk_full"
NOT_WRITABLE: Final = "output_not_writable"


class FileOutput(Output):
    """An output that appends one line for each reading."""

    def __init__(self, hass: HomeAssistant, entry: OutputConfigEntry) -> None:
        """Take the options; the file is touched with the first line."""
        super().__init__(hass, entry, LineShape(hass, entry))
        options = entry.options
        self._file = LineFile(
            Path(hass.config.config_dir),
            entry.data[CONF_PATH].split("/"),
            max_bytes=int(MAX_SIZE.of(options) * _MEBIBYTE),
            max_age=MAX_AGE.of(options) * _DAY,
            keep=int(KEEP.of(options)),
        )
        # Not told by the task: one that never has to wait is done before it is known here.
        self._busy = False
        self._writing: asyncio.Task[None] | None = None
        self._retry: CALLBACK_TYPE | None = None
        self._trouble: str | None = None

    @callback
    @override
    def kick(self) -> None:
        """Write, unless that is under way or has just failed."""
        if not self._busy and self._retry is None and len(self.outbox):
            self._writing = self.hass.async_create_task(
                self._async_write(), f"{DOMAIN} write lines", eager_start=True
            )

    async def _async_write(self) -> None:
        self._busy = True
        try:
            while items := self.outbox.take(AT_ONCE):
                lines, left = [item.payload for item in items], items
                try:
                    written = await self.hass.async_add_executor_job(
                        self._file.write, lines, time.time()
                    )
                    self.outbox.done(written.lines)
                    left = items[written.lines :]
                finally:
                    self.outbox.put_back(left)
                self.handed_over()
                if written.error is not None:
                    self._failed(written.error)
                    return
                self._works()
        finally:
            self._busy = False

    def _failed(self, error: OSError) -> None:
        self._retry = async_call_later(
            self.hass, RETRY, HassJob(self._again, cancel_on_shutdown=True)
        )
        trouble = DISK_FULL if error.errno in _FULL else NOT_WRITABLE
        if trouble == self._trouble:
            return
        self._trouble = trouble
        _LOGGER.warning("%s cannot be written: %s", self.entry.title, error.strerror)
        ir.async_create_issue(
            self.hass,
            DOMAIN,
            self._issue,
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key=trouble,
            translation_placeholders={
                "name": self.entry.title,
                "path": self.entry.data[CONF_PATH],
            },
        )

    def _works(self) -> None:
        if self._trouble is not None:
            self._trouble = None
            _LOGGER.info("%s is written again", self.entry.title)
            ir.async_delete_issue(self.hass, DOMAIN, self._issue)

    @property
    def _issue(self) -> str:
        return f"output_{self.entry.entry_id}"

    def _wait_no_longer(self) -> None:
        if self._retry is not None:
            self._retry()
            self._retry = None

    @callback
    def _again(self, _now: datetime) -> None:
        self._retry = None
        self.kick()

    @override
    async def async_finish(self) -> None:
        """Write what waits, and complain no longer."""
        self._wait_no_longer()
        if self._writing is not None:
            await self._writing
        await self._async_write()
        self._wait_no_longer()
        ir.async_delete_issue(self.hass, DOMAIN, self._issue)

    @override
    def describe(self) -> dict[str, Any]:
        """Add what is wrong."""
        return super().describe() | {"trouble": self._trouble}
