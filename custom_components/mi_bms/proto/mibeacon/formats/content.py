"""What a format makes of one entry of an advert, before anything is decrypted and after."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from ...model.fields import Field
from ...model.reading import Event, Reason, Value
from ..limits import plausible


class Content(NamedTuple):
    """Hold what an entry said; ``dropped`` if a value was impossible, ``payload`` if there was any.

    ``name`` is the format's name where one entry has several. ``further`` are the second and later
    values of a field, by field and number from 2. ``counted`` if a number makes each payload different
    in a format where others have none.
    """

    values: Mapping[Field, Value]
    events: tuple[Event, ...] = ()
    model: str | None = None
    dropped: bool = False
    payload: bool = True
    name: str = ""
    further: Mapping[tuple[Field, int], Value] = {}
    counted: bool = False


class Sealed(NamedTuple):
    """Hold what is needed to open an entry: ``data`` is ciphertext and tag.

    ``counter`` has four bytes, little-endian; None where it has too few bits to say anything. ``plain`` turns the
    plaintext into content.
    """

    nonce: bytes
    data: bytes
    aad: bytes | None
    counter: bytes | None
    plain: Callable[[bytes], Content]


# None: the bytes belong to somebody else. A reason: they are ours and not usable.
type Parsed = Content | Sealed | Reason | None
# Gets the entry's bytes and the device's MAC in printed order (None on a host without MACs).
type Parse = Callable[[bytes, bytes | None], Parsed]


def sift(
    values: Mapping[Field, Value],
    events: tuple[Event, ...] = (),
    *,
    model: str | None = None,
    name: str = "",
) -> Content:
    """Keep the values that can be true."""
    kept = {
        field: value
        for field, value in values.items()
        if isinstance(value, (bool, str)) or plausible(field, value)
    }
    return Content(kept, events, model, dropped=len(kept) < len(values), name=name)


def same_mac(found: bytes, mac: bytes | None) -> bool:
    """Compare a MAC in printed order with the device's; anything goes on a host without MACs."""
    return mac is None or found == mac
