"""Rows that turn the bytes of a reply into standard fields.

A table is a tuple of rows; ``decode`` applies it to the body of one reply and fills a draft, the
sample under construction. ``at`` counts bytes from the start of the body, raw numbers are written as
``raw`` says. A row that lies behind the end of the body is a ``FrameError("short")``, unless it is optional.
"""

from collections.abc import Callable, Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field, fields, replace
from typing import Protocol

from ..model.errors import FrameError
from ..model.fields import Field
from ..model.reading import Value
from ..model.sample import Place, Probe
from .alarms import WARNING_OF, Alarm
from .control import Target
from .raw import integer, number, scaled, size, text


@dataclass(slots=True)
class Draft:
    """The sample under construction: the values of one poll; ``derive.finish`` makes the sample of it.

    ``info`` has the field names of ``DeviceInfo``; ``packs`` are drafts of the single packs. Fields in
    ``unknown`` were to be told and were not: nothing may be concluded from their absence. ``switches`` are
    the commands that are told: True is released, which is not the same as conducting.
    """

    values: dict[Field, Value] = field(default_factory=dict)
    cells: list[float | None] = field(default_factory=list)
    probes: list[Probe] = field(default_factory=list)
    packs: list[Draft] = field(default_factory=list)
    alarms: set[Alarm] = field(default_factory=set)
    counters: dict[str, int] = field(default_factory=dict)
    info: dict[str, str] = field(default_factory=dict)
    unknown: set[Field] = field(default_factory=set)
    switches: dict[Target, bool] = field(default_factory=dict)

    def copy(self) -> Draft:
        """Return a draft that can be changed without changing this one."""
        return replace(
            self,
            **{item.name: copy(getattr(self, item.name)) for item in fields(self)},
        )

    def put(self, name: Field, value: Value | None) -> None:
        """Set a field; None leaves it absent."""
        if value is not None:
            self.values[name] = value

    def number(self, name: Field) -> float | None:
        """Return a numeric field, or None."""
        value = self.values.get(name)
        return None if value is None or isinstance(value, str) else value

    def flag(self, code: int, harmless: int = 0) -> None:
        """Add bits to the problem code; any bit that is not harmless is a problem."""
        known = self.values.get(Field.PROBLEM_CODE, 0)
        if isinstance(known, int):
            self.values[Field.PROBLEM_CODE] = known | code
        self.values[Field.PROBLEM] = bool(self.values.get(Field.PROBLEM)) or bool(
            code & ~harmless
        )


class Row(Protocol):
    """A row of a decode table."""

    def decode(self, body: bytes, draft: Draft) -> None:
        """Read this row's bytes into the draft; raise ``FrameError`` where they cannot be."""


def decode(rows: Iterable[Row], body: bytes, draft: Draft) -> Draft:
    """Apply a table to the body of one reply; return the same draft."""
    for row in rows:
        row.decode(body, draft)
    return draft


def decode_extra(rows: Iterable[Row], body: bytes | None, draft: Draft) -> Draft:
    """Apply a table to the body of a reply that the sample can do without.

    Returns the draft as it was when there is no reply, or one that cannot be read.
    """
    rows = tuple(rows)
    if body is not None:
        try:
            return decode(rows, body, draft.copy())
        except FrameError:
            pass
    if any(isinstance(row, Flags) for row in rows):
        draft.unknown.add(Field.PROBLEM)
    return draft


@dataclass(frozen=True, slots=True)
class Num:
    """A number: (raw + offset) x scale; raw values in ``absent`` mean not known.

    ``mask`` selects bits of the raw integer before anything else. ``digits`` overrides the rounding.
    """

    name: Field
    at: int
    raw: str
    scale: float = 1
    offset: float = 0
    absent: tuple[int, ...] = ()
    mask: int | None = None
    digits: int | None = None
    optional: bool = False

    def decode(self, body: bytes, draft: Draft) -> None:
        """Put the number into its field."""
        if self.optional and self.at + size(self.raw) > len(body):
            return
        raw = number(body, self.at, self.raw)
        if self.mask is not None:
            raw = int(raw) & self.mask
        if raw not in self.absent:
            draft.values[self.name] = scaled(raw, self.scale, self.offset, self.digits)


@dataclass(frozen=True, slots=True)
class Bit:
    """A flag: true when any bit of ``mask`` is set, or none if ``invert``."""

    name: Field
    at: int
    mask: int = 0xFF
    raw: str = ">u1"
    invert: bool = False
    optional: bool = False

    def decode(self, body: bytes, draft: Draft) -> None:
        """Put the flag into its field."""
        if self.optional and self.at + size(self.raw) > len(body):
            return
        draft.values[self.name] = (
            bool(integer(body, self.at, self.raw) & self.mask) is not self.invert
        )


@dataclass(frozen=True, slots=True)
class Flags:
    """Alarm bits: problem code, problem and the words of the shared vocabulary.

    ``mask`` keeps the bits that belong to the problem code, ``shift`` moves them up when several
    rows build one code. ``alarms`` maps bit numbers of the raw integer to words. No problem are bits
    whose word says so (warnings, states) and ``harmless`` ones (after ``mask``, before ``shift``),
    which have no word. ``serious`` bits are a problem although they are not part of the code or have a
    mild word. ``eased`` rows, behind the others, leave out a warning of what is switched off for already:
    their boards always say both. A code may be wider than 64 bits: ``model.sample.fold`` it where it is stored.
    """

    at: int
    raw: str
    alarms: Mapping[int, Alarm] = field(default_factory=dict)
    mask: int | None = None
    harmless: int = 0
    serious: int = 0
    shift: int = 0
    optional: bool = False
    eased: bool = False

    def decode(self, body: bytes, draft: Draft) -> None:
        """Add the bits to the draft."""
        if self.optional and self.at + size(self.raw) > len(body):
            return
        raw = integer(body, self.at, self.raw)
        code = raw if self.mask is None else raw & self.mask
        mild = sum(
            1 << bit
            for bit, alarm in self.alarms.items()
            if not alarm.severity.is_problem
        )
        draft.flag(code << self.shift, (self.harmless | mild) << self.shift)
        found = {alarm for bit, alarm in self.alarms.items() if raw >> bit & 1}
        if raw & self.serious or any(alarm.severity.is_problem for alarm in found):
            # Also a word for a bit that is not part of the code.
            draft.put(Field.PROBLEM, True)
        if self.eased:
            found -= {WARNING_OF.get(alarm) for alarm in draft.alarms}
        draft.alarms |= found


@dataclass(frozen=True, slots=True)
class Count:
    """Where a reply holds the length of a list, and the most that is believable."""

    at: int
    raw: str = ">u1"
    most: int = 32
    mask: int | None = None

    def read(self, body: bytes) -> int:
        """Return the length; raise ``FrameError("count")`` above the maximum."""
        count = integer(body, self.at, self.raw)
        if self.mask is not None:
            count &= self.mask
        if count > self.most:
            raise FrameError("count")
        return count


def _length(count: int | Count, body: bytes) -> int:
    """Resolve a fixed or transmitted length."""
    return count if isinstance(count, int) else count.read(body)


@dataclass(frozen=True, slots=True)
class Cells:
    """Cell voltages in V; ``step`` is the distance of two cells when it is not the raw size.

    A fixed ``count`` means places: unused ones at the end (raw in ``empty``) are no cells, and a
    zero between two cells is a broken wire and stays. A transmitted count keeps every place.
    """

    at: int
    count: int | Count
    raw: str = ">u2"
    scale: float = 0.001
    step: int | None = None
    empty: tuple[int, ...] = (0,)
    optional: bool = False

    def decode(self, body: bytes, draft: Draft) -> None:
        """Append the cells to the draft."""
        step = size(self.raw) if self.step is None else self.step
        count = _length(self.count, body)
        if self.optional and self.at + (count - 1) * step + size(self.raw) > len(body):
            return
        raws = [number(body, self.at + step * n, self.raw) for n in range(count)]
        if isinstance(self.count, int):
            while raws and raws[-1] in self.empty:
                raws.pop()
        draft.cells += [scaled(raw, self.scale) for raw in raws]


@dataclass(frozen=True, slots=True)
class Probes:
    """Temperatures in °C: (raw + offset) x scale; raw values in ``absent`` are not fitted.

    ``places`` names the probes in order; its last entry serves all further ones.
    """

    at: int
    count: int | Count = 1
    raw: str = ">i2"
    scale: float = 1
    offset: float = 0
    places: tuple[Place, ...] = (Place.GENERIC,)
    step: int | None = None
    absent: tuple[int, ...] = ()
    optional: bool = False

    def decode(self, body: bytes, draft: Draft) -> None:
        """Append the probes to the draft."""
        step = size(self.raw) if self.step is None else self.step
        count = _length(self.count, body)
        if self.optional and self.at + (count - 1) * step + size(self.raw) > len(body):
            return
        for n in range(count):
            raw = number(body, self.at + step * n, self.raw)
            if raw not in self.absent:
                place = self.places[min(n, len(self.places) - 1)]
                draft.probes.append(Probe(scaled(raw, self.scale, self.offset), place))


@dataclass(frozen=True, slots=True)
class Text:
    """A text of ``DeviceInfo``; without ``length`` it runs to the end of the body.

    ``empty`` takes an empty text as the battery's answer, over what its standard characteristics say.
    """

    name: str
    at: int
    length: int | None = None
    optional: bool = False
    empty: bool = False

    def decode(self, body: bytes, draft: Draft) -> None:
        """Put the text into the device information."""
        end = len(body) if self.length is None else self.at + self.length
        if end > len(body) or self.at > len(body):
            if self.optional:
                return
            raise FrameError("short")
        found = text(body[self.at : end])
        if found or self.empty:
            draft.info[self.name] = found or ""


@dataclass(frozen=True, slots=True)
class Custom:
    """A named function, where a row is not enough."""

    read: Callable[[bytes, Draft], None]

    def decode(self, body: bytes, draft: Draft) -> None:
        """Call the function."""
        self.read(body, draft)
