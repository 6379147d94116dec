"""Any device that is described freely: what a small Bluetooth board can be programmed to be.

    [[device]]
    kind = "BOARD"
    name = "Board"
    advert = {services = ["180f"], service_data = {"181a" = "01 02"}, manufacturer = {"ffff" = "05 06"}}
    [[device.service]]
    uuid = "fff0"
    [[device.service.characteristic]]
    uuid = "fff1"
    properties = ["read", "write", "notify"]  # bleak's words
    value = "64"                              # or text = "Hello"
    description = "Level"                     # optional
    notify = {every = 2.0, values = ["01", "02"]}           # optional: in turn, to who listens
    answers = [                               # optional: to what is written, the first that fits
      {to = "dd a5 03 *", say = ["dd 03 00", "77"]},        # the beginning; a star alone is anything
      {to = "01", echo = true},               # says what was written
      {to = "02", say = ["ff"], on = "fff2"}, # as a message of another characteristic
      {to = "03", value = "00"},              # what is read from then on
      {to = "04", refuse = 14},               # an ATT error
      {to = "05", leave = true},              # ends the connection
    ]

``advert`` may be a list: they are sent in turn. Without ``answers`` a write becomes the value.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
import re
from typing import Final, override

from tests.world import ad
from tests.world.peripheral import (
    Characteristic,
    Descriptor,
    GattError,
    Peripheral,
    Service,
)

from .beacon import check_address

CCCD: Final = "00002902-0000-1000-8000-00805f9b34fb"
DESCRIPTION: Final = "00002901-0000-1000-8000-00805f9b34fb"
UUID: Final = re.compile(r"[0-9a-f]{4}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PROPERTIES: Final = frozenset(
    {"read", "write", "write-without-response", "notify", "indicate"}
)
_ADVERT: Final = frozenset({"services", "service_data", "manufacturer"})
_CHARACTERISTIC: Final = frozenset(
    {"uuid", "properties", "value", "text", "description", "notify", "answers"}
)
_ANSWER: Final = frozenset({"to", "say", "on", "echo", "value", "refuse", "leave"})
_SERVICE_DATA128: Final = 0x21
_READ_NOT_PERMITTED: Final = 2
_SPEAKS: Final = frozenset({"notify", "indicate"})

type Table = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Hold what follows a write: ``to`` is its bytes, or their beginning unless ``whole``."""

    to: bytes
    whole: bool
    say: tuple[bytes, ...] = ()
    on: str = ""
    echo: bool = False
    value: bytes | None = None
    refuse: int | None = None
    leave: bool = False

    def fits(self, data: bytes) -> bool:
        """Return whether this is the answer to what was written."""
        return data == self.to if self.whole else data.startswith(self.to)


@dataclass(slots=True, kw_only=True)
class Spoken:
    """Hold what a characteristic says by itself."""

    every: float
    values: cycle[bytes]
    due: float = 0.0


class Board(Peripheral):
    """Be what the description says."""

    def __init__(
        self,
        *,
        address: str,
        name: str | None = None,
        advert: object = None,
        service: object = (),
        interval: float = 1.0,
    ) -> None:
        """Read the description; ``ValueError`` says what is wrong with it."""
        check_address(address)
        self._values: dict[str, bytes] = {}
        self._answers: dict[str, tuple[Answer, ...]] = {}
        self._spoken: dict[str, Spoken] = {}
        self._heard: set[str] = set()
        self._handle = 0
        services = tuple(map(self._service, _tables(service, "service")))
        super().__init__(
            address=address,
            name=name,
            connectable=bool(services),
            interval=interval,
            services=services,
        )
        adverts = [advert] if isinstance(advert, Mapping) else advert or [{}]
        said = [_advert(one) for one in _tables(adverts, "advert")]
        self._adverts = cycle(said)

    # --- the description -------------------------------------------------------------------

    def _next(self) -> int:
        self._handle += 1
        return self._handle

    def _service(self, entry: Table) -> Service:
        _known(entry, frozenset({"uuid", "characteristic"}), "service")
        handle = self._next()
        found = [
            self._characteristic(one)
            for one in _tables(entry.get("characteristic", ()), "characteristic")
        ]
        return Service(_uuid(entry, "service"), handle, tuple(found))

    def _characteristic(self, entry: Table) -> Characteristic:
        uuid = _uuid(entry, "characteristic")
        _known(entry, _CHARACTERISTIC, uuid)
        if uuid in self._values:
            raise ValueError(f"characteristic {uuid} stands twice")
        properties = frozenset(_texts(entry.get("properties", ["read"]), "properties"))
        if wrong := sorted(properties - PROPERTIES):
            raise ValueError(f"{uuid}: {wrong[0]!r} is none of {sorted(PROPERTIES)}")
        text = entry.get("text")
        value = text.encode() if isinstance(text, str) else None
        self._values[uuid] = (
            _bytes(entry.get("value", ""), uuid) if value is None else value
        )
        answers = _tables(entry.get("answers", ()), "answers")
        self._answers[uuid] = tuple(_answer(one, uuid) for one in answers)
        if isinstance(spoken := entry.get("notify"), Mapping):
            self._spoken[uuid] = _spoken(spoken, uuid)
        if not isinstance(spoken, Mapping | None) or (
            spoken and not _SPEAKS & properties
        ):
            raise ValueError(f"{uuid}: notify = {{every, values}} needs that property")
        handle = self._next()
        return Characteristic(
            uuid, handle, properties, tuple(self._descriptors(entry, properties))
        )

    def _descriptors(
        self, entry: Table, properties: frozenset[str]
    ) -> list[Descriptor]:
        found = []
        if _SPEAKS & properties:
            found.append(Descriptor(CCCD, self._next()))
        if isinstance(told := entry.get("description"), str):
            found.append(Descriptor(DESCRIPTION, self._next(), told.encode()))
        return found

    # --- what it does ----------------------------------------------------------------------

    @override
    def advertisement(self, now: float) -> tuple[bytes, bytes] | None:
        """Return the next advert; the name is in the scan response."""
        name = ad.payload(ad.name(self.name)) if self.name else b""
        flags = (ad.flags(),) if self.connectable else ()
        return ad.payload(*flags, *next(self._adverts)), name

    @override
    def subscribed(self, uuid: str, enabled: bool) -> None:
        """Remember who is listened to."""
        (self._heard.add if enabled else self._heard.discard)(uuid)

    @override
    def disconnected(self, now: float) -> None:
        """Forget who was listened to."""
        self._heard.clear()

    @override
    def tick(self, now: float) -> None:
        """Give what is due."""
        for uuid, spoken in self._spoken.items():
            if uuid in self._heard and now >= spoken.due:
                spoken.due = now + spoken.every
                self._say(uuid, next(spoken.values))

    def _say(self, uuid: str, data: bytes) -> None:
        if self.notify is not None and uuid in self._heard:
            self.notify(uuid, data)

    @override
    def read(self, uuid: str) -> bytes:
        """Return the value."""
        return self._values[uuid]

    @override
    def write(self, uuid: str, data: bytes, response: bool) -> None:
        """Do what the first answer that fits says."""
        if not self._answers[uuid]:
            self._values[uuid] = data
        answer = next((one for one in self._answers[uuid] if one.fits(data)), None)
        if answer is None:
            return
        if answer.refuse is not None:
            raise GattError(answer.refuse)
        if answer.value is not None:
            self._values[uuid] = answer.value
        for one in ((data,) if answer.echo else ()) + answer.say:
            self._say(answer.on or uuid, one)
        if answer.leave and self.leave is not None:
            self.leave()


def _advert(entry: Table) -> tuple[bytes, ...]:
    _known(entry, _ADVERT, "advert")
    parts = []
    for uuid in _texts(entry.get("services", ()), "services"):
        _uuid({"uuid": uuid}, "services")
        short = len(uuid) == 4
        parts.append(ad.services16(int(uuid, 16)) if short else ad.service128(uuid))
    for uuid, data in _table(entry, "service_data").items():
        _uuid({"uuid": uuid}, "service_data")
        raw = _bytes(data, uuid)
        parts.append(
            ad.service_data16(int(uuid, 16), raw)
            if len(uuid) == 4
            else ad.structure(
                _SERVICE_DATA128, bytes.fromhex(uuid.replace("-", ""))[::-1] + raw
            )
        )
    for company, data in _table(entry, "manufacturer").items():
        number = _bytes(company, "manufacturer")
        if len(number) != 2:
            raise ValueError(f"manufacturer {company!r} must have four hex digits")
        parts.append(
            ad.manufacturer(int.from_bytes(number, "big"), _bytes(data, company))
        )
    ad.payload(ad.flags(), *parts)
    return tuple(parts)


def _answer(entry: Table, where: str) -> Answer:
    _known(entry, _ANSWER, f"{where}: answers")
    to = str(entry.get("to", "*"))
    refuse, on = entry.get("refuse"), entry.get("on", "")
    if refuse is not None and not (isinstance(refuse, int) and 0 < refuse < 256):
        raise ValueError(f"{where}: refuse must be an ATT error from 1 to 255")
    return Answer(
        to=_bytes(to.removesuffix("*"), where),
        whole=not to.endswith("*"),
        say=tuple(_bytes(one, where) for one in _texts(entry.get("say", ()), "say")),
        on=_uuid({"uuid": on}, f"{where}: on") if on else "",
        echo=entry.get("echo") is True,
        value=_bytes(entry["value"], where) if "value" in entry else None,
        refuse=refuse if isinstance(refuse, int) else None,
        leave=entry.get("leave") is True,
    )


def _spoken(entry: Table, where: str) -> Spoken:
    _known(entry, frozenset({"every", "values"}), f"{where}: notify")
    every = entry.get("every", 1.0)
    values = [_bytes(one, where) for one in _texts(entry.get("values", ()), "values")]
    if not isinstance(every, int | float) or every <= 0 or not values:
        raise ValueError(f"{where}: notify needs every (s) and values")
    return Spoken(every=float(every), values=cycle(values))


def _known(entry: Table, keys: frozenset[str], where: str) -> None:
    if wrong := sorted(entry.keys() - keys):
        raise ValueError(f"{where} has no {wrong[0]!r}, only {', '.join(sorted(keys))}")


def _tables(value: object, what: str) -> Sequence[Table]:
    if isinstance(value, list | tuple) and all(
        isinstance(one, Mapping) for one in value
    ):
        return value
    raise ValueError(f"{what} must be a list of tables")


def _table(entry: Table, what: str) -> Table:
    value = entry.get(what, {})
    if isinstance(value, Mapping):
        return value
    raise ValueError(f"{what} must be a table")


def _texts(value: object, what: str) -> Sequence[str]:
    if isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
        return value
    raise ValueError(f"{what} must be a list of texts")


def _uuid(entry: Table, where: str) -> str:
    uuid = str(entry.get("uuid", "")).lower()
    if not UUID.fullmatch(uuid):
        raise ValueError(f"{where}: uuid {uuid!r} must be four hex digits, or all 32")
    return uuid


def _bytes(value: object, where: str) -> bytes:
    try:
        return bytes.fromhex(str(value))
    except ValueError:
        raise ValueError(f"{where}: {value!r} must be hex digits in pairs") from None
