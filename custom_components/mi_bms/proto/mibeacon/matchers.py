"""What makes Home Assistant offer a sensor: the advert patterns of the manifest.

The services of BTHome belong to everybody, and a reflashed thermometer may be called anything or
have no name: a pattern cannot tell it, so ``identify`` looks at each, and at its address.
"""

from typing import Final

_BASE: Final = "0000{}-0000-1000-8000-00805f9b34fb"

# MiBeacon, HHCCJCY10, the two scales, ATC and pvvx, Qingping; BTHome v2, then v1 clear and encrypted
_SERVICES: Final = (
    *("fe95", "fd50", "181b", "181d", "181a", "fdcd"),
    *("fcd2", "181c", "181e"),
)

type Matcher = dict[str, str | bool]

MATCHERS: Final[tuple[Matcher, ...]] = tuple(
    {"connectable": False, "service_data_uuid": _BASE.format(service)}
    for service in _SERVICES
)
