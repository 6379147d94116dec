"""JBD smart BMS and its many brands. Frames, registers and password: ``dialects/jbd``.

Three transports exist; which one a pack has shows only after connecting. Source: docs/protocols/jbd.md.
"""

from typing import Final

from ...model.fields import Field
from ..contract import Ask, Family, Pacing, Wire
from ..dialects import jbd
from ..uuids import NUS, NUS_NOTIFY, NUS_WRITE

FAMILY: Final = Family(
    id="jbd",
    wires=(
        Wire(service="ff00", notify=("ff01",), write="ff02"),
        Wire(service="ff06", notify=("ff07",), write="ff08"),
        Wire(service=NUS, notify=(NUS_NOTIFY,), write=NUS_WRITE),
    ),
    framer=jbd.framer,
    dialogue=jbd.poll,
    login=jbd.login,
    inform=jbd.inform,
    diagnose=jbd.diagnose,
    control=jbd.control,
    controls=(Field.CHRG_MOSFET, Field.DISCHRG_MOSFET),
    probe=Ask(request=jbd.request(jbd.BASIC), reply=b"\xdd\x03\x00"),
    # The first command after connecting is often lost, and answers may take seconds.
    pacing=Pacing(settle=0.2, timeout=1.0, tries=3, deadline=20.0),
    response=False,
    echo_is_unpaired=True,
)
