"""What the fuzzer has found stays mended, and its harness finds what it is made to find."""

from pathlib import Path
from types import ModuleType

import pytest

from ptktctl.commands.lint import KINDS
from ptktctl.lint.rules.applids import OMVSAPPL

HERE = Path(__file__).parent
FINDS = sorted((HERE / "finds").iterdir())
CASES = sorted((HERE.parent / "lint" / "cases").rglob("*.*"))


def test_every_kind_is_a_target(harness: ModuleType) -> None:
    assert {*harness.TARGETS} == {*KINDS, "detect"}


@pytest.mark.parametrize("find", FINDS, ids=lambda path: path.name)
def test_find(find: Path, harness: ModuleType) -> None:
    target = find.name.partition(".")[0]
    assert target in harness.TARGETS
    harness.check(target, find.read_bytes())


@pytest.mark.parametrize("target", ["detect", *KINDS])
def test_golden_cases_pass_as_every_kind(target: str, harness: ModuleType) -> None:
    for number, path in enumerate(CASES[:: len(KINDS)]):
        harness.check(target, bytes((number,)) + path.read_bytes())


def test_a_key_in_a_message_would_be_found(harness: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    key = "9B3F64D81C7EA25B"
    data = f"\x84RDEFINE PTKTDATA {key} UACC(NONE) SSIGNON(KEYLABEL(A))\n".encode("latin-1")
    harness.check("racf-commands", data)
    monkeypatch.setattr("ptktctl.lint.masking.Mask.text", lambda _, text: text)
    with pytest.raises(AssertionError, match="a key is shown"):
        harness.check("racf-commands", data)


def test_a_place_that_is_not_there_would_be_found(harness: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"\x80APPLID=OMVSAPPL\n"
    harness.check("job-monitor", data)
    beyond = OMVSAPPL.finding

    def finding(span: object, *arguments: object, **options: object) -> object:
        return beyond(span._replace(end_line=9), *arguments, **options)  # type: ignore[attr-defined, arg-type]

    monkeypatch.setattr(type(OMVSAPPL), "finding", lambda _, *arguments, **options: finding(*arguments, **options))
    with pytest.raises((AssertionError, IndexError)):
        harness.check("job-monitor", data)
