"""A battery on one wire of one connection: what its dialogues are told, and who carries them out."""

from dataclasses import dataclass, field
from typing import Final

from ..bms.alarms import Alarm
from ..bms.contract import Context, Dialogue, Family, Note, Subscribe, Talk, Wire
from ..bms.framing import Framer
from ..bms.settings.believed import Settings
from ..bms.uuids import expand
from ..model.errors import Unsupported
from .link import GattLink
from .runner import Quirks, Runner

_NOTIFY: Final = frozenset({"notify", "indicate"})
_WRITE: Final = frozenset({"write", "write-without-response"})


@dataclass(frozen=True, slots=True)
class Device:
    """The device: some dialogues need its advertised name or its address."""

    name: str
    address: str


@dataclass(slots=True)
class Memory(Quirks):
    """What was learned of one battery, across connections.

    ``alarms`` were active when the counters were read; ``wire`` is the place among those that fit.
    ``settings`` are read again at ``settings_due`` (unix time in s).
    """

    notes: dict[str, Note] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)
    alarms: frozenset[Alarm] | None = None
    polls: int = 0
    diagnose: bool = True
    wire: int = 0
    settings: Settings = field(default_factory=dict)
    settings_due: float = 0.0


def fitting_wires(family: Family, link: GattLink) -> list[Wire]:
    """Return those of a family's wires that the device has; raises ``Unsupported`` for none.

    Wires that only name the same characteristics in another way are one.
    """
    found: dict[tuple[str, ...], Wire] = {}
    for wire in family.wires:
        if _fits(wire, link):
            uuids = (*wire.notify, wire.write or "")
            found.setdefault(tuple(uuid.rpartition("/")[2] for uuid in uuids), wire)
    if not found:
        raise Unsupported("characteristics")
    return list(found.values())


def _fits(wire: Wire, link: GattLink) -> bool:
    """Return whether a device has the characteristics of a wire, and they can do what they are for."""
    needed = (*wire.notify, *((wire.write,) if wire.write else ()))
    if not all(uuid in link.characteristics for uuid in needed):
        return False
    if any(_NOTIFY.isdisjoint(link.properties(uuid)) for uuid in wire.notify):
        return False
    return wire.write is None or not _WRITE.isdisjoint(link.properties(wire.write))


class Line:
    """The conversation of one family over one wire; it is subscribed to and logged in once."""

    def __init__(
        self,
        family: Family,
        link: GattLink,
        device: Device,
        wire: Wire,
        memory: Memory,
        before: Line | None = None,
    ) -> None:
        """Take who talks to whom over what; ``before`` used the same connection."""
        self._family = family
        self.wire = wire
        self.runner: Runner = Runner(
            link,
            family,
            memory,
            name=expand,
            target=wire.write,
            framer=self._framer,
            listeners=before.runner.listeners if before else None,
        )
        self.context = Context(
            name=device.name,
            address=device.address.upper(),
            secret=None,
            wire=wire,
            now=0,
            characteristics=frozenset(link.characteristics),
            memory=memory.notes,
            spent=self.runner.spent,
        )
        self.subscribed = self.ready = False

    def _framer(self, uuid: str) -> Framer:
        return self._family.framers.get(uuid, self._family.framer)(self.context)

    def subscribe(self) -> Talk[None]:
        """Listen to the wire."""
        for uuid in self.wire.notify:
            yield Subscribe(uuid)
        self.subscribed = True

    def talk[T](self, dialogue: Dialogue[T]) -> Talk[T]:
        """Start a dialogue of the family, after subscribing and logging in where that was not done yet."""
        if not self.subscribed:
            yield from self.subscribe()
        # After a failure the device may have forgotten the login, never the subscription.
        if not self.ready:
            self.context.state.clear()
            if self._family.login is not None:
                yield from self._family.login(self.context)
            self.ready = True
        return (yield from dialogue(self.context))
