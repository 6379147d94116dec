"""TianPower: what a pack does not have is not asked for."""

from custom_components.mi_bms.proto.bms.families.tianpwr import FAMILY

from .fixtures import VECTORS
from .talks import answer, say

RECORDED = next(vector for vector in VECTORS if vector["id"] == "tianpwr:update")


def test_a_pack_without_probes_is_not_asked_for_their_temperatures() -> None:
    said = {
        entry["write"]: bytes.fromhex("".join(entry["notify"]))
        for entry in RECORDED["exchange"]
    }
    capacity = bytearray(said["550484aa"])
    capacity[4] = 0
    said["550484aa"] = bytes(capacity)
    del said["550487aa"]
    sent: list[bytes] = []
    draft = answer(FAMILY.poll(say(FAMILY)), *said.values(), sent=sent)
    assert [one.hex() for one in sent] == [*said]
    assert len(draft.cells) == 16
