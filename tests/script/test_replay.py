"""script/replay: what went wrong is said, and expectations are filled in all at once or not at all."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.proto.bms.fixtures import FOLDER
from tests.proto.mibeacon.frames import KEY, obj, sealed

from .programs import program

REPLAY = program("replay")
ADDRESS = "A4:C1:38:02:83:F4"
CLIMATE = sealed(0x055B, obj(0x1004, "d200") + obj(0x1006, "c201"))


def sensor(**changed: Any) -> dict[str, Any]:
    return {
        "id": "mine-1",
        "source": "recorded with the button",
        "address": ADDRESS,
        "service_uuid": "0xFE95",
        "service_data": CLIMATE.hex(),
        "bindkey": KEY.hex(),
        **changed,
    }


def battery(name: str, **changed: Any) -> dict[str, Any]:
    vectors = json.loads((FOLDER / "eleksol.json").read_text("utf-8"))
    return {**next(one for one in vectors if one["id"] == f"eleksol:{name}"), **changed}


CUT = battery(
    "values", exchange=[{"write": "dda50300fffd77", "notify": ["dd0300220500"]}]
)


def stored(folder: Path, *vectors: Any) -> Path:
    path = folder / "mine.json"
    path.write_text(json.dumps(vectors, indent=1) + "\n")
    return path


@pytest.mark.parametrize(
    ("vector", "remark"),
    [
        (sensor(bindkey=None), "key: it is encrypted and the vector has none"),
        (sensor(bindkey="00" * 16), "key: the one in bindkey does not open it"),
        (sensor(service_data=CLIMATE.hex()[:12]), "length: it ends before"),
        (sensor(address="A4:C1:38:00:00:01"), "address: the one inside it"),
        (
            sensor(service_data="5050efbe01f4830238c1a4ff4f0101"),
            "product 0xBEEF has no row in proto/mibeacon/devices.py",
        ),
        (
            battery("bad_checksum"),
            "the answer to dda50300fffd77 was refused: checksum",
        ),
        (CUT, "the answer to dda50300fffd77 is not whole, or not"),
        (battery("values", exchange=[]), "no answer to dda50300fffd77"),
    ],
)
def test_what_went_wrong_is_said(vector: dict[str, Any], remark: str) -> None:
    assert any(remark in one for one in REPLAY.replay(vector)["remarks"])


def test_an_optional_question_without_answer_is_named() -> None:
    vector = battery("values")
    vector["exchange"] = vector["exchange"][:1]
    result = REPLAY.replay(vector)
    assert result["outcome"] == "ok"
    assert result["remarks"] == ["no answer to dda50400fffc77"]


def test_what_goes_well_has_no_remarks() -> None:
    assert REPLAY.replay(sensor())["remarks"] == []
    assert REPLAY.replay(battery("values"))["remarks"] == []


def test_accept_shows_and_fills_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = battery("values")
    del new["expect"]
    path = stored(tmp_path, sensor(), new, battery("bad_checksum"))
    assert REPLAY.main(["--accept", str(path)]) == 0
    filled = json.loads(path.read_text())
    assert filled[0]["expect"] == {"temperature": 21.0, "humidity": 45.0}
    assert (filled[0]["outcome"], filled[0]["events"]) == ("decoded", [])
    assert filled[1]["expect"]["voltage"] == 13.75
    assert "expect" not in filled[2]
    said = capsys.readouterr()
    assert [json.loads(line)["id"] for line in said.out.splitlines()] == [
        "mine-1",
        "eleksol:values",
        "eleksol:bad_checksum",
    ]
    assert said.err == f"{path}: 2 filled in\n"
    # What is right already is left alone.
    before = path.read_text()
    assert REPLAY.main(["--accept", str(path)]) == 0
    assert path.read_text() == before


def test_accept_takes_what_is_new_and_keeps_what_is_to_be_absent(
    tmp_path: Path,
) -> None:
    old = battery("values", expect={"voltage": 13.75, "serial_number": None})
    path = stored(tmp_path, old)
    assert REPLAY.main(["--accept", str(path)]) == 0
    expect = json.loads(path.read_text())[0]["expect"]
    assert (expect["cycles"], expect["serial_number"]) == (2, None)


@pytest.mark.parametrize(
    ("spoiled", "why"),
    [
        (sensor(bindkey=None), "key: it is encrypted"),
        (sensor(service_data="zz"), "non-hexadecimal"),
        (sensor(source=""), "needs an id and a source"),
        (battery("values", exchange=[]), "no answer to dda50300fffd77"),
        (battery("bad_checksum", expect_error=False), "refused: checksum"),
        (battery("values", expect_error=True), "is to be refused, but no error"),
        (battery("values", expect_error=True), "or take expect_error out of it"),
        (
            battery("bad_checksum", exchange=[{"write": "00", "notify": ["dd03"]}]),
            "none of the answers in exchange was asked for: correct it",
        ),
        (sensor(outcome="ignored"), "but decoded, expected: ignored: correct it, or"),
        (battery("values", family="nobody"), "no file of proto/bms/families is called"),
        (
            battery(
                "values", kind="error", exchange=[{"read": "2a24"}], expect_error=True
            ),
            "lacks or spoils: 'value': correct",
        ),
        (
            battery("values", kind="recognise", advertisement={}, expect=None),
            "recognised as None, not as eleksol",
        ),
        (battery("values", exchange=7), "lacks or spoils"),
        (battery("values", kind="dance"), "no kind 'dance': one of auth, "),
        (battery("values", kind=None), "no kind None: one of auth, "),
        (battery("values", expect=[1]), "expect must be a JSON object"),
        (sensor(expect=[1]), "expect must be a JSON object"),
        (sensor(expect="21"), "expect must be a JSON object"),
        (7, "needs an id"),
    ],
)
def test_nothing_is_written_when_one_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], spoiled: Any, why: str
) -> None:
    path = stored(tmp_path, sensor(), spoiled)
    before = path.read_text()
    assert REPLAY.main(["--accept", str(path)]) == 1
    assert path.read_text() == before
    assert [one.name for one in tmp_path.iterdir()] == ["mine.json"]
    said = capsys.readouterr().err
    assert why in said
    assert said.count("\n") == 1


def test_a_file_without_vectors_is_not_accepted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = stored(tmp_path)
    assert REPLAY.main(["--accept", str(path)]) == 1
    assert "holds no vector: put what you recorded" in capsys.readouterr().err


def test_a_file_that_is_read_only_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = stored(tmp_path, sensor())
    path.chmod(0o444)
    before = path.read_text()
    assert REPLAY.main(["--accept", str(path)]) == 1
    assert path.read_text() == before
    assert "it is read-only" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["--accept"], ["--learn", "x"]])
def test_words_that_are_not_known_tell_the_usage(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert REPLAY.main(arguments) == 1
    assert capsys.readouterr().err == f"{REPLAY.USAGE}\n"
