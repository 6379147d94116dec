"""JBD smart BMS and its many brands. Frames, registers and password: ``dialects/jbd``.

Four transports exist; which one a pack has shows only after connecting.
Source: what aiobmsble, batmon-ha, ESPHome components and owners' own readers read.
"""

from typing import Final

from ..contract import Wire
from ..dialects import jbd
from ..uuids import NUS, NUS_NOTIFY, NUS_WRITE

FAMILY: Final = jbd.family(
    "jbd",
    (
        Wire(service="ff00", notify=("ff01",), write="ff02"),
        Wire(service="ff06", notify=("ff07",), write="ff08"),
        Wire(service=NUS, notify=(NUS_NOTIFY,), write=NUS_WRITE),
        Wire(service="fff0", notify=("fff1",), write="fff2"),
    ),
)
