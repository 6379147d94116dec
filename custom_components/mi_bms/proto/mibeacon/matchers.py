"""What makes Home Assistant offer a sensor: the advert patterns of the manifest.

Home Assistant looks each pattern up under one key, the name first. The 16-bit services of BTHome
belong to everybody, so they only count together with a name that reflashed Xiaomi thermometers
have; all others are few enough that ``identify`` may look at each.
"""

from typing import Final

_BASE: Final = "0000{}-0000-1000-8000-00805f9b34fb"

# MiBeacon, HHCCJCY10, the two scales, ATC and pvvx, Qingping
_OWN_SERVICES: Final = ("fe95", "fd50", "181b", "181d", "181a", "fdcd")

# BTHome v2, then v1 in the clear and encrypted
_SHARED_SERVICES: Final = ("fcd2", "181c", "181e")
_NAMES: Final = ("ATC_*", "BTH_*", "CGDK*", "CGG*", "LYWSD*", "MHO*", "MJWSD*")

type Matcher = dict[str, str | bool]


def _service(service: str, name: str | None = None) -> Matcher:
    matcher: Matcher = {"connectable": False}
    if name is not None:
        matcher["local_name"] = name
    return matcher | {"service_data_uuid": _BASE.format(service)}


MATCHERS: Final[tuple[Matcher, ...]] = (
    *(_service(service) for service in _OWN_SERVICES),
    *(_service(service, name) for name in _NAMES for service in _SHARED_SERVICES),
)
