import time
from ..world.devices import KINDS
async def test_a(home):
    d = KINDS["LYWSDCGQ"](address="58:2D:34:00:01:AA")
    entry = await home.add(d)
    await home.listen(d, 5)
    print({s.entity_id: s.state for s in home.hass.states.async_all()}, d.truth())
async def test_b(home):
    d = KINDS["JBD"](address="A5:C2:37:00:00:04", name="JBD-x")
    t=time.perf_counter()
    entry = await home.add(d)
    await home.clock.run(1)
    print({s.entity_id: s.state for s in home.hass.states.async_all()}, d.truth())
    print(home.air.connects)
    await home.clock.run(35)
    print(home.air.connects)
