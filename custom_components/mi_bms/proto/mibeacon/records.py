"""What a sensor says in one advert, as a plain record for scripts and automations."""

from typing import Any

from ..model.reading import Reading
from .identify import Sighting


def record(sighting: Sighting, reading: Reading) -> dict[str, Any]:
    """Return which sensor it is, and what it says."""
    return {
        "format": sighting.format,
        "model": sighting.model,
        "title": sighting.title,
        "product_id": sighting.product_id,
        "encrypted": sighting.encrypted,
        "outcome": str(reading.outcome),
        "values": {str(name): value for name, value in reading.values.items()},
        "events": [
            {"key": one.key, "type": one.type, "properties": dict(one.properties)}
            for one in reading.events
        ],
    }
