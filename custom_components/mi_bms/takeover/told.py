"""What is said of a move: what came of it, why it was refused, and what is left to change by hand."""

from collections.abc import Sequence
from typing import Final

from homeassistant.core import HomeAssistant, callback

from ..proto.model.names import Words, clean_name
from ..proto.takeover.journal import Order, OrderState
from ..proto.takeover.model import MovePlan, Recipe
from ..proto.takeover.peers import PEERS
from ..texts import async_words
from .check import Refused
from .journal import order_of
from .uses import BrokenTrigger

_MOST: Final = 10  # triggers in one repair


def title_of(plan: MovePlan) -> str:
    """Return how the other integration is called; a record may name one that no table is left of."""
    return PEERS[plan.peer].title if plan.peer in PEERS else plan.peer


async def async_refusal(hass: HomeAssistant, refused: Refused) -> str:
    """Return why a move was refused, and what helps."""
    words = await async_words(hass)
    return words("takeover_refusal", refused.word, **refused.placeholders)


async def async_reason(hass: HomeAssistant, order: Order) -> str:
    """Return why a move did not come to its end."""
    words, peer = await async_words(hass), title_of(order.plan)
    if order.word in {"peer_gone", "not_unloaded"}:
        return words("takeover_flow", f"stopped_{order.word}", peer=peer)
    return words("takeover_flow", "failed" if order.word else "stopped")


def told_moved(words: Words, plan: MovePlan) -> str:
    """Return what moves and what stays, and how to undo it."""
    stays = len(plan.rulings) - len(plan.moving)
    off = "moved_off" if stays else "moved_whole"
    return words(
        "takeover_flow",
        off if plan.recipe is Recipe.OWN else "moved",
        peer=title_of(plan),
        moved=str(len(plan.moving)),
        stays=str(stays),
    )


async def async_end(hass: HomeAssistant, plan: MovePlan) -> str:
    """Return what came of a move that was carried out."""
    words = await async_words(hass)
    if has_moved(hass, plan.address):
        return told_moved(words, plan)
    return words("takeover_flow", "failed")


@callback
def has_moved(hass: HomeAssistant, address: str) -> bool:
    """Return whether a move that was ordered is carried out."""
    order = order_of(hass, address)
    return order is not None and order.state in {OrderState.MOVED, OrderState.SETTLED}


async def async_told_triggers(
    hass: HomeAssistant, broken: Sequence[BrokenTrigger]
) -> str:
    """Return what automations wait for in vain, each with the text that takes its place."""
    words = await async_words(hass)
    told = [told_trigger(words, one) for one in broken[:_MOST]]
    if (more := len(broken) - _MOST) > 0:
        told.append(words("takeover_preview", "more", count=str(more)))
    return "\n\n".join(told)


def told_trigger(words: Words, broken: BrokenTrigger) -> str:
    """Return what an automation waits for in vain, with what takes its place."""
    name, old = broken.where.name, code(broken.old)
    if broken.text is None:
        return words("takeover_preview", "trigger_gone", name=name, old=old)
    text = broken.text.replace("`", "")
    said = words("takeover_preview", "trigger", name=name, old=old)
    return f"{said}\n\n```yaml\n{text}\n```"


def code(text: str) -> str:
    """Return a word of a machine as one, whatever stands in it."""
    return f"`{clean_name(text).replace('`', '')}`"


def told_off(words: Words, plan: MovePlan) -> str:
    """Return what becomes of the other integration when this moves."""
    own = "own_stays" if len(plan.moving) < len(plan.rulings) else "own"
    word = own if plan.recipe is Recipe.OWN else "shared"
    return words("takeover_preview", word, peer=title_of(plan))
