"""Batteries that answer nobody who has not said their password: adding them, and what becomes of them later."""

from typing import Any, override

import pytest

from tests.world.devices.ant import AntBattery
from tests.world.peripheral import GattError

from ..home import Home, Result

ADDRESS = "A5:C2:37:00:00:16"
WORD, WRONG = "12345678", "00000000"


class Listener(AntBattery):
    """A closed board that notes each password, and may refuse what is written before it with an ATT error."""

    def __init__(self, *, code: int | None = None, **params: Any) -> None:
        super().__init__(address=ADDRESS, name="ANT-BLE16ZMUB-01", **params)
        self.heard: list[str] = []
        self.code = code

    def change(self, word: str) -> None:
        """Take another password, as a phone sets it."""
        self.password = self._word = word

    @override
    def answer(self, command: bytes) -> list[bytes]:
        if command[2] == 0x23:
            self.heard.append(command[6:-4].decode())
        elif self.code is not None and not self._open:
            raise GattError(self.code)
        return super().answer(command)


async def begun(home: Home, device: Listener) -> Result:
    return await home.discover(device)


async def passes(home: Home, device: Listener, minutes: int) -> None:
    """Let time pass, in which the board goes on advertising."""
    for _ in range(minutes):
        home.shout(device)
        await home.clock.run(60)


@pytest.mark.parametrize("choice", ["ant", "find_out"])
async def test_a_board_that_refuses_wants_its_password(home: Home, choice: str) -> None:
    """No pairing is spoken of, which would help nobody."""
    device = Listener(password=WORD, code=8)
    form = await home.answer(await begun(home, device), {"family": choice})
    if choice == "find_out":
        assert form["errors"] == {"base": "auth_required"}
        form = await home.answer(form, {"family": "ant"})
    assert (form["step_id"], form["errors"]) == ("password", {})
    form = await home.answer(form, {"password": WRONG})
    assert (form["step_id"], form["errors"]) == ("password", {"base": "invalid_auth"})
    done = await home.answer(form, {"password": WORD})
    assert done["data"]["password"] == WORD
    assert done["data"]["family"] == "ant"
    await home.clock.run(5)
    assert home.value(device, "voltage")


async def test_another_refusal_is_still_a_pairing(home: Home) -> None:
    form = await home.answer(
        await begun(home, Listener(password=WORD, code=5)), {"family": "ant"}
    )
    assert form["errors"] == {"base": "pairing_needed"}


@pytest.mark.parametrize("typed", [WRONG, WORD])
async def test_a_silent_board_can_be_told_its_password(home: Home, typed: str) -> None:
    device = Listener(password=WORD)
    form = await home.answer(await begun(home, device), {"family": "ant"})
    assert (form["step_id"], form["errors"]) == ("family", {"base": "no_answer"})
    form = await home.answer(form, {"family": "ant", "password": typed})
    if typed == WRONG:
        assert form["errors"] == {"base": "invalid_auth"}
        assert WRONG not in str(form)
        form = await home.answer(form, {"family": "ant", "password": WORD})
    assert form["data"]["password"] == WORD
    await home.clock.run(5)
    assert home.value(device, "voltage")
    assert device.heard.count(WRONG) == (typed == WRONG)


async def test_a_password_of_a_type_that_knows_none_is_not_kept(home: Home) -> None:
    device = Listener()
    home.air.add(device)
    home.air.faults[ADDRESS].update({"mute": True})
    form = await home.answer(await home.discover(device), {"family": "ant"})
    home.air.faults[ADDRESS].clear()
    form = await home.answer(form, {"family": "jikong", "password": WORD})
    assert form["errors"] == {"base": "other_family"}
    done = await home.answer(form, {"family": "ant"})
    assert done["data"]["family"] == "ant"
    assert WORD not in device.heard
    await home.clock.run(5)


async def test_a_password_that_was_changed_on_a_phone(home: Home) -> None:
    """It is asked for, the board is not told the old one for ever, and the question goes away by itself."""
    device = Listener(password=WORD)
    form = await home.answer(await begun(home, device), {"family": "ant"})
    await home.answer(form, {"family": "ant", "password": WORD})
    await home.clock.run(60)
    device.change("87654321")
    device.heard.clear()
    await passes(home, device, 60)
    assert 0 < len(device.heard) <= 8
    (flow,) = home.flows()
    assert flow["context"]["source"] == "reauth"
    device.change(WORD)
    await passes(home, device, 62)
    assert home.flows() == []
    assert float(home.value(device, "voltage")) == device.truth()["voltage"]
