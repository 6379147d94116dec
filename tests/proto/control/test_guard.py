"""What speaks against a command, each reason with a case that only it explains, and one beside that passes."""

from dataclasses import replace
from typing import Any

from custom_components.mi_bms.proto.bms.alarms import Alarm
from custom_components.mi_bms.proto.bms.control import Target
from custom_components.mi_bms.proto.control.command import Command, Issuer
from custom_components.mi_bms.proto.control.guard import (
    Leave,
    admit,
    coldest,
    judge,
    lasting,
    load_limit,
    lost,
)
from custom_components.mi_bms.proto.control.refusal import SwitchRefusal, SwitchRefused
from custom_components.mi_bms.proto.model.fields import Field
from custom_components.mi_bms.proto.model.sample import BmsSample, Place, Probe
from tests.each import rows

LEAVE = Leave(allowed=True, offered=True, armed=True, released=False, same_family=True)
CHARGE_ON = Command(target=Target.CHARGE, on=True)
DISCHARGE_ON = Command(target=Target.DISCHARGE, on=True)
CUT = Command(target=Target.DISCHARGE, on=False)
FORCED = replace(CUT, force=True)


def refused(command: Command, leave: Leave) -> SwitchRefusal | None:
    try:
        admit(command, leave)
    except SwitchRefused as err:
        return err.refusal
    return None


def objected(
    command: Command, sample: BmsSample, *, powers_home: bool = False
) -> tuple[SwitchRefusal, dict[str, str]] | None:
    try:
        judge(command, sample, powers_home=powers_home)
    except SwitchRefused as err:
        return err.refusal, err.fill
    return None


@rows(
    ("change", "refusal"),
    [
        ({}, None),
        ({"same_family": False}, SwitchRefusal.OTHER_FAMILY),
        ({"allowed": False}, SwitchRefusal.NOT_ALLOWED),
        ({"offered": False}, SwitchRefusal.NOT_OFFERED),
        ({"armed": False}, SwitchRefusal.NOT_ARMED),
        ({"released": True}, SwitchRefusal.RELEASED),
        ({"allowed": False, "armed": False}, SwitchRefusal.NOT_ALLOWED),
    ],
)
def test_what_needs_no_reading(
    change: dict[str, Any], refusal: SwitchRefusal | None
) -> None:
    assert refused(CHARGE_ON, replace(LEAVE, **change)) is refusal


@rows(
    ("by", "on", "allowed", "armed", "refusal"),
    [
        (Issuer.RETURN, True, False, False, None),
        (Issuer.RETURN, False, False, False, None),
        (Issuer.WINDOW, True, False, False, None),
        (Issuer.WINDOW, False, True, False, None),
        (Issuer.WINDOW, False, False, True, SwitchRefusal.NOT_ALLOWED),
        (Issuer.AUTOMATION, True, True, False, SwitchRefusal.NOT_ARMED),
        (Issuer.USER, True, False, True, SwitchRefusal.NOT_ALLOWED),
    ],
)
def test_who_needs_leave(
    by: Issuer,
    on: bool,
    allowed: bool,
    armed: bool,
    refusal: SwitchRefusal | None,
) -> None:
    leave = replace(LEAVE, allowed=allowed, armed=armed)
    assert refused(Command(target=Target.CHARGE, on=on, by=by), leave) is refusal


@rows(
    ("command", "powers_home", "minutes"),
    [
        (CUT, False, 60.0),
        (CUT, True, 30.0),
        (replace(CUT, minutes=5.0), True, 5.0),
        (replace(CUT, minutes=600.0), False, 600.0),
        (DISCHARGE_ON, False, None),
        (Command(target=Target.CHARGE, on=False), False, None),
        (Command(target=Target.CHARGE, on=False, minutes=7.0), False, 7.0),
        (Command(target=Target.ALARM, on=False, minutes=7.0), False, None),
        (replace(CUT, by=Issuer.RETURN), False, None),
        # What was to end anyway still is, when a bank puts it back as it was.
        (replace(CUT, by=Issuer.RETURN, minutes=9.0), True, 9.0),
        (Command(target=Target.CHARGE, on=True, by=Issuer.WINDOW), False, None),
        (
            Command(target=Target.CHARGE, on=False, by=Issuer.WINDOW, minutes=15.0),
            False,
            15.0,
        ),
    ],
)
def test_how_long_a_command_lasts(
    command: Command, powers_home: bool, minutes: float | None
) -> None:
    assert lasting(command, powers_home=powers_home) == minutes


@rows(
    ("values", "current", "refusal"),
    [
        ({Field.FULL_CHARGE: 100.0}, -20.0, None),
        ({Field.FULL_CHARGE: 100.0}, -20.1, ("20.1", "20")),
        ({Field.FULL_CHARGE: 100.0}, 90.0, None),
        ({Field.FULL_CHARGE: 0.0, Field.DESIGN_CAPACITY: 280.0}, -57.0, ("57.0", "56")),
        ({Field.DESIGN_CAPACITY: 280.0}, -55.0, None),
        ({}, -10.0, None),
        ({}, -10.5, ("10.5", "10")),
    ],
)
def test_a_load_is_cut_off_by_force_only(
    values: dict[Field, float], current: float, refusal: tuple[str, str] | None
) -> None:
    sample = BmsSample(values={**values, Field.CURRENT: current})
    expected = refusal and (
        SwitchRefusal.LOAD_FLOWS,
        {"load": refusal[0], "limit": refusal[1]},
    )
    assert objected(CUT, sample) == expected
    assert objected(FORCED, sample) is None
    assert objected(Command(target=Target.CHARGE, on=False), sample) is None


def test_an_unknown_load_is_not_refused() -> None:
    assert objected(CUT, BmsSample()) is None
    assert load_limit(BmsSample()) == 10.0


@rows(
    ("command", "refusal"),
    [
        (CUT, SwitchRefusal.POWERS_HOME),
        (replace(CUT, minutes=5.0), SwitchRefusal.POWERS_HOME),
        (FORCED, None),
        (replace(FORCED, minutes=30.0), None),
        (replace(FORCED, minutes=30.1), SwitchRefusal.POWERS_HOME_TOO_LONG),
        (replace(FORCED, by=Issuer.RETURN), SwitchRefusal.POWERS_HOME_TOO_LONG),
        (DISCHARGE_ON, None),
    ],
)
def test_what_home_assistant_runs_on(
    command: Command, refusal: SwitchRefusal | None
) -> None:
    found = objected(command, BmsSample(), powers_home=True)
    assert (found and found[0]) is refusal


@rows(
    ("celsius", "place", "refusal"),
    [
        (0.0, Place.CELL, None),
        (-0.1, Place.CELL, SwitchRefusal.TOO_COLD),
        (-0.1, Place.GENERIC, SwitchRefusal.TOO_COLD),
        (-5.0, Place.CELL_MIN, SwitchRefusal.TOO_COLD),
        (-5.0, Place.MOSFET, None),
        (-5.0, Place.AMBIENT, None),
        (None, Place.CELL, None),
    ],
)
def test_a_frozen_battery_is_not_charged_by_anybody(
    celsius: float | None, place: Place, refusal: SwitchRefusal | None
) -> None:
    probes = (Probe(21.0, Place.CELL_MAX), Probe(celsius, place))
    for sample in (
        BmsSample(probes=probes),
        BmsSample(packs=(BmsSample(), BmsSample(probes=probes))),
    ):
        for by in Issuer:
            found = objected(replace(CHARGE_ON, by=by), sample)
            assert (found and found[0]) is refusal
        assert objected(DISCHARGE_ON, sample) is None
        assert objected(Command(target=Target.HEATER, on=True), sample) is None


def test_without_a_temperature_it_is() -> None:
    assert coldest(BmsSample()) is None
    assert objected(CHARGE_ON, BmsSample()) is None


@rows(
    ("alarm", "charge", "discharge"),
    [
        (Alarm.CELL_OVERVOLTAGE, SwitchRefusal.CHARGE_PROTECTION, None),
        (Alarm.OVERCURRENT, SwitchRefusal.CHARGE_PROTECTION, None),
        (Alarm.CELL_OVERVOLTAGE_WARNING, None, None),
        (Alarm.CELL_UNDERVOLTAGE, None, SwitchRefusal.UNDERVOLTAGE),
        (Alarm.PACK_UNDERVOLTAGE, None, SwitchRefusal.UNDERVOLTAGE),
        (Alarm.CELL_UNDERVOLTAGE_WARNING, None, None),
        (Alarm.LEVEL_LOW, None, None),
    ],
)
def test_protections_refuse_what_they_hold(
    alarm: Alarm, charge: SwitchRefusal | None, discharge: SwitchRefusal | None
) -> None:
    sample = BmsSample(alarms=frozenset({alarm}))
    for command, refusal in ((CHARGE_ON, charge), (DISCHARGE_ON, discharge)):
        expected = refusal and (refusal, {"alarm": alarm.value})
        assert objected(command, sample) == expected
        # What is put back has only the battery's own guard, as it had before.
        assert objected(replace(command, by=Issuer.RETURN), sample) is None
        assert objected(replace(command, on=False, force=True), sample) is None


WHOLE = BmsSample(
    values={Field.PROBLEM: False, Field.CURRENT: 1.0}, probes=(Probe(9.0),)
)
CHARGE_OFF = Command(target=Target.CHARGE, on=False)


@rows(
    ("command", "alarms", "current", "warmth"),
    [
        (CHARGE_ON, True, False, True),
        (DISCHARGE_ON, True, False, False),
        (CUT, True, True, False),
        (FORCED, False, False, False),
        (CHARGE_OFF, False, False, False),
        (replace(CHARGE_ON, by=Issuer.RETURN), False, False, True),
        (replace(CHARGE_ON, by=Issuer.WINDOW), False, False, True),
        (replace(CHARGE_OFF, by=Issuer.WINDOW), False, False, False),
    ],
)
def test_what_a_command_is_judged_by_may_be_lost(
    command: Command, alarms: bool, current: bool, warmth: bool
) -> None:
    def lacks(**parts: Any) -> bool:
        sample = replace(WHOLE, **parts)
        # What it never told cannot be missed.
        assert not lost(command, sample, (), warm=False)
        return lost(command, sample, WHOLE.values, warm=True)

    assert not lacks()
    assert lacks(values={Field.CURRENT: 1.0}) is alarms
    assert lacks(values={Field.PROBLEM: False}) is current
    assert lacks(probes=()) is warmth
    assert lacks(probes=(Probe(None),)) is warmth
    assert lacks(probes=(Probe(21.0, Place.MOSFET),)) is warmth


@rows(("switches", "missed"), [({}, True), ({"discharge": True}, False)])
def test_a_word_that_all_is_well_is_missed_where_the_command_is_not_told(
    switches: dict[str, bool], missed: bool
) -> None:
    sample = BmsSample(values={Field.CURRENT: 1.0}, switches=switches)
    assert lost(CUT, sample, WHOLE.values, warm=False) is missed
