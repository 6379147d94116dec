"""What one advert of a sensor said: values, events and the state of its key.

A reading holds the fields of this one frame only, never older ones. The classes are light on
purpose: a busy house hears hundreds of adverts a second.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from .fields import Field

type Value = bool | int | float | str


class Outcome(StrEnum):
    """Describe what became of an advert."""

    DECODED = "decoded"
    NO_PAYLOAD = "no_payload"  # valid, carries no object: only presence
    NEEDS_KEY = "needs_key"
    WRONG_KEY = "wrong_key"
    IGNORED = "ignored"  # valid, nothing to publish
    NOT_OURS = "not_ours"
    REPEATED = "repeated"  # the same payload once more: only presence
    REJECTED = "rejected"  # forged, corrupt, stale or malformed; ``reason`` says which


class Reason(StrEnum):
    """Describe why an advert was rejected."""

    SHORT = "short"
    LONG = "long"
    VERSION = "version"
    MESH = "mesh"
    FOREIGN_MAC = "foreign_mac"
    NO_MAC = "no_mac"
    REPLAY = "replay"
    CORRUPT = "corrupt"
    DOWNGRADE = "downgrade"  # in the clear, from a device whose key is proven
    UNCHECKED = (
        "unchecked"  # believed though its check byte is wrong, as that of all others
    )
    RECURRING = (
        "recurring"  # believed, though a recording of some time ago would look the same
    )
    RANGE = "range"


class KeyState(StrEnum):
    """Describe what is known of a device's key."""

    NOT_NEEDED = "not_needed"  # it was heard in the clear
    MISSING = "missing"
    UNVERIFIED = (
        "unverified"  # there is one, and nothing encrypted was heard that proves it
    )
    RIGHT = "right"
    WRONG = "wrong"


class KeyCheck(StrEnum):
    """Describe what kept frames tell of a key."""

    RIGHT = "right"
    WRONG = "wrong"
    UNKNOWN = "unknown"  # no encrypted frame to try it on


class Event(NamedTuple):
    """Tell of one thing that happened: ``key`` is its source (button, dimmer, lock …), ``type`` what it was."""

    key: str
    type: str
    properties: Mapping[str, int | str] = {}


class Reading(NamedTuple):
    """Hold what one advert said.

    ``model`` and ``product_id`` are None where the format does not name them. ``encrypted`` is the
    frame's own flag. ``reason`` says why a frame was rejected, or that a value of it was dropped
    (``range``). A frame without payload may still imply values: look at them, not at the outcome.
    ``further`` are the second and later values of a field, by field and number from 2.
    """

    outcome: Outcome
    values: Mapping[Field, Value] = {}
    events: tuple[Event, ...] = ()
    format: str = ""
    model: str | None = None
    product_id: int | None = None
    encrypted: bool = False
    reason: Reason | None = None
    further: Mapping[tuple[Field, int], Value] = {}

    def with_values(self, values: Mapping[Field, Value]) -> Reading:
        """Return the same reading with other values."""
        # Three times as quick as ``_replace``, and needed for nearly every advert of some models.
        return tuple.__new__(Reading, (self[0], values, *self[2:]))
