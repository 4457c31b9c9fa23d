"""ptktctl completion: the script that makes a shell complete commands, options and APPLIDs."""

from __future__ import annotations

import click

from ptktctl.commands.answer import Answer
from ptktctl.commands.context import Context
from ptktctl.commands.parameters import command

SHELLS = ("bash", "zsh", "fish")


def completion_script(shell: str) -> str:
    """The script for one of SHELLS, the same on every machine."""
    from click.shell_completion import get_completion_class

    from ptktctl.commands.root import cli

    kind = get_completion_class(shell)
    if kind is None:
        raise AssertionError(f"click knows no completion for {shell}")
    made = kind(cli, {}, "ptktctl", "_PTKTCTL_COMPLETE")
    # Not made.source(): for bash that would start bash to ask for its version.
    return (made.source_template % made.source_vars()).strip()


@command(
    "completion",
    examples="""
    eval "$(ptktctl completion bash)"
    ptktctl completion zsh > ~/.zfunc/_ptktctl
    ptktctl completion fish > ~/.config/fish/completions/ptktctl.fish
    """,
)
@click.argument("shell", type=click.Choice(SHELLS))
def completion(_context: Context, shell: str) -> Answer:
    """Print the completion script for a shell."""
    script = completion_script(shell)
    return Answer("completion/1", {"shell": shell, "script": script}, script)
