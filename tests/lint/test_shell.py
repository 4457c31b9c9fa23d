"""The shell lexer: it covers the text, goes on after errors, and agrees with a real shell on values."""

import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptktctl.lint.readers.environment import _Environment
from ptktctl.lint.readers.shell import Kind, Token, commands, lex
from ptktctl.lint.readers.values import OPAQUE, UNSET
from ptktctl.lint.site import SlipKind
from ptktctl.lint.source import read_source

NAMES = ("A", "B", "C1")


def check_parts(token: Token) -> None:
    """The parts of a word follow each other without a gap, down to the last."""
    at = token.parts[0].start if token.parts else token.end
    for part in token.parts:
        assert part.start == at
        assert part.end > part.start
        at = part.end
        check_parts(part)
    assert at <= token.end
    if token.kind is Kind.WORD:
        assert (token.parts[0].start, at) == (token.start, token.end)


@given(st.text("AB=x1 \t\n\\'\"`$(){}#<>;&|:-–"))
@settings(max_examples=500)
def test_tokens_cover_every_text(text: str) -> None:
    tokens, openings = lex(text)
    assert "".join(text[token.start : token.end] for token in tokens) == text
    assert all(left.end == right.start for left, right in pairwise(tokens))
    for token in tokens:
        check_parts(token)
    assert all(0 <= each.start < each.end <= len(text) for each in openings)


@pytest.mark.parametrize(
    ("text", "kind", "place", "after"),
    [
        ('A="x\nB=1\n', SlipKind.OPEN_QUOTE, 2, ["B"]),
        ("A='x\nB=1\n", SlipKind.OPEN_QUOTE, 2, ["B"]),
        ("A=`x\nB=1\n", SlipKind.OPEN_QUOTE, 2, ["B"]),
        ('A="x\nB="y"\nC=1\n', SlipKind.OPEN_QUOTE, 2, ["B", "C"]),
        ('M="1\n2"\nA="x\n# c\nB=1\n', SlipKind.OPEN_QUOTE, 10, ["B"]),
        ("A=${x\nB=1\n", SlipKind.OPEN_EXPANSION, 2, ["B"]),
        ('A="${x"\nB=1\n', SlipKind.OPEN_EXPANSION, 3, ["B"]),
        ("A=$(x\nB=1\n", SlipKind.OPEN_PARENTHESIS, 2, ["B"]),
        ("(\nB=1\n", SlipKind.OPEN_PARENTHESIS, 0, ["B"]),
        ("cat <<EOF\nB=1\n", SlipKind.OPEN_HERE_DOCUMENT, 4, ["B"]),
        ("B=1 \\\n", SlipKind.OPEN_CONTINUATION, 4, ["B"]),
        ("B=1\\", SlipKind.OPEN_CONTINUATION, 3, ["B"]),
    ],
)
def test_what_is_never_closed_is_told_once_and_the_rest_is_read(
    text: str, kind: SlipKind, place: int, after: list[str]
) -> None:
    tokens, openings = lex(text)
    assert [(each.kind, each.start) for each in openings] == [(kind, place)]
    names = [word.parts[0].value[0] for command in commands(tokens) for word in command.words if command.lasting]
    assert names[-len(after) :] == after


@pytest.mark.parametrize(
    "text",
    [
        'A="x\ny"\n',
        "A='\n'\n",
        'A=$(echo ")" \')\' `echo \\)` $((1+(2))) "$(x)")\n',
        'A=${B:-${C:-"}"}}\n',
        "cat <<EOF\n'\nEOF\nB=1\n",
        "cat <<-'E F' <<X\n\t\"\n\tE F\n(\nX\n",
        "case $x in a) A=1;; esac\n",
        "f() { A=1; }\n",
        "A=a#b'#'\"#\" # don't\n",
        "A=\\'\n",
        "",
    ],
)
def test_what_is_closed_is_not_told(text: str) -> None:
    assert lex(text)[1] == []


def test_here_documents_are_no_commands() -> None:
    tokens, _ = lex("cat <<A; B=1\nC=2\nA\nD=3\n")
    bodies = [token for token in tokens if token.kind is Kind.HERE_DOCUMENT]
    assert [(body.start, body.end) for body in bodies] == [(13, 19)]
    assert [len(command.words) for command in commands(tokens)] == [1, 1, 1]


@pytest.mark.parametrize(
    ("text", "certain"),
    [
        ("A=1; { B=1; }; ( C=1 )", "ABC"),
        ("A=1\nif B=1; then C=1; else D=1; fi; E=1", "AE"),
        ("A=1 && B=1; C=1 ||\n D=1\nE=1", "ACE"),
        ("A=1 || { B=1; }\nC=1", "AC"),
        ("case $x in\n(a) A=1 ;;\nb|c) B=1; C=1 ;;\nesac\nD=1", "D"),
        ("for i in a b; do A=1; done; while B=1; do C=1; done < f\nD=1", "D"),
        ("f() { A=1; }\ng()\n{\n  B=1\n}\nfunction h { C=1; }\nD=1", "D"),
        ("if a; then { B=1; }; if c; then C=1; fi; D=1; fi\nE=1", "E"),
        ("} A=1; fi; B=1", "AB"),
    ],
)
def test_what_is_run_in_any_case(text: str, certain: str) -> None:
    found = [command.words[0].parts[0].value[0] for command in commands(lex(text)[0]) if command.certain]
    assert "".join(each for each in found if each.isupper()) == certain


def values(text: str) -> list[str]:
    """What our reader takes the variables to be, what is unknown as nothing."""
    source = read_source("rse.env", text.encode())
    environment = _Environment((source,))
    for command in commands(lex(source.text)[0]):
        list(environment.run(command))
    variables = environment.variables
    written = [variables.write_out(variables.values[name]) if name in variables.values else None for name in NAMES]
    return [each.characters.replace(UNSET, "").replace(OPAQUE, "") if each else "" for each in written]


LITERAL = st.text("abXY019_./:#=@,+-", min_size=1, max_size=4)
QUOTED = st.text("ab 1#;&|()<>*?{}'–\n\t", max_size=5)
PLAIN_PARAMETER = st.sampled_from(["$A", "$B", "${A}", "${C1}", "$C1"])


def parameter(word: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    signs = st.sampled_from([":-", "-", ":+", "+", ":=", "="])
    braced = st.builds("${{{}{}{}}}".format, st.sampled_from(NAMES), signs, word)
    return PLAIN_PARAMETER | braced


ESCAPED_IN_QUOTES = st.sampled_from(['\\"', "\\\\", "\\$", "\\`", "\\x", "\\'", "-\\\n"])
DOUBLE_QUOTED = st.lists(
    QUOTED | ESCAPED_IN_QUOTES | parameter(st.text("ab 1'", max_size=3)) | parameter(PLAIN_PARAMETER), max_size=4
).map(lambda parts: f'"{"".join(parts)}"')
SINGLE_QUOTED = st.text('ab 1#"$\\`;–\n', max_size=5).map("'{}'".format)
ESCAPED = st.sampled_from(['\\"', "\\\\", "\\$", "\\ ", "\\#", "\\'", "\\a", "-\\\n"])
WORD = st.lists(
    LITERAL | DOUBLE_QUOTED | SINGLE_QUOTED | ESCAPED | parameter(LITERAL | DOUBLE_QUOTED | SINGLE_QUOTED), max_size=4
).map("".join)
ASSIGNMENT = st.builds("{}={}".format, st.sampled_from(NAMES), WORD)
LINE = st.one_of(
    ASSIGNMENT,
    st.builds("  {} {}".format, ASSIGNMENT, ASSIGNMENT),
    st.builds("{} # don't \" $( `".format, ASSIGNMENT),
    st.builds("{}; {}".format, ASSIGNMENT, ASSIGNMENT),
    st.builds("{} \\\n {}".format, ASSIGNMENT, ASSIGNMENT),
    st.builds("export {}={}".format, st.sampled_from(NAMES), DOUBLE_QUOTED | SINGLE_QUOTED),
    st.builds("({}); {} | :".format, ASSIGNMENT, ASSIGNMENT),
    st.builds("{}={} true".format, st.sampled_from(NAMES), LITERAL),
    st.builds("{{ {}; }}".format, ASSIGNMENT),
    st.builds(": <<'E'\n{}\nE".format, ASSIGNMENT.filter(lambda text: "\n" not in text and not text.endswith("\\"))),
    st.sampled_from(["# it's", "", "unset A", "export B", "\t"]),
)


@given(st.lists(LINE, max_size=6).map("\n".join))
@settings(max_examples=150)
def test_values_are_those_of_a_real_shell(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.getbasetemp()
    (folder / "env").write_text(text + "\n")
    assert values(text + "\n") == ask_shell(folder)


def ask_shell(folder: Path) -> list[str]:
    wanted = " ".join(f'"${name}"' for name in NAMES)
    script = f". ./env 2>/dev/null; printf '%s\\001' {wanted}"
    run = subprocess.run(["/bin/sh", "-c", script], cwd=folder, env={}, capture_output=True, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout.decode().split("\1")[:-1]
