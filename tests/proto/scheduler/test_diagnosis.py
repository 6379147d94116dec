"""One cause and one remedy, whatever the facts; the most specific one first."""

from dataclasses import replace

from hypothesis import given, strategies as st

from custom_components.mi_bms.proto.scheduler.diagnosis import Cause, Remedy, diagnose
from custom_components.mi_bms.proto.scheduler.facts import Facts, ScannerReport
from custom_components.mi_bms.proto.scheduler.link_state import Failure
from tests.each import rows

NEAR = ScannerReport(name="hall", rssi=-60)
WORKED = Facts(scanners=(NEAR,), read_for=100.0, heard_for=1.0)


def facts(*scanners: ScannerReport, **more: object) -> Facts:
    return replace(WORKED, scanners=scanners or (NEAR,), **more)  # type: ignore[arg-type]


def scanner(**more: object) -> ScannerReport:
    return replace(NEAR, **more)  # type: ignore[arg-type]


CASES = [
    (facts(paused_for=60.0, failure=Failure.AUTH), Cause.PAUSED, Remedy.RESUME),
    (
        facts(failure=Failure.AUTH, has_password=True),
        Cause.PASSWORD_WRONG,
        Remedy.CHECK_PASSWORD,
    ),
    (facts(failure=Failure.AUTH), Cause.PASSWORD_MISSING, Remedy.ENTER_PASSWORD),
    (Facts(), Cause.NO_BLUETOOTH, Remedy.ADD_RECEIVER),
    (
        facts(scanner(rssi=None, silent=True, local=True)),
        Cause.ADAPTER_STUCK,
        Remedy.REPLUG_ADAPTER,
    ),
    (
        facts(scanner(rssi=None, silent=True)),
        Cause.RECEIVERS_SILENT,
        Remedy.RESTART_RECEIVERS,
    ),
    (facts(held_for=60.0), Cause.HELD, Remedy.CLOSE_APP),
    (facts(scanner(rssi=None), asleep_for=60.0), Cause.ASLEEP, Remedy.WAKE),
    (
        facts(scanner(rssi=None), read_for=None, heard_for=None),
        Cause.NEVER_HEARD,
        Remedy.MOVE_CLOSER,
    ),
    (facts(scanner(rssi=None)), Cause.OUT_OF_RANGE, Remedy.CHECK_POWER),
    (
        facts(scanner(connectable=False)),
        Cause.ADVERTS_ONLY,
        Remedy.ADD_CONNECTING_RECEIVER,
    ),
    (
        facts(scanner(others=2), reserve=1, failure=Failure.NO_SLOT),
        Cause.RESERVED,
        Remedy.LOWER_RESERVE,
    ),
    (facts(scanner(others=2), reserve=1), Cause.RESERVED, Remedy.LOWER_RESERVE),
    (facts(scanner(others=2, ours=1)), Cause.SLOTS_OTHERS, Remedy.ADD_SLOTS),
    (facts(scanner(ours=3)), Cause.SLOTS_OURS, Remedy.LENGTHEN_INTERVAL),
    (facts(failure=Failure.UNSUPPORTED), Cause.UNSUPPORTED, Remedy.CHECK_FAMILY),
    (
        facts(scanner(rssi=-92), failure=Failure.CONNECT),
        Cause.WEAK_SIGNAL,
        Remedy.MOVE_CLOSER,
    ),
    (
        facts(failure=Failure.SILENT, read_for=None),
        Cause.SILENT,
        Remedy.CHECK_FAMILY,
    ),
    (facts(failure=Failure.SILENT), Cause.SILENT, Remedy.RESTART_BATTERY),
    (facts(failure=Failure.GARBLED), Cause.GARBLED, Remedy.CHECK_FAMILY),
    (facts(failure=Failure.PAIRING), Cause.PAIRING, Remedy.PAIR),
    (
        facts(scanner(troubled=True), failure=Failure.CONNECT),
        Cause.RECEIVER_TROUBLED,
        Remedy.RESTART_RECEIVER,
    ),
    (
        facts(failure=Failure.CONNECT, read_for=None),
        Cause.REFUSED,
        Remedy.CLOSE_APP,
    ),
    (
        facts(failure=Failure.CONNECT, read_for=None, heard_for=40.0),
        Cause.FELL_SILENT,
        Remedy.WAKE_OR_CLOSE,
    ),
    (
        facts(scanner(connectable=False), failure=Failure.NOT_HEARD, read_for=None),
        Cause.ADVERTS_ONLY,
        Remedy.ADD_CONNECTING_RECEIVER,
    ),
    (facts(failure=Failure.LOST), Cause.REFUSED, Remedy.RESTART_BATTERY),
    (facts(unbelieved=True), Cause.UNBELIEVED, Remedy.REPORT),
    (facts(), Cause.NOT_YET, Remedy.WAKE_OR_CLOSE),
    (facts(failure=Failure.NOT_HEARD), Cause.UNKNOWN, Remedy.REPORT),
]


@rows(("known", "cause", "remedy"), CASES)
def test_cause_and_remedy(known: Facts, cause: Cause, remedy: Remedy) -> None:
    found = diagnose(known)
    assert (found.cause, found.remedy) == (cause, remedy)


def test_every_word_is_used() -> None:
    assert {cause for _, cause, _ in CASES} == set(Cause)
    assert {remedy for *_, remedy in CASES} == set(Remedy)


def test_placeholders() -> None:
    found = diagnose(
        facts(
            ScannerReport(name="far", rssi=-80, ours=1),
            scanner(others=1, users=("lock", "lamp")),
            ScannerReport(name="none"),
            failure=Failure.SILENT,
            failures=7,
            heard_for=150.0,
        )
    )
    assert found.placeholders == {
        "receiver": "hall",
        "rssi": "-60",
        "receivers": "far, hall, none",
        "hearing": "hall (-60 dBm), far (-80 dBm)",
        "slots": "6",
        "ours": "1",
        "others": "1",
        "users": "lamp, lock",
        "failures": "7",
        "minutes": "2",
    }
    assert diagnose(Facts()).placeholders["hearing"] == "-"


SCANNERS = st.builds(
    ScannerReport,
    name=st.just("hall"),
    rssi=st.none() | st.integers(-110, -20),
    connectable=st.booleans(),
    local=st.booleans(),
    silent=st.booleans(),
    slots=st.integers(0, 5),
    ours=st.integers(0, 5),
    others=st.integers(0, 5),
    users=st.just(()),
    troubled=st.booleans(),
)
SPAN = st.none() | st.floats(0, 1e6)


@given(
    st.builds(
        Facts,
        scanners=st.lists(SCANNERS, max_size=3),
        failure=st.none() | st.sampled_from(Failure),
        failures=st.integers(0, 50),
        read_for=SPAN,
        heard_for=SPAN,
        asleep_for=SPAN,
        held_for=SPAN,
        paused_for=SPAN,
        has_password=st.booleans(),
        reserve=st.integers(0, 3),
    )
)
def test_there_is_always_one_answer_with_all_placeholders(known: Facts) -> None:
    found = diagnose(known)
    assert (found.cause, found.remedy) in {
        (cause, remedy) for _, cause, remedy in CASES
    }
    assert found.placeholders.keys() == diagnose(Facts()).placeholders.keys()


def test_what_arrives_broken_did_connect() -> None:
    weak = Facts(
        scanners=[ScannerReport(name="hall", rssi=-88)],
        failure=Failure.GARBLED,
        failures=5,
    )
    assert diagnose(weak).cause is Cause.GARBLED
