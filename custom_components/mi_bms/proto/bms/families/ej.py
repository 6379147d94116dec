"""E&J Technology BMS and its many brands. Protocol: ``dialects/ej``. Source: what aiobmsble, batmon-ha and owners' own readers read."""

from typing import Final

from ..contract import Wire
from ..dialects import ej
from ..uuids import NUS, NUS_NOTIFY, NUS_WRITE

FAMILY: Final = ej.family(
    "ej",
    (
        Wire(service=NUS, notify=(NUS_NOTIFY,), write=NUS_WRITE),
        # Newer Supervolt modules, some of them with the two exchanged.
        Wire(service="ff00", notify=("ff01",), write="ff02"),
        Wire(service="ff00", notify=("ff02",), write="ff01"),
    ),
)
