"""Comments that tell lint to ignore something: where they count, and what is said of idle ones."""

import time
from collections.abc import Mapping
from typing import Protocol

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptktctl.lint.engine import lint
from ptktctl.lint.finding import Severity
from ptktctl.lint.result import File, Result
from ptktctl.lint.rules import choose_rules
from ptktctl.lint.source import read_source
from ptktctl.lint.suppression import find_suppressions

OMVSAPPL = '_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID=OMVSAPPL"\n'
FEKAPPL = OMVSAPPL.replace("OMVSAPPL", "FEKAPPL")
IGNORE = "# ptktctl: ignore[PTK101] agreed until May\n"
WARNING, INFO = Severity.WARNING, Severity.INFO


class Lint(Protocol):
    def __call__(self, files: Mapping[str, str | bytes], kind: str | None = None) -> Result: ...


def rules(result: Result) -> list[tuple[str, int]]:
    return [(finding.rule.id, finding.span.line) for finding in result.findings]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (IGNORE + OMVSAPPL, []),
        (OMVSAPPL.rstrip() + " " + IGNORE, []),
        ("  ##   ptktctl:ignore [ PTK101 ]\n" + OMVSAPPL, []),
        ("# ptktctl: ignore[PTK101,PTK203]\n" + OMVSAPPL, []),
        ("# ptktctl: ignore[omvsappl]\n" + OMVSAPPL, []),
        ("# ptktctl: ignore[ptk10]\n" + OMVSAPPL, []),
        (IGNORE + "# ptktctl: ignore[PTK301]\nA = 1\n" + FEKAPPL, [("PTK901", 1)]),
        ("# ptktctl: ignore[PTK301] a\n# ptktctl: ignore[PTK101] b\n" + OMVSAPPL, [("PTK901", 1)]),
        ("# ptktctl: ignore[PTK303] a\n# ptktctl: ignore[PTK101] b\n" + OMVSAPPL.replace(" -D", " –Dx -D"), []),
        (IGNORE + "\n" + OMVSAPPL, [("PTK901", 1), ("PTK101", 3)]),
        (OMVSAPPL + IGNORE, [("PTK101", 1), ("PTK901", 2)]),
        ("A=1 " + IGNORE + OMVSAPPL, [("PTK901", 1), ("PTK101", 2)]),
        ("# see ptktctl: ignore[PTK101]\n" + OMVSAPPL, [("PTK101", 2)]),
        ("ptktctl: ignore[PTK101]\n" + OMVSAPPL, [("PTK101", 2)]),
    ],
)
def test_where_a_comment_counts(text: str, expected: list[tuple[str, int]], lint_texts: Lint) -> None:
    files = {"rse.env": text, "FEJJCNFG": "# ptktctl: ignore[PTK101,PTK201]\nAPPLID=OMVSAPPL\n"}
    told = [each for each in lint_texts(files).findings if each.span.file == "rse.env" and each.rule.id != "PTK201"]
    assert [(finding.rule.id, finding.span.line) for finding in told if finding.severity is not INFO] == expected


def test_a_comment_on_the_first_line_is_about_the_file_too(lint_texts: Lint) -> None:
    assert rules(lint_texts({"rse.env": "# ptktctl: ignore[PTK106]\n\nTZ=EST5EDT\n"})) == []


def test_the_whole_of_a_finding_counts(lint_texts: Lint) -> None:
    text = FEKAPPL + "cat <<\\\nEOF # ptktctl: ignore[PTK306]\n"
    assert rules(lint_texts({"rse.env": text})) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("FEJJCNFG", "# ptktctl: ignore[PTK312] known\nAPPLID=FEKAPPL here\n"),
        ("racf.txt", "/* ptktctl: ignore[PTK] a sample */\nRDEFINE PTKTDATA FEKAPPL (\n"),
        (
            "racf.jcl",
            "//J JOB\n//S EXEC PGM=IKJEFT01\n//* ptktctl: ignore[PTK]\n//SYSTSIN DD *\n RDEFINE PTKTDATA A B\n",
        ),
        ("racf.md", "<!-- ptktctl: ignore[PTK] a sample -->\n    RDEFINE PTKTDATA FEKAPPL (\n"),
        ("HFICONFG", "* ptktctl: ignore[PTK101]\nSAFJWT_APPLID=OMVSAPPL\n"),
        ("HFICONFG", "  * ptktctl: ignore[PTK101]\nSAFJWT_APPLID=OMVSAPPL\n"),
        ("eqahcc.properties", "# ptktctl: ignore[PTK101]\napplid=OMVSAPPL\n"),
        ("eqahcc.properties", " ! ptktctl: ignore[PTK101] as agreed\napplid=OMVSAPPL\n"),
        ("setup.rexx", "/* REXX */\n/* ptktctl: ignore[PTK] a sample */\n'RDEFINE PTKTDATA FEKAPPL ('\n"),
        ("setup.sh", "#!/bin/sh\n# ptktctl: ignore[PTK] a sample\ntsocmd 'RDEFINE PTKTDATA FEKAPPL ('\n"),
        ("acf2.txt", "* ptktctl: ignore[PTK] a sample\nRECKEY IRRPTAUTH ADD(- UID(*) SERVICE(UPDATE) ALLOW)\n"),
        ("s.yaml", "a:\n  # ptktctl: ignore[PTK208]\n  scheme: httpBasicPassTicket\n"),
    ],
)
def test_in_the_comments_of_any_file(name: str, text: str) -> None:
    found = list(find_suppressions(read_source(name, text.encode())))
    assert len(found) == 1
    assert found[0].last == found[0].first + 1
    told = lint([File(name, text.encode())])
    assert told.problems == ()
    assert found[0].last not in {finding.span.line for finding in told.findings}


@pytest.mark.parametrize(
    ("comment", "message", "severity"),
    [
        ("ignore[PTK101]", "PTK101 finds nothing here", WARNING),
        ("ignore[PTK3]", "PTK3 finds nothing here", WARNING),
        ("ignore[PTK201]", "PTK201 finds nothing here, with the files given", INFO),
        ("ignore[PTK]", "PTK finds nothing here, with the files given", INFO),
        ("ignore[PTK999]", "there is no rule PTK999", WARNING),
        ("ignore[key masked]", "there is no rule key", WARNING),
        ("ignore[]", "this comment is not understood", WARNING),
        ("ignore PTK101", "this comment is not understood", WARNING),
        ("disable", "this comment is not understood", WARNING),
        ("", "this comment is not understood", WARNING),
    ],
)
def test_an_idle_comment_is_told(comment: str, message: str, severity: Severity, lint_texts: Lint) -> None:
    result = lint_texts({"rse.env": f"{FEKAPPL}# ptktctl: {comment}\n"})
    finding = result.findings[0]
    assert (finding.rule.id, finding.message, finding.severity) == ("PTK901", message, severity)


def test_of_several_names_the_idle_one_is_marked(lint_texts: Lint) -> None:
    text = "# ptktctl: ignore[PTK101, PTK301]\n" + OMVSAPPL
    result = lint_texts({"rse.env": text, "FEJJCNFG": IGNORE + "APPLID=OMVSAPPL\n"})
    (finding,) = result.findings
    assert text[finding.span.column - 1 : finding.span.end_column - 1] == "PTK301"


def test_rules_not_asked_are_not_judged_idle() -> None:
    files = [File("rse.env", (IGNORE + FEKAPPL).encode())]
    assert rules(lint(files, rules=choose_rules(["PTK2", "PTK9"]))) == []
    assert rules(lint(files, rules=choose_rules(["PTK1", "PTK9"]))) == [("PTK901", 1)]
    assert rules(lint(files, rules=choose_rules(["PTK1"]))) == []


def test_comments_need_not_be_heeded() -> None:
    files = [File("rse.env", (IGNORE + OMVSAPPL).encode())]
    assert rules(lint(files, rules=choose_rules(["PTK1", "PTK9"]), heed_comments=False)) == [("PTK101", 2)]


@given(st.lists(st.sampled_from(["ptktctl:", "#", "ignore", "[", "]", "PTK101", ",", "\n", " ", "/*", "*/", "A = 1"])))
def test_any_comments(pieces: list[str]) -> None:
    source = read_source("rse.env", "".join(pieces).encode())
    for each in find_suppressions(source):
        assert 1 <= each.first <= each.last <= len(source.starts)
        line = source.line(each.span.line)
        assert not each.name or line[each.span.column - 1 : each.span.end_column - 1] == each.name
    lint([File("rse.env", source.text.encode())])


@pytest.mark.parametrize("line", [IGNORE, "A = 1 " + IGNORE, "#" * 50 + " ptktctl:" + "[" * 50 + "\n"])
def test_time_grows_with_the_number_of_comments(line: str) -> None:
    data = line.encode() * 5_000
    started = time.process_time()
    lint([File("rse.env", data)], rules=choose_rules(["PTK301", "PTK901"]))
    assert time.process_time() - started < 8


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("racf.txt", "RDEFINE PTKTDATA A UACC(NONE) +\n  SSIGNON({}) +\n  APPLDATA('X')\n"),
        ("racf.txt", "RDEFINE PTKTDATA A UACC(NONE) SSIGNON( -\n  {})\n"),
        ("racf.rexx", 'address tso "RDEFINE PTKTDATA A UACC(NONE)",\n  "SSIGNON("||,\n  "{})"\n'),
        ("racf.sh", 'tsocmd "RDEFINE PTKTDATA A UACC(NONE) \\\nSSIGNON({})"\n'),
    ],
)
def test_above_a_command_that_goes_on_the_comment_is_about_all_of_it(name: str, command: str, lint_texts: Lint) -> None:
    sign = {"racf.sh": "# {}", "racf.rexx": "/* {} */"}.get(name, "/* {} */").format
    text = command.format("KEYMASKED(&KEY)")
    found = [rule for rule, _ in rules(lint_texts({name: text}))]
    assert "PTK404" in found
    ignored = sign("ptktctl: ignore[PTK404] until May") + "\n" + text
    assert rules(lint_texts({name: ignored})) == [
        (rule, line + 1) for rule, line in rules(lint_texts({name: text})) if rule != "PTK404"
    ]
    # Not about the next command.
    other = text.replace("A UACC", "B UACC")
    assert "PTK404" in [rule for rule, _ in rules(lint_texts({name: ignored + other}))]
