"""What the first four bytes of a MiBeacon frame settle, and the readings that need no more."""

from dataclasses import dataclass
from typing import Final

from ..model.reading import Outcome, Reading, Reason
from .devices import DEVICES
from .frame import MODERN_VERSION, OLDEST_VERSION, Head, objects_at, parse_head
from .identify import paired
from .rows import Decode
from .spec import DeviceSpec

FORMAT: Final = "mibeacon"
STOCK: Final = "stock"

HEADER: Final = 3  # id (2) and length (1) of an object
TAIL: Final = 7  # upper counter and tag
LEGACY_TAIL: Final = 4  # upper counter and check

type Product = tuple[int | None, bool]  # None is any not known; whether it is sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Hold what the first four bytes of a frame settle."""

    start: bytes  # these four
    head: Head
    at: int  # where the objects begin; 0 if a capability byte decides it
    has_mac: bool
    has_objects: bool
    encrypted: bool
    sealed: bool  # encrypted, and there is something inside
    modern: bool  # tag of 4 bytes and a counter that never comes again
    counted: bool  # modern, and there is something inside
    shortest: int  # an object without data, sealed
    rejected: Reason | None
    product_id: int
    spec: DeviceSpec | None
    model: str | None
    firmware: str | None
    paired: bool | None  # what the frame tells of that, if anything
    rows: dict[bytes, Decode]
    repeated: Reading


def plan_of(
    data: bytes, newest_version: int, rows: dict[Product, dict[bytes, Decode]]
) -> Plan:
    """Work out what the first four bytes settle; ``rows`` are those that were found by product."""
    head = parse_head(data)
    spec = DEVICES.get(head.product_id)
    refused = Reason.MESH if head.mesh else None
    if not OLDEST_VERSION <= head.version <= newest_version:
        refused = Reason.VERSION
    modern = head.encrypted and head.version >= MODERN_VERSION
    sealed = head.encrypted and head.has_objects
    known = head.product_id if spec else None
    model = spec.model if spec else None
    return Plan(
        start=data[:4],
        head=head,
        at=0 if head.has_capability else objects_at(head, data),
        has_mac=head.has_mac,
        has_objects=head.has_objects,
        modern=modern,
        counted=modern and sealed,
        shortest=HEADER + (TAIL if modern else LEGACY_TAIL),
        encrypted=head.encrypted,
        sealed=sealed,
        rejected=refused,
        product_id=head.product_id,
        spec=spec,
        model=model,
        firmware=_firmware(head, spec),
        paired=paired(head, spec),
        rows=rows.setdefault((known, sealed), {}),
        repeated=Reading(
            Outcome.REPEATED,
            format=FORMAT,
            model=model,
            product_id=head.product_id,
            encrypted=head.encrypted,
        ),
    )


def presence(plan: Plan) -> Reading:
    """Return the reading of a frame that holds nothing."""
    return Reading(
        Outcome.NO_PAYLOAD,
        plan.spec.idle if plan.spec else {},
        (),
        FORMAT,
        plan.model,
        plan.product_id,
        plan.encrypted,
    )


def _firmware(head: Head, spec: DeviceSpec | None) -> str | None:
    # A clear frame proves nothing: other stock firmware sends in the clear, too.
    sealed = head.encrypted and head.has_objects
    return STOCK if sealed and spec and spec.encrypted == "yes" else None


def rejected(reason: Reason, plan: Plan | None = None) -> Reading:
    """Return the reading of a frame that is not believed; without a plan if its length forbids one."""
    if plan is None:
        return Reading(Outcome.REJECTED, format=FORMAT, reason=reason)
    return Reading(
        Outcome.REJECTED,
        format=FORMAT,
        model=plan.model,
        product_id=plan.product_id,
        encrypted=plan.encrypted,
        reason=reason,
    )


def sealed_reading(
    outcome: Outcome, plan: Plan, reason: Reason | None = None
) -> Reading:
    """Return the reading of a frame that no key opened."""
    return Reading(
        outcome,
        format=FORMAT,
        model=plan.model,
        product_id=plan.product_id,
        encrypted=True,
        reason=reason,
    )
