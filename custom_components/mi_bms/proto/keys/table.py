"""Read tables whose first line names the columns."""

import csv
from typing import Final

from .collect import DeviceDraft
from .contract import TextFormat
from .roles import KEYS, MACS, Role, role_of

_DELIMITERS: Final = ",;\t|"


def _cells(line: str, delimiter: str) -> list[str]:
    return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter))]


class Table:
    """Know the columns of a table."""

    def __init__(self, delimiter: str, columns: list[Role | None]) -> None:
        """Take what each column tells."""
        self._delimiter = delimiter
        self._columns = columns

    @classmethod
    def begun(cls, line: str) -> Table | None:
        """Return the table that a line is the head of, None for any other line."""
        for delimiter in _DELIMITERS:
            if delimiter not in line:
                continue
            columns = [role_of(cell) for cell in _cells(line, delimiter)]
            if not MACS.isdisjoint(columns) and not KEYS.isdisjoint(columns):
                return cls(delimiter, columns)
        return None

    def row(self, number: int, line: str) -> DeviceDraft | None:
        """Read one row; None for a line that is none."""
        cells = _cells(line, self._delimiter)
        if len(cells) != len(self._columns):
            return None
        draft = DeviceDraft(line=number, last=number, format=TextFormat.LINE, text=line)
        for role, cell in zip(self._columns, cells, strict=True):
            if role in MACS:
                draft.mac = cell
            elif role in KEYS:
                draft.key = cell
            elif role is Role.NAME:
                draft.name = cell
            elif role is Role.PRODUCT:
                draft.product = cell
        return draft
