"""What would become of a whole house, in short: counts, and what does not simply move."""

from collections.abc import Iterable, Iterator
from typing import Final

from homeassistant.core import HomeAssistant

from ..proto.model.names import clean_name
from ..proto.takeover.model import Fate, MovePlan, Ruling
from ..takeover.uses import async_broken_triggers
from ..texts import Words, async_words
from .take_over_work import Mover

_MOST: Final = 8  # entities of one device


async def async_told_in_short(hass: HomeAssistant, movers: Iterable[Mover]) -> str:
    """Return a list of devices, below each what does not simply move and why."""
    words = await async_words(hass)
    return "\n".join(line for one in movers for line in _lines(hass, words, one))


def _lines(hass: HomeAssistant, words: Words, mover: Mover) -> Iterator[str]:
    plan, peer = mover.plan, mover.found.peer.title
    if mover.wrong or plan is None:
        reason = words(
            "takeover_flow", "cannot", name=mover.name, peer=peer, reason=mover.wrong
        )
        yield f"- {reason}"
        return
    moving = len(plan.moving)
    counts = words(
        "takeover_flow",
        "counts",
        name=mover.name,
        peer=peer,
        moving=str(moving),
        stays=str(len(plan.rulings) - moving),
    )
    yield f"- {counts}"
    for line in (*_special(words, plan), *_broken(hass, words, plan)):
        yield f"  - {line}"


def _special(words: Words, plan: MovePlan) -> Iterator[str]:
    special = [one for one in plan.rulings if one.why or one.fate is not Fate.MOVES]
    yield from (_verdict(words, one) for one in special[:_MOST])
    if (more := len(special) - _MOST) > 0:
        yield words("takeover_preview", "more", count=str(more))


def _verdict(words: Words, ruling: Ruling) -> str:
    name = clean_name(ruling.old.name) or ruling.old.entity_id
    said = [words("takeover_fate", ruling.fate)]
    if ruling.why:
        said.append(words("takeover_why", ruling.why))
    return f"{name}: {words.sentences(said)}"


def _broken(hass: HomeAssistant, words: Words, plan: MovePlan) -> Iterator[str]:
    broken = async_broken_triggers(hass, plan)
    if broken:
        names = words.listed(dict.fromkeys(one.where.name for one in broken))
        yield words("takeover_flow", "broken", names=names)
