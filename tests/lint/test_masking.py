"""Key material of a linted file: in no message, no snippet, no format, wherever it stands and however it is broken."""

import io
import re
from pathlib import Path

import click
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ptktctl.commands.context import Context
from ptktctl.commands.lint import lint as lint_command
from ptktctl.commands.root import main
from ptktctl.lint.engine import lint
from ptktctl.lint.finding import Span
from ptktctl.lint.readers import find_reader
from ptktctl.lint.reports import text
from ptktctl.lint.result import File
from ptktctl.lint.source import read_source

KEY = "D26A8F13B07C49E5"
FORMATS = next(
    parameter.type.choices
    for parameter in lint_command.params
    if parameter.name == "output_format" and isinstance(parameter.type, click.Choice)
)
RACF = "RDEFINE PTKTDATA FEKAPPL UACC(NONE) SSIGNON({})\nSETROPTS RACLIST(PTKTDATA) REFRESH\n"
FORMS = {
    "masked": RACF.format("KEYMASKED({key})"),
    "encrypted": RACF.format("KEYENCRYPTED({key})"),
    "abbreviated": RACF.format("KEYMASK({key})"),
    "quoted": RACF.format("KEYENCRYPTED('{key}')"),
    "unclosed": "RDEFINE PTKTDATA FEKAPPL SSIGNON(KEYMASKED({key})\n",
    "unclosed twice": "RDEFINE PTKTDATA FEKAPPL SSIGNON(KEYMASKED({key}\nSETROPTS RACLIST(PTKTDATA) REFRESH\n",
    "given twice": RACF.format("KEYMASKED({key}) KEYENCRYPTED({key})"),
    "unknown operand": RACF.format("KEYMSKED({key})"),
    "lower case": "rdefine ptktdata fekappl ssignon(keymasked({key}))\n",
    "in the wrong place": "RDEFINE PTKTDATA FEKAPPL KEYMASKED({key})\n",
    "continued": "RDEFINE PTKTDATA FEKAPPL +\n  SSIGNON(KEYMASKED( +\n {key}))\n",
    "typographic": "RDEFINE PTKTDATA FEKAPPL SSIGNON(KEYMASKED(“{key}”)) APPLDATA(‘NO REPLAY’)\n",
    "comment": "/* RDEFINE PTKTDATA X SSIGNON(KEYMASKED({key})) */\nRDEFINE PTKTDATA X SSIGNON(KEYMASKED({key}))\n",
    "JCL": "//A JOB\n//S EXEC PGM=IKJEFT01\n//SYSTSIN DD *\n RDEFINE PTKTDATA FEKAPPL SSIGNON(KEYMASKED({key}))\n/*\n",
    "shell": '#!/bin/sh\ntsocmd "RDEFINE PTKTDATA FEKAPPL SSIGNON(KEYMASKED({key}))"\n',
    "REXX": '/* REXX */\nADDRESS TSO\n"RDEFINE PTKTDATA FEKAPPL SSIGNON(KEYMASKED({key}))"\n',
    "Markdown": "# Set-up\n\n- `RDEFINE PTKTDATA FEKAPPL SSIGNON(KEYMASKED({key}))`\n",
    "variable": "KEY='{key}' – see below\n" + RACF.format("KEYMASKED($KEY)"),
    "ACF2": "SET PROFILE(PTKTDATA) DIVISION(SSIGNON)\nINSERT FEKAPPL SSKEY({key}) MULT-USE\n",
    "ACF2, unclosed": "SET PROFILE(PTKTDATA) DIVISION(SSIGNON)\nINSERT FEKAPPL SSKEY({key} MULT-USE\n",
    "Top Secret": "TSS ADDTO(NDT) PSTKAPPL(FEKAPPL) SESSKEY({key}) SIGNMULTI\nTSS REFRESH\n",
    "Top Secret, unclosed": "TSS ADDTO(NDT) PSTKAPPL(FEKAPPL) SESSKEY({key} SIGNMULTI\n",
}
# Where no command has a key, or no command is: what has the form of a key is one wherever it stands.
ELSEWHERE = {
    ("racf.txt", "as a name"): "RDEFINE PTKTDATA {key} UACC(NONE) SSIGNON(KEYMASKED(A))\n",
    ("racf2.txt", "within a name"): "RDEFINE PTKTDATA A.{key}.B SSIGNON(KEYLABEL({key}))\n",
    ("racf3.txt", "as an ID"): "PERMIT IRRPTAUTH.A.* CLASS(PTKTDATA) ID({key}) ACCESS({key})\n",
    ("racf4.txt", "as APPLDATA"): "RDEFINE PTKTDATA A SSIGNON(KEYLABEL(B)) APPLDATA('{key}')\n",
    ("racf5.txt", "as a class"): "RDEFINE {key} A\nRDEFINE APPL {key}\nSETROPTS RACLIST(PTKTDATA {key})\n",
    ("racf6.txt", "as an operand"): "RDEFINE PTKTDATA A {key}({key})\nRALTER APPL B {key}\n",
    ("racf7.txt", "beside a sign"): "RDEFINE PTKTDATA A SSIGNON(KEYMASKED({key}<<E))\n",
    ("racf8.txt", "in a suppression"): "/* ptktctl: ignore[{key}] {key} */\nRDEFINE PTKTDATA A ({key}\n",
    ("tss.txt", "as a function"): "TSS {key} PSTKAPPL(A)\nTSS ADDTO({key}) PSTKAPPL({key}) SESSKEY(A)\n",
    ("acf2.txt", "as a rule"): "SET RESOURCE(PTK)\n$KEY(IRRPTAUTH) TYPE(PTK)\n {key} UID({key}) SERVICE({key}) ALLOW\n",
    ("rse.env", "in a remark"): "# {key}\nAPPLID=OMVSAPPL # {key}\n",
    ("a/rse.env", "as an APPLID"): "APPLID={key}\n{key} = 1\n_RSE_JAVAOPTS=-D{key}=1\n_RSE_JAVAOPTS=x\n",
    ("FEJJCNFG", "as a directive"): "APPLID={key}\n{key}=1\nSERV_PORT={key} {key}\nTIMEOUT={key}\n",
    ("b/zowe.yaml", "as an APPLID"): "a: {{serviceId: {key}, scheme: httpBasicPassTicket, applid: {key}}}\n",
    ("c/zowe.yaml", "in what is no YAML"): "a: *{key}\nb: {key}: {key}\n",
    ("eqahcc.properties", "as an APPLID"): "applid={key}\n",
    ("HFICONFG", "as an APPLID"): "APPLID={key}\nPASSTK={key}\nSAFJWT_APPLID={key}\n",
}


# As given, and malformed in ways that an eye may overlook.
KEYS = {
    "right": KEY,
    "too long": KEY + "7C",
    "too short": KEY[:-1],
    "a letter O": KEY.replace("D", "O"),
    "in lower case": KEY.lower(),
}


def shows(output: str, key: str) -> bool:
    """Whether six digits of a key in a row are there to see."""
    runs = {key[start : start + 6].upper() for start in range(len(key) - 5)}
    return any(run in output.upper() for run in runs)


@pytest.mark.parametrize("output_format", FORMATS)
@pytest.mark.parametrize("form", FORMS)
def test_no_format_shows_a_key(form: str, output_format: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for number, key in enumerate(KEYS.values()):
        Path(f"file{number}.txt").write_text(FORMS[form].format(key=key))
    out, err = io.StringIO(), io.StringIO()
    context = Context(stdout=out, stderr=err, environ={}, clock=lambda: 0)
    names = [f"file{number}.txt" for number in range(len(KEYS))]
    assert main(["lint", *names, "--format", output_format], context) == 1
    for key in KEYS.values():
        assert not shows(out.getvalue() + err.getvalue(), key)


def test_snippet_keeps_its_columns() -> None:
    result = lint([File("racf.txt", FORMS["masked"].format(key=KEY).encode())])
    finding = next(each for each in result.findings if each.rule.id == "PTK409")
    line = result.sources["racf.txt"].line(1)
    assert line == FORMS["masked"].format(key="*" * 16).partition("\n")[0]
    assert line[finding.span.column - 1 : finding.span.end_column - 1] == "*" * 16
    assert "KEYMASKED(****************)" in text.render(result)


@given(st.text("0123456789ABCDEF", min_size=16, max_size=16).filter(lambda key: len(set(key)) > 6))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_finding_repeats_a_key(key: str) -> None:
    files = [File(name, content.format(key=key).encode()) for name, content in FORMS.items()]
    result = lint(files)
    assert result.findings
    assert not shows(repr(result.findings) + text.render(result), key)
    assert not any(shows(source.text, key) for source in result.sources.values())


FILES = {
    **{f"{number}.txt": text for number, text in enumerate(FORMS.values())},
    **{n: t for (n, _), t in ELSEWHERE.items()},
}
OUTPUTS = [
    *(["--format", output_format] for output_format in FORMATS),
    ["-v"],
    ["--map"],
    ["--map", "--format", "json"],
]
OUTPUTS += [["--diff", "--fix"], ["--diff", "--set-applid", "RSENEW"], ["--no-ignore"], ["--with-store"]]
OUTPUTS += [["--baseline", "known.json", "--write-baseline"]]


@given(
    st.text("0123456789ABCDEF", min_size=16, max_size=16).filter(lambda key: len(set(key)) > 6),
    st.sets(st.sampled_from(sorted(FILES)), min_size=1, max_size=6),
    st.sampled_from(OUTPUTS),
    st.booleans(),
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_that_lint_writes_shows_a_key(
    tmp_path_factory: pytest.TempPathFactory, key: str, names: set[str], options: list[str], lower: bool
) -> None:
    folder = tmp_path_factory.mktemp("keys")
    for name in names:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(FILES[name].format(key=key.lower() if lower else key))
    out, err = io.StringIO(), io.StringIO()
    context = Context(stdout=out, stderr=err, environ={"PTKTCTL_HOME": str(folder / "store")}, clock=lambda: 0)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert main(["lint", *sorted(names), *options], context) in (0, 1, 2)
    baseline = folder / "known.json"
    written = out.getvalue() + err.getvalue() + (baseline.read_text() if baseline.exists() else "")
    assert "please report it" not in written
    assert not shows(re.sub(r'"(fingerprint|ptktctl/v1)": "\w+"', "", written), key)


@given(st.text("AB \n", max_size=40), st.lists(st.tuples(st.integers(0, 39), st.integers(0, 39)), max_size=4))
def test_masking_hides_just_the_places(content: str, places: list[tuple[int, int]]) -> None:
    source = read_source("x", content.encode())
    spans = [source.span(*sorted((a, b))) for a, b in places if max(a, b) <= len(content)]
    hidden = {offset for a, b in places if max(a, b) <= len(content) for offset in range(*sorted((a, b)))}
    expected = "".join("*" if at in hidden and not c.isspace() else c for at, c in enumerate(content))
    masked = source.masked(spans)
    assert masked.text == expected
    assert masked.starts == source.starts


def test_masking_stays_within_the_line() -> None:
    source = read_source("x", b"ab\ncd\n")
    assert source.masked([Span("x", 1, 2, 1, 99)]).text == "a*\ncd\n"


def test_secrets_have_no_representation() -> None:
    source = read_source("racf.txt", FORMS["masked"].format(key=KEY).encode())
    assert not re.search(KEY, repr(list(find_reader(source).read(source))))
