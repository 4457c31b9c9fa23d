"""--fix, --set-applid and --diff: what changes in files, and that nothing else does."""

import io
import json
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptktctl.commands.context import Context
from ptktctl.commands.root import main
from ptktctl.errors import InputError
from ptktctl.lint.engine import lint
from ptktctl.lint.fixes import plan_fixes
from ptktctl.lint.original import read_original
from ptktctl.lint.result import File
from ptktctl.lint.site import Component
from ptktctl.lint.source import CODE_PAGES, read_source

FEKAPPL = '_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID=FEKAPPL"\n'
Run = Callable[..., tuple[int, str, str]]
Encode = Callable[[str, str], bytes]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `ptktctl lint` in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> tuple[int, str, str]:
        out, err = io.StringIO(), io.StringIO()
        context = Context(stdin=io.BytesIO(b""), stdout=out, stderr=err, environ={})
        return main(["lint", *arguments], context), out.getvalue(), err.getvalue()

    return call


FIXED = [
    ("rse.env", "A = 1\n", "A=1\n"),
    ("rse.env", "  export A =1 # note\n", "  export A=1 # note\n"),
    ("rse.env", 'A  =  "x = y"\n', 'A="x = y"\n'),
    ("rse.env", "A =\n", "A=\n"),
    ("rse.env", "A= 1\n", None),
    ("rse.env", "A = b c\n", None),
    ("rse.env", "A = $(b)\n", None),
    (
        "rse.env",
        '_RSE_JAVAOPTS="$_RSE_JAVAOPTS –DX=1 —DY=2" # a – b\n',
        '_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DX=1 -DY=2" # a – b\n',
    ),
    ("rse.env", "# a – b\n", None),
    ("rse.env", "A=“x”\n", None),
    ("rse.env", "A = a–b\n", "A=a-b\n"),
    ("rse.env", "APPLID=fekappl\n", "APPLID=FEKAPPL\n"),
    ("rse.env", FEKAPPL.replace("FEKAPPL", "fekAPPL"), FEKAPPL),
    ("rse.env", 'APPLID="mine"\n', 'APPLID="MINE"\n'),
    ("rse.env", "N=mine\nAPPLID=$N\n", None),
    ("rse.env", "APPLID=explorer1\n", None),
    ("rse.env", "N=B\nAPPLID=a$N\n", None),
    ("rse.env", 'N=B\n_RSE_JAVAOPTS="-DAPPLID=a$N"\n', None),
    ("rse.env", "APPLID=OMVSAPPL\n", None),
    ("FEJJCNFG", "TZ=EST5EDT   # New York  \n", "# New York\nTZ=EST5EDT\n"),
    ("FEJJCNFG", "TZ=EST5EDT New York\n", None),
    ("FEJJCNFG", "APPLID=mine # a – b", "# a – b\nAPPLID=MINE"),
    ("FEJJCNFG", "CODEPAGE=UTF–8 # x\nTZ=A # y\n", "# x\nCODEPAGE=UTF-8\n# y\nTZ=A\n"),
    ("FEJJCNFG", "# ptktctl: ignore[PTK312]\nTZ=EST5EDT # New York\n", None),
    ("eqahcc.properties", "applid=fekappl\n", "applid=FEKAPPL\n"),
    (
        "s.yaml",
        "a: {scheme: httpBasicPassTicket, applid: 'jobs'}\n",
        "a: {scheme: httpBasicPassTicket, applid: 'JOBS'}\n",
    ),
]


@pytest.mark.parametrize(("name", "before", "after"), FIXED)
def test_fix(name: str, before: str, after: str | None, run: Run) -> None:
    Path(name).write_bytes(before.encode())
    status, out, err = run(name, "--fix", "--exit-zero")
    assert status == 0
    assert Path(name).read_bytes().decode() == (after or before)
    assert re.fullmatch(rf"{name}: \d lines? changed\n" if after else "", err)
    assert out == run(name, "--exit-zero")[1]
    assert run(name, "--fix", "--exit-zero")[2] == ""


@pytest.mark.parametrize(("name", "before", "after"), FIXED)
def test_diff_changes_nothing(name: str, before: str, after: str | None, run: Run) -> None:
    Path(name).write_bytes(before.encode())
    modified = Path(name).stat().st_mtime_ns
    status, out, err = run(name, "--fix", "--diff")
    assert (status, err) == (int(bool(after)), "")
    assert (Path(name).read_bytes().decode(), Path(name).stat().st_mtime_ns) == (before, modified)
    if after:
        lines = out.splitlines()
        assert lines[:2] == [f"--- {name}", f"+++ {name}"]
        assert {line[1:] for line in lines[3:] if line[0] in " -"} >= set(before.splitlines()) - set(after.splitlines())
        assert {line[1:] for line in lines[3:] if line[0] in " +"} >= set(after.splitlines()) - set(before.splitlines())
        assert run(name, "--fix", "--diff", "--exit-zero")[0] == 0
        parsed = json.loads(run(name, "--fix", "--diff", "--format", "json")[1])
        assert parsed == {"schema": "ptktctl.lint-diff/1", "files": [{"file": name, "diff": out.rstrip("\n")}]}
    else:
        assert out == ""


TEXT = '# Zürich\nA = 1\n_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID=mine"\n\nTZ = EST5EDT'
MENDED = TEXT.replace(" = ", "=").replace("mine", "MINE")


@pytest.mark.parametrize("last", ["", "\n"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "cp1252", "latin-1"])
def test_encoding_and_line_ends_stay(codec: str, end: str, last: str, run: Run) -> None:
    Path("rse.env").write_bytes((TEXT + last).replace("\n", end).encode(codec))
    run("rse.env", "--fix")
    assert Path("rse.env").read_bytes() == (MENDED + last).replace("\n", end).encode(codec)


@pytest.mark.parametrize("code_page", CODE_PAGES)
def test_ebcdic_stays(code_page: str, run: Run, encode_ebcdic: Encode) -> None:
    Path("rse.env").write_bytes(encode_ebcdic(TEXT + "\nX='[^¬]'\n", code_page))
    run("rse.env", "--fix")
    assert Path("rse.env").read_bytes() == encode_ebcdic(MENDED + "\nX='[^¬]'\n", code_page)


@pytest.mark.parametrize(
    "data",
    [
        b"A = 1\0\n",
        "A = 1\n".encode("utf-16"),
        b"A = 1\n# Z\xfcrich\n" + "_RSE_JMON_PORT=6715".encode("cp037") + b"\n",
    ],
)
def test_what_cannot_be_written_as_it_was_is_left_alone(data: bytes, run: Run) -> None:
    Path("rse.env").write_bytes(data)
    status, _, err = run("rse.env", "--fix")
    assert status == 1
    assert "rse.env: left as it is" in err
    assert Path("rse.env").read_bytes() == data


def test_a_file_with_keys_is_left_alone_and_not_shown(run: Run) -> None:
    text = "RDEFINE PTKTDATA FEKAPPL SSIGNON(KEYMASKED(9D3AC68F40B751E2)) –\n UACC(NONE)\n"
    Path("racf.txt").write_text(text)
    for options in (["--fix"], ["--fix", "--diff"]):
        status, out, err = run("racf.txt", *options)
        assert status in (0, 1)
        assert "9D3AC68F40B751E2" not in out + err
        assert Path("racf.txt").read_text() == text


def test_permissions_and_links_stay(run: Run) -> None:
    Path("real").mkdir()
    Path("real/rse.env").write_text("A = 1\n")
    Path("real/rse.env").chmod(0o750)
    Path("rse.env").symlink_to("real/rse.env")
    run("rse.env", "--fix")
    assert Path("real/rse.env").read_text() == "A=1\n"
    assert stat.S_IMODE(Path("real/rse.env").stat().st_mode) == 0o750
    assert Path("rse.env").is_symlink()
    assert os.listdir("real") == ["rse.env"]


def test_a_file_that_cannot_be_written_stays_whole(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("rse.env").write_text("A = 1\n")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    status, _, err = run("rse.env", "--fix")
    assert (status, "rse.env: cannot be written: No space left on device" in err) == (2, True)
    assert (Path("rse.env").read_text(), os.listdir()) == ("A = 1\n", ["rse.env"])


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["-", "--fix"], "not standard input"),
        (["-", "--fix", "--diff"], "not standard input"),
        (["rse.env", "--diff"], "needs --fix or --set-applid"),
        (["rse.env", "--fix", "--set-applid", "A"], "--fix and --set-applid"),
        (["rse.env", "--set-applid", "A.B"], "'A.B'"),
    ],
)
def test_calls_that_are_refused(arguments: list[str], reason: str, run: Run) -> None:
    Path("rse.env").write_text("A = 1\n")
    status, _, err = run(*arguments)
    assert (status, reason in err) == (2, True), err


SERVICE = "- serviceId: {}\n  authentication: {{scheme: httpBasicPassTicket, applid: {} }}\n"
SITE = {
    "rse.env": 'APPLID=OLD\n_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID=OLD -DX=OLD"\n# OLD\n',
    "FEJJCNFG": "SERV_PORT=6715\nAPPLID=OTHER   # OLD\n",
    "rseapi.env": "APPLID=''\n",
    "eqahcc.properties": "port=1\napplid = OLD\n",
    "HFICONFG": "CONFIG=DEFAULT\nAPPLID=HFIAPPL\nSAFJWT_APPLID=OLD\n",
    "s.yaml": SERVICE.format("rseapi", "'OLD'") + SERVICE.format("jobs", "JOBS"),
}
CHANGED = {
    "rse.env": 'APPLID=NEW1\n_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID=NEW1 -DX=OLD"\n# OLD\n',
    "FEJJCNFG": "SERV_PORT=6715\nAPPLID=NEW1   # OLD\n",
    "rseapi.env": "APPLID='NEW1'\n",
    "eqahcc.properties": "port=1\napplid = NEW1\n",
    "HFICONFG": "CONFIG=DEFAULT\nAPPLID=HFIAPPL\nSAFJWT_APPLID=NEW1\n",
    "s.yaml": SERVICE.format("rseapi", "'NEW1'") + SERVICE.format("jobs", "JOBS"),
}


def test_set_applid(run: Run) -> None:
    for name, text in SITE.items():
        Path(name).write_text(text)
    status, out, _ = run(".", "--set-applid", "new1", "--diff")
    assert (status, out.count("\n+++ ")) == (1, 6)
    assert {name: Path(name).read_text() for name in SITE} == SITE
    _, out, err = run(".", "--set-applid", "new1", "--ignore", "PTK312", "--format", "concise")
    assert out == "no findings in 6 files\n"
    assert {name: Path(name).read_text() for name in SITE} == CHANGED
    assert err.count(" changed\n") == 6
    assert run(".", "--set-applid", "new1", "--diff")[:2] == (0, "")


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("rse.env", "TZ=EST5EDT\n", 'TZ=EST5EDT\n_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID=A#$1"\n'.replace("$1", "\\$1")),
        ("rse.env", "TZ=EST5EDT", 'TZ=EST5EDT\n_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID=A#\\$1"'),
        ("rse.env", "", '_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID=A#\\$1"\n'),
        ("FEJJCNFG", "SERV_PORT=6715\r\n", "SERV_PORT=6715\r\nAPPLID=A#$1\r\n"),
        ("FEJJCNFG", "APPLID=\n", "APPLID=A#$1\n"),
        ("rse.env", "APPLID=B\\$2\n", "APPLID=A#\\$1\n"),
    ],
)
def test_an_applid_that_is_a_default_gets_a_line(name: str, before: str, after: str, run: Run) -> None:
    Path(name).write_bytes(before.encode())
    run(name, "--set-applid", "A#$1")
    assert Path(name).read_bytes().decode() == after
    (component,) = lint([File(name, after.encode())]).site.every(Component)
    assert component.applid == "A#$1"


def test_the_default_needs_no_line(run: Run) -> None:
    Path("rse.env").write_text("TZ=EST5EDT\n")
    assert run("rse.env", "--set-applid", "FEKAPPL", "--diff")[:2] == (0, "")


def test_what_only_a_person_can_change_is_named(run: Run) -> None:
    text = 'N=OLD\n_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID=$N"\n'
    Path("rse.env").write_text(text)
    status, _, err = run("rse.env", "--set-applid", "NEW", "--exit-zero")
    assert status == 0
    assert "rse.env:2: the APPLID is put together there; change it by hand" in err
    assert Path("rse.env").read_text() == text


@given(
    st.sampled_from(["rse.env", "FEJJCNFG"]),
    st.binary(max_size=80) | st.text("AB=# –\n'\"$\\\r\x85é", max_size=30).map(str.encode),
)
def test_any_file_is_put_together_again_as_it_was(name: str, data: bytes) -> None:
    try:
        source = read_source(name, data)
    except InputError:
        return
    original = read_original(source, data)
    if original:
        assert original.encode() == data
        plan = plan_fixes(lint([File(name, data)]))
        changed = original.with_lines(plan.changes.get(name, {}))
        assert len(changed.lines) == len(changed.ends)
        assert changed.encode() is not None


def test_a_key_on_another_line_stays_and_is_not_shown(run: Run) -> None:
    key = "9B3F64D81C7EA25B"
    dashed = "RDEFINE PTKTDATA FEKAPPL UACC(NONE) –\n"
    after = f" SSIGNON(KEYMASKED({key}))\nSETROPTS RACLIST(PTKTDATA) REFRESH\n"
    Path("racf.txt").write_text(dashed + after)
    _, out, err = run("racf.txt", "--fix", "--diff")
    assert "-RDEFINE PTKTDATA FEKAPPL UACC(NONE) –\n+RDEFINE PTKTDATA FEKAPPL UACC(NONE) -\n" in out
    assert f" SSIGNON(KEYMASKED({'*' * 16}))\n" in out
    assert key not in out + err
    _, out, err = run("racf.txt", "--fix")
    assert Path("racf.txt").read_text() == dashed.replace("–", "-") + after
    assert key not in out + err


def test_a_diff_can_be_applied(run: Run) -> None:
    for end in ("", "\n"):
        Path("rse.env").write_text(f"A = 1\nB=2\n\nC = 3{end}")
        _, out, _ = run("rse.env", "--fix", "--diff")
        added = [line[1:] for line in out.splitlines() if line.startswith("+") and not line.startswith("+++")]
        assert added == ["A=1", "C=3"]
        assert ("\\ No newline at end of file" in out) is (end == "")
        assert "@@ -1,4 +1,4 @@" in out


def test_systems_without_owners_and_what_another_run_left(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("fchown", "fchmod"):
        monkeypatch.delattr(os, name)
    Path("rse.env").write_text("A = 1\n")
    Path(f".rse.env.{os.getpid()}.new").write_text("interrupted\n")
    run("rse.env", "--fix")
    assert Path("rse.env").read_text() == "A=1\n"


def test_records_of_a_data_set_stay_records(run: Run) -> None:
    def records(*lines: str) -> bytes:
        return "".join(line.ljust(80) for line in lines).encode("cp037")

    Path("FEJJCNFG").write_bytes(records("# JES Job Monitor", "SERV_PORT=6715", "APPLID=FEKAPPL"))
    assert run("FEJJCNFG", "--set-applid", "NEW1")[0] == 0
    assert Path("FEJJCNFG").read_bytes() == records("# JES Job Monitor", "SERV_PORT=6715", "APPLID=NEW1")


def test_sequence_numbers_stay_in_their_columns(run: Run) -> None:
    def numbered(*lines: str) -> str:
        return "".join(f"{line:<72}{number:06}00\n" for number, line in enumerate(lines, start=1))

    Path("FEJJCNFG").write_text(numbered("SERV_PORT=6715", "APPLID=FEKAPPL", "TZ=EST5EDT # New York"))
    run("FEJJCNFG", "--set-applid", "NEW1")
    assert Path("FEJJCNFG").read_text() == numbered("SERV_PORT=6715", "APPLID=NEW1", "TZ=EST5EDT # New York")
    run("FEJJCNFG", "--fix")
    lines = Path("FEJJCNFG").read_text().split("\n")
    assert lines[2:4] == ["# New York", f"{'TZ=EST5EDT':<72}00000300"]


def test_an_applid_that_is_not_set_everywhere_is_a_failure(run: Run) -> None:
    Path("rse.env").write_bytes("APPLID=FEKAPPL # Zürich\n".encode("cp1252") + "B=2".encode("cp037") + b"\n")
    Path("FEJJCNFG").write_text("APPLID=FEKAPPL\n")
    status, _, err = run("rse.env", "FEJJCNFG", "--set-applid", "NEW1", "--ignore", "PTK2,PTK3")
    assert (status, "rse.env: left as it is: its parts are in different encodings" in err) == (1, True)
    Path("rse.env").write_text("A=B\nAPPLID=FEKAPP$L\n")
    assert run("rse.env", "--set-applid", "NEW1")[0] == 1
