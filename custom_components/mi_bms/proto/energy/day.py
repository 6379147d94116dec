"""How much of a day was measured, and what the rest of it is made of."""

from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, Final, Self

from .point import Moved

_ONE_DAY: Final = 86_400.0
_NOISE: Final = 1.0  # s, of many sums


class Basis(StrEnum):
    """Name how the time between two points was accounted for."""

    MEASURED = "measured"
    ESTIMATED = "estimated"
    LEFT_OUT = "left_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The seconds since local midnight, and since the first point: measured, left out, all; the rest is estimated.

    ``estimated_in`` and ``estimated_out`` are kWh. ``midnight`` is in unix seconds.
    """

    midnight: float = 0.0
    elapsed_s: float = 0.0
    measured_s: float = 0.0
    left_out_s: float = 0.0
    longest_gap_s: float = 0.0
    estimated_in: float = 0.0
    estimated_out: float = 0.0

    def after(
        self, seconds: float, basis: Basis, moved: Moved, wall: float, midnight: float
    ) -> Day:
        """Return the day with an interval that ends now; of one that began yesterday the part since midnight."""
        day, part = self, seconds
        if self._over(midnight):
            day = Day(midnight=midnight)
            part = min(seconds, max(0.0, wall - midnight))
        moved = moved.part(part / seconds)
        day = replace(day, elapsed_s=day.elapsed_s + part)
        if basis is Basis.MEASURED:
            return replace(day, measured_s=day.measured_s + part)
        day = replace(day, longest_gap_s=max(day.longest_gap_s, part))
        if basis is Basis.LEFT_OUT:
            return replace(day, left_out_s=day.left_out_s + part)
        return replace(
            day,
            estimated_in=day.estimated_in + moved.energy_in / 1000,
            estimated_out=day.estimated_out + moved.energy_out / 1000,
        )

    def _over(self, midnight: float) -> bool:
        """Return whether another day has begun; a clock that was put back a little begins none."""
        return midnight > self.midnight or midnight < self.midnight - 2 * _ONE_DAY

    @property
    def possible(self) -> bool:
        """Return whether no part is longer than what has passed, nor that than clocks that are put allow."""
        passed = self.elapsed_s + _NOISE
        parts = self.measured_s + self.left_out_s
        return max(parts, self.longest_gap_s) <= passed < 3 * _ONE_DAY

    @property
    def coverage(self) -> float | None:
        """Return the measured share in %, None before any time has passed."""
        return 100 * self.measured_s / self.elapsed_s if self.elapsed_s else None

    def to_json(self) -> dict[str, float]:
        """Return it as plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Return what was stored and found sound."""
        return cls(**data)
