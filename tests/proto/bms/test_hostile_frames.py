"""What a family makes of bytes that nobody thought of: frames are refused with a reason, questions are not answered, polls end."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from random import Random
from typing import Any, Final

import pytest

from custom_components.mi_bms.proto.bms import framing
from custom_components.mi_bms.proto.bms.contract import (
    Ask,
    Context,
    Dialogue,
    Family,
    Read,
)
from custom_components.mi_bms.proto.bms.control import (
    CommandRefused,
    Passphrase,
    Target,
)
from custom_components.mi_bms.proto.model import steps
from custom_components.mi_bms.proto.model.errors import FrameError, MiBmsError, NoAnswer
from custom_components.mi_bms.proto.model.sample import BmsSample
from custom_components.mi_bms.proto.model.steps import Permit

from .families import context_of, every
from .fixtures import VECTORS

ROUNDS: Final = 60
# Blanks of several kinds, signs, digits that are none everywhere, ends of lines and brackets.
NASTY: Final = (
    b"\0\x04\x0a\x0d\x1c\x1f +-.,_:~<>#&{}[]\"'0159aAfFeExXnN\x7f\x80\xaa\xff"
)


def notifications(family: Family) -> list[bytes]:
    """Return what devices of a family were recorded to say."""
    return [
        bytes.fromhex(chunk)
        for vector in VECTORS
        if vector["family"] == family.id
        for entry in vector.get("exchange", ())
        for chunk in (*entry.get("notify", ()), entry.get("value", ""))
        if chunk
    ]


def damaged(data: bytes, random: Random) -> bytes:
    """Change, insert, remove or repeat some bytes."""
    found = bytearray(data)
    for _ in range(random.randrange(4)):
        at = random.randrange(len(found) + 1)
        match random.randrange(4):
            case 0:
                found[at : at + 1] = bytes((random.choice(NASTY),))
            case 1:
                found.insert(at, random.choice(NASTY))
            case 2:
                del found[at : at + random.randrange(1, 9)]
            case _:
                found[at:at] = found[: random.randrange(9)]
    return bytes(found)


def contexts(family: Family) -> Iterator[Context]:
    """Return contexts that names and passwords make different."""
    for vector in [one for one in VECTORS if one["family"] == family.id][:3]:
        name = vector.get("device", {}).get("name") or vector.get(
            "advertisement", {}
        ).get("local_name", "")
        yield replace(context_of(family, vector.get("secret")), name=name)


@pytest.fixture
def strict(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let through what the framers would catch for the sake of safety."""
    monkeypatch.setattr(framing, "BROKEN", ())
    monkeypatch.setattr(steps, "BROKEN", ())


def framers(family: Family, context: Context) -> list[framing.Framer]:
    makers: Sequence[Callable[[Context], framing.Framer]] = (
        family.framer,
        *family.framers.values(),
    )
    try:
        return [make(context) for make in makers]
    except MiBmsError:
        return []


@pytest.mark.usefixtures("strict")
def test_no_bytes_leave_a_framer_as_another_error() -> None:
    every(no_bytes_leave_a_framer_as_another_error)


def no_bytes_leave_a_framer_as_another_error(family: Family) -> None:
    random = Random(family.id)
    said = notifications(family)
    for context in contexts(family):
        for framer in framers(family, context):
            for _ in range(ROUNDS):
                chunk = damaged(random.choice(said), random)
                for frame in framer.feed(chunk):
                    assert isinstance(frame, bytes)
            assert len(getattr(framer, "_buffer", b"")) < 8192


def test_no_frame_leaves_a_check_as_another_error() -> None:
    every(no_frame_leaves_a_check_as_another_error)


def no_frame_leaves_a_check_as_another_error(family: Family) -> None:
    """Hand a framer's check also what no framer would cut so."""
    random = Random(family.id)
    said = notifications(family)
    for context in contexts(family):
        for framer in framers(family, context):
            passes = getattr(framer, "_inner", framer)._passes
            for data in (b"", b"\0", b"\r", *said[:20]):
                for frame in (data, damaged(data, random), data[:5], data[-3:]):
                    assert passes(frame) in {True, False}


def talks(family: Family) -> list[Dialogue[Any]]:
    """Return all that a family says once it is logged in."""
    found: list[Dialogue[Any]] = [family.poll]
    found += [talk for talk in (family.inform, family.diagnose, family.alive) if talk]
    if control := family.control:
        sample = BmsSample(switches=dict.fromkeys(Target, True))
        found += [
            lambda context, switch=switch: control.write(context, switch, False, sample)
            for switch in control.switches
        ]
        found += [control.ask] if control.ask else []
        if unlock := control.unlock:
            word = Passphrase(text="123456789abc")
            found.append(lambda context: unlock(context, word))
    return found


def hostile(
    talk: Dialogue[Any], context: Context, frames: Sequence[bytes], random: Random
) -> bool:
    """Answer a dialogue with anything its framer passes on, or with nothing; say whether it ended well."""
    steps = talk(context)
    reply: bytes | None = None
    error: MiBmsError | None = None
    for _ in range(200):
        try:
            step = steps.send(reply) if error is None else steps.throw(error)
        except StopIteration:
            return True
        except MiBmsError, CommandRefused:
            return False
        reply = error = None
        if isinstance(step, Ask):
            fitting = [frame for frame in frames if step.accepts(frame)]
            if fitting and random.random() < 0.9:
                reply = random.choice(fitting)
            elif not step.optional:
                error = random.choice((NoAnswer(), FrameError("exception")))
        elif isinstance(step, Read):
            reply = damaged(random.choice(frames or [b"\0"]), random)
        elif isinstance(step, Permit):
            reply = b""
    steps.close()
    return False


@pytest.mark.usefixtures("strict")
def test_no_answer_leaves_a_dialogue_as_another_error() -> None:
    every(no_answer_leaves_a_dialogue_as_another_error)


def no_answer_leaves_a_dialogue_as_another_error(family: Family) -> None:
    random = Random(family.id)
    said = notifications(family)
    for context in contexts(family):
        frames: list[bytes] = []
        for framer in framers(family, context):
            for chunk in said:
                frames += framer.feed(chunk)
                frames += framer.feed(damaged(chunk, random))
        for talk in talks(family):
            for _ in range(8):
                context.state.clear()
                if family.login is None or hostile(
                    family.login, context, frames, random
                ):
                    hostile(talk, context, frames, random)


def test_a_check_that_stumbles_is_a_frame_refused() -> None:
    def stumbles(frame: bytes) -> None:
        frame[99]

    framer = framing.WholeFramer(stumbles)
    assert not list(framer.feed(b"abc"))
    assert framer.rejects == {"broken": 1}
    assert not Ask(reply=lambda frame: frame[99] == 1).accepts(b"abc")
