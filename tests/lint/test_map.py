"""--map: who uses which APPLID, and what is defined for it."""

import io
import json
from pathlib import Path

import jsonschema
import pytest

from ptktctl.commands.context import Context
from ptktctl.commands.root import main

CASES = Path(__file__).parent / "cases"
SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "lint-1.schema.json").read_text())
RSE = '_RSE_JMON_PORT=6716\n_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID=RSEPROD"\n'
RACF = """RDEFINE PTKTDATA RSEPROD SSIGNON(KEYMASKED(9D3AC68F40B751E2)) APPLDATA('NO REPLAY PROTECTION')
RDEFINE PTKTDATA RSEPROD.MIKEM SSIGNON(KEYENCRYPTED(9D3AC68F40B751E3))
RDEFINE PTKTDATA CICSPROD UACC(NONE)
RDEFINE APPL RSEPROD UACC(NONE)
PERMIT RSEPROD CLASS(APPL) ID(DEVS,OPS) ACCESS(READ)
RDEFINE PTKTDATA IRRPTAUTH.RSEPROD.* UACC(NONE)
PERMIT IRRPTAUTH.RSEPROD.* CLASS(PTKTDATA) ID(STCRSE) ACCESS(UPDATE)
PERMIT IRRPTAUTH.RSEPROD.* CLASS(PTKTDATA) ID(STCJMON) ACCESS(READ)
"""


def lint(*arguments: str) -> tuple[int, str]:
    out = io.StringIO()
    status = main(["lint", *arguments], Context(stdin=io.BytesIO(b""), stdout=out, stderr=io.StringIO(), environ={}))
    return status, out.getvalue()


def test_the_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in {
        "rse.env": RSE,
        "FEJJCNFG": "",
        "eqahcc.properties": "applid=rseprod\n",
        "racf.txt": RACF,
    }.items():
        Path(name).write_text(text)
    status, out = lint("--map", "rse.env", "FEJJCNFG", "eqahcc.properties", "racf.txt")
    assert status == 1
    shown = [" ".join(line.split()) for line in out.splitlines()]
    assert shown[:-1] == [
        "RSEPROD",
        "used by RSE, JES Job Monitor at port 6716 rse.env:2",
        "used by headless code coverage eqahcc.properties:1",
        "key PTKTDATA RSEPROD: legacy (KEYMASKED); tickets may be used again racf.txt:1",
        "key PTKTDATA RSEPROD.MIKEM: legacy (KEYENCRYPTED); each ticket is used once racf.txt:2",
        "log on APPL RSEPROD UACC(NONE) DEVS, OPS racf.txt:4",
        "generate STCRSE by IRRPTAUTH.RSEPROD.* racf.txt:7",
        "evaluate STCRSE by IRRPTAUTH.RSEPROD.* racf.txt:7",
        "evaluate STCJMON by IRRPTAUTH.RSEPROD.* racf.txt:8",
        "",
        "FEKAPPL",
        "used by JES Job Monitor (by default), at port 6715 FEJJCNFG:1",
        "",
        "CICSPROD",
        "key PTKTDATA CICSPROD: no key; each ticket is used once racf.txt:3",
        "",
    ]
    assert shown[-1].endswith(" in 4 files")
    assert "9D3AC68F40B751E2" not in out
    assert out == lint("--map", "--format", "concise", "rse.env", "FEJJCNFG", "eqahcc.properties", "racf.txt")[1]


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir()))
def test_any_case_can_be_drawn(case: str) -> None:
    parsed = json.loads(lint("--map", "--format", "json", str(CASES / case))[1])
    jsonschema.validate(parsed, SCHEMA)
    drawn = lint("--map", str(CASES / case))[1]
    for each in parsed["map"]:
        assert f"{each['applid'] or '(blank)'}\n" in drawn
    assert "map" not in json.loads(lint("--format", "json", str(CASES / case))[1])


def test_nothing_to_draw(tmp_path: Path) -> None:
    (tmp_path / "racf.txt").write_text("SETROPTS RACLIST(PTKTDATA) REFRESH\n")
    assert lint("--map", str(tmp_path))[1].startswith("no APPLID is in use or defined in these files\n")
