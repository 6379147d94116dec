"""The table of what can be switched."""

from custom_components.mi_bms.proto.bms import registry
from custom_components.mi_bms.proto.bms.control import Confidence
from custom_components.mi_bms.proto.bms.index import INDEX
from custom_components.mi_bms.proto.model.errors import Unsupported

from .markdown import TEXTS, joined, table

TARGETS = TEXTS["selector"]["switching_target"]["options"]


def switching() -> list[str]:
    """List the types of batteries that can be switched, with how sure that is."""
    rows = []
    for name, entry in INDEX.items():
        try:
            control = registry.load(name).control
        except Unsupported:
            continue
        if control is None:
            continue
        sorted_out = [
            joined(
                TARGETS[row.target] for row in control.switches if row.confidence is one
            )
            for one in Confidence
        ]
        password = "the one of its app" if control.unlock else ""
        rows.append((entry.title, *sorted_out, password))
    head = ("Type", "Known well", "Experimental", "Password")
    return table(head, sorted(rows, key=lambda row: row[0].casefold()))
