"""--help everywhere, with examples that can be typed."""

import shlex
from collections.abc import Iterator
from typing import Any

import click
import pytest

from ptktctl.commands.catalog import SUMMARIES
from ptktctl.commands.root import cli as root

Found = tuple[str, click.Command]


def walk(command: click.Command, path: str) -> Iterator[Found]:
    yield path, command
    if isinstance(command, click.Group):
        for name, each in command.commands.items():
            yield from walk(each, f"{path} {name}")


ALL = dict(walk(root, "ptktctl"))
LEAVES = {path: command for path, command in ALL.items() if not isinstance(command, click.Group)}


def examples_of(command: click.Command) -> list[str]:
    _, heading, lines = (command.epilog or "").partition("Examples:\n")
    assert heading
    return [line.strip() for line in lines.splitlines() if line.strip()]


def calls_of(line: str) -> list[list[str]]:
    """The arguments of each call of ptktctl in a line of shell."""
    line = line.replace("$(", " ( ").replace('"', " ").replace(")", " ) ")
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;()<>")
    lexer.whitespace_split = True
    words = list(lexer)
    calls: list[list[str]] = []
    for number, word in enumerate(words):
        if word == "ptktctl" and (number == 0 or words[number - 1] in ("|", "(", "&&", ";")):
            calls.append([])
            for argument in words[number + 1 :]:
                if argument in ("|", "&&", ";", ")", "(", ">", "<", ">>"):
                    break
                calls[-1].append(argument)
    return calls


def parse(arguments: list[str]) -> None:
    """Parse a command line as the real commands would; do nothing else."""
    context = root.make_context("ptktctl", list(arguments))
    command: click.Command = root
    while isinstance(command, click.Group):
        _, found, arguments = command.resolve_command(context, [*context._protected_args, *context.args])
        assert found
        command, context = found, found.make_context(found.name, arguments, parent=context)


def test_walking_finds_the_commands() -> None:
    assert {"ptktctl gen", "ptktctl applid add", "ptktctl key generate", "ptktctl lint"} <= set(LEAVES)
    assert len(LEAVES) >= 20


@pytest.mark.parametrize("name", SUMMARIES)
def test_the_catalogue_says_what_the_command_says(name: str) -> None:
    command = root.commands[name]
    assert command.name == name
    assert SUMMARIES[name] == command.get_short_help_str(limit=100)


@pytest.mark.parametrize("path", ALL)
def test_help(path: str, cli: Any, capsys: pytest.CaptureFixture[str]) -> None:
    for option in ("--help", "-h"):
        ran = cli.run([*path.split()[1:], option])
        assert (ran.status, ran.err) == (0, "")
        said = capsys.readouterr().out + ran.out
        assert said.startswith(f"Usage: {path} ")
        assert ALL[path].get_short_help_str() != ""
        for line in examples_of(ALL[path]) if path in LEAVES else []:
            assert f"    {line}\n" in said
    assert not cli.home.exists()


def test_version(cli: Any, capsys: pytest.CaptureFixture[str]) -> None:
    from ptktctl import __version__

    ran = cli("--version")
    assert (ran.status, ran.err) == (0, "")
    assert capsys.readouterr().out + ran.out == f"ptktctl {__version__}\n"


@pytest.mark.parametrize("path", list(LEAVES))
def test_examples(path: str) -> None:
    """Two or more, each with the command itself in it, and each can be parsed."""
    examples = examples_of(LEAVES[path])
    assert len(examples) in (2, 3)
    for line in examples:
        calls = calls_of(line)
        assert any(f"ptktctl {' '.join(call)}".startswith(path) for call in calls), line
        for call in calls:
            parse(call)


def test_the_parser_of_examples_can_fail() -> None:
    assert calls_of("ptktctl gen -u A | ptktctl verify -u A -") == [["gen", "-u", "A"], ["verify", "-u", "A", "-"]]
    assert calls_of('curl -u "A:$(ptktctl gen -u A)" https://host') == [["gen", "-u", "A"]]
    for wrong in (["exec"], ["gen", "-u", "A.B"], ["gen", "-u", "A", "--fast"], ["key", "show"], ["nonsense"]):
        with pytest.raises(click.ClickException):
            parse(wrong)


@pytest.mark.parametrize("path", LEAVES)
def test_every_option_says_what_it_does(path: str) -> None:
    for param in LEAVES[path].params:
        if isinstance(param, click.Option):
            assert param.help, f"{path} {param.opts}"
            assert param.help.endswith("."), f"{path} {param.opts}"


@pytest.mark.parametrize("path", LEAVES)
def test_every_command_that_answers_has_a_format(path: str) -> None:
    formats = [param.type for param in LEAVES[path].params if "--format" in param.opts]
    if path in ("ptktctl exec", "ptktctl watch"):  # the one becomes another command, the other is a display
        return
    assert isinstance(formats[0], click.Choice)
    assert "json" in formats[0].choices or "jsonl" in formats[0].choices
