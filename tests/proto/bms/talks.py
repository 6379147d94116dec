"""Drive a dialogue by hand: give the answers in order, see what was asked."""

from custom_components.mi_bms.proto.bms.contract import Ask, Context, Family, Talk
from custom_components.mi_bms.proto.model.errors import MiBmsError

from .families import context_of


def say(family: Family, secret: str | None = None) -> Context:
    """Make a context of a family."""
    return context_of(family, secret)


def answer[T](
    talk: Talk[T], *answers: bytes | MiBmsError | None, sent: list[bytes] | None = None
) -> T:
    """Answer every step in turn (bytes, an error to throw in, or silence) and give the result."""
    waiting = list(answers)
    reply: bytes | MiBmsError | None = None
    try:
        while True:
            step = (
                talk.throw(reply) if isinstance(reply, MiBmsError) else talk.send(reply)
            )
            if sent is not None and isinstance(step, Ask) and step.request is not None:
                sent.append(step.request)
            reply = waiting.pop(0)
            if isinstance(step, Ask) and isinstance(reply, bytes):
                assert step.accepts(reply)
    except StopIteration as done:
        assert not waiting
        result: T = done.value
        return result


def frames_of(family: Family, *chunks: bytes) -> list[bytes]:
    """Run chunks through a family's framer."""
    framer = family.framer(say(family))
    return [frame for chunk in chunks for frame in framer.feed(chunk)]
