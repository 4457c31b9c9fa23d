"""The README is true: its commands run, its tables are those of the code, and no command or option is missing.

`python tests/test_readme.py` writes its two tables anew.
"""

import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

README = Path(__file__).parent.parent / "README.md"
CONSOLE = re.compile(r"```console\n(.*?)```", re.DOTALL)
SECTION = "<!-- {name}: written by tests/test_readme.py -->\n{text}<!-- end of {name} -->"
FILES = {
    "rse.env": '_RSE_JMON_PORT=6715\n_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID=RSEPROD"\n',
    "FEJJCNFG": "SERV_PORT=6715\n",
}
# Told once, below the listing.
SHARED = {"--format", "--color", "--passphrase-file", "--key-file"}
# Stand-ins for the two clients: they show what reached them, and how.
CLIENTS = {
    "curl": '#!/bin/sh\necho "curl $*: $(cat)"\n',
    "zowe": '#!/bin/sh\necho "zowe $*: $ZOWE_OPT_PASSWORD"\n',
}

Transcript = Callable[..., None]


def rule_table() -> str:
    from ptktctl.lint.rules import catalogue

    rows = "".join(f"| {rule.id} | {rule.slug} | {rule.severity.label} | {rule.what} |\n" for rule, _ in catalogue())
    return "| ID | slug | severity | fires when |\n|---|---|---|---|\n" + rows.replace("*", "\\*")


def commands(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    """Every command, by the words that call it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None
        if isinstance(found, click.Group):
            yield from commands(found, f"{path} {name}")
        else:
            yield f"{path} {name}", found


def synopsis(path: str, command: click.Command) -> str:
    """A command with its own options, as one line of a listing."""
    words = []
    for parameter in sorted(command.params, key=lambda each: not isinstance(each, click.Argument)):
        name = parameter.make_metavar(click.Context(command)).replace("INTEGER RANGE", "N")
        if isinstance(parameter, click.Argument):
            words.append(name)
        elif isinstance(parameter, click.Option) and not SHARED.intersection(parameter.opts):
            option = "|".join(parameter.opts) if parameter.is_flag else f"{'|'.join(parameter.opts)} {name}"
            words.append(option if parameter.required else f"[{option}]")
    return " ".join([path, *words])


def command_list() -> str:
    from ptktctl.commands.root import cli

    lines = "\n".join(synopsis(path, command) for path, command in commands(cli, "ptktctl"))
    return f"```\n{lines}\n```\n"


def with_section(readme: str, name: str, text: str) -> str:
    pattern = re.escape(SECTION.format(name=name, text="\0")).replace("\0", ".*?")
    return re.sub(pattern, lambda _: SECTION.format(name=name, text=text), readme, count=1, flags=re.DOTALL)


def rewritten(readme: str) -> str:
    return with_section(with_section(readme, "rules", rule_table()), "commands", command_list())


def test_the_tables_are_those_of_the_code() -> None:
    readme = README.read_text()
    assert readme == rewritten(readme), "run: python tests/test_readme.py"
    assert "PTK201" in readme


def test_every_command_and_option_appears() -> None:
    from ptktctl.commands.root import cli

    readme = README.read_text()
    for path, command in commands(cli, "ptktctl"):
        assert path in readme
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert all(option in readme for option in parameter.opts), (path, parameter.opts)


def test_every_command_shown_runs_and_prints_what_is_shown(
    tmp_path: Path, transcript: Transcript, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    clients = tmp_path / "clients"
    clients.mkdir()
    for name, text in CLIENTS.items():
        (clients / name).write_text(text)
        (clients / name).chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", str(clients), prepend=":")
    sessions = CONSOLE.findall(README.read_text())
    assert len(sessions) >= 5
    transcript("".join(sessions), home=tmp_path)


def test_the_library_example_is_true(capsys: pytest.CaptureFixture[str]) -> None:
    block = re.search(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    assert block
    names: dict[str, object] = {}
    for line in filter(None, block[1].splitlines()):
        code, _, shown = line.partition("  # ")
        if shown:
            assert repr(eval(code, names)) == shown
        else:
            exec(code, names)


def test_set_up_is_two_commands_of_one_line() -> None:
    text = README.read_text()
    set_up = text[text.index("## Set-up") : text.index("## Five minutes")]
    blocks = re.findall(r"```sh\n(.*?)```", set_up, re.DOTALL)
    assert [block.count("\n") for block in blocks] == [1, 1]
    assert blocks[0].rstrip().endswith("ptktctl demo")
    assert blocks[1].rstrip().endswith("-m pytest")
    assert all("python3 -m venv .venv && " in block for block in blocks)


if __name__ == "__main__":
    README.write_text(rewritten(README.read_text()))
