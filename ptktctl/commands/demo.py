"""ptktctl demo: the main jobs on real input, in a home of its own that is gone afterwards."""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ptktctl.commands.answer import Answer
from ptktctl.commands.context import Context
from ptktctl.commands.parameters import command

if TYPE_CHECKING:
    from collections.abc import Iterator

# As they are met at sites: the sample line of rse.env uncommented, and a monitor left at its default.
FILES = {
    "rse.env": (
        "# RSE daemon and server\n"
        "_RSE_RSED_PORT=4035\n"
        "_RSE_JMON_PORT=6715\n"
        '_RSE_JAVAOPTS="-Xms128m -Xmx512m"\n'
        '_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID=OMVSAPPL"\n'
    ),
    "FEJJCNFG": "# JES Job Monitor\nSERV_PORT=6715\nTZ=EST5EDT\n#APPLID=FEKAPPL\n",
}
TICKET = "$ticket"


@dataclass(frozen=True, slots=True)
class Step:
    """One command of the demonstration: why, what is typed, whether its output is kept as the ticket."""

    why: str
    arguments: str
    keep: bool = False


STEPS = (
    Step("A store whose keys are sealed by an unlock key file, so that pipelines need nobody at the keyboard.",
         "init --key-file unlock.key"),
    Step("RSE and JES Job Monitor share one APPLID. Each ticket serves once unless the definition says otherwise.",
         "applid add FEKAPPL --component rse"),
    Step("A random secured signon key; the host gets the same one.", "key generate FEKAPPL"),
    Step("A PassTicket for IBMUSER, made this second.", "gen -u IBMUSER", keep=True),
    Step("The host's side: right user, APPLID and key, inside the window, not used before?",
         f"verify -u IBMUSER {TICKET}"),
    Step("A second use of the same ticket.", f"verify -u IBMUSER {TICKET}"),
    Step("Tickets made within one second are equal, so RSE needs re-use allowed.",
         "applid set FEKAPPL --replay allow"),
    Step("And the files as they are configured:", "lint rse.env FEJJCNFG"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shown:
    """A step with what came of it."""

    step: Step
    status: int
    output: str

    @property
    def typed(self) -> str:
        """The command as a shell would take it."""
        line = f"ptktctl {self.step.arguments}".replace(TICKET, f'"{TICKET}"')
        return f'ticket=$({line}); echo "{TICKET}"' if self.step.keep else line

    def text(self) -> str:
        """The step as a piece of a terminal session."""
        status = f"[status {self.status}]\n" if self.status else ""
        return f"# {self.step.why}\n$ {self.typed}\n{self.output}{status}"


@command(
    "demo",
    examples="""
    ptktctl demo
    ptktctl demo --format json
    """,
)
def demo(context: Context) -> Answer:
    """Show the main jobs on real input.

    Works in a temporary folder and touches nothing of yours: defines FEKAPPL, makes a key, generates a ticket, verifies
    it twice, and lints an rse.env and a FEJJCNFG that do not agree.
    """
    with _temporary_home() as environ:
        shown = list(_run(Context(environ=environ, clock=context.clock, color="never")))
    steps = [{"command": each.typed, "exit_status": each.status, "output": each.output} for each in shown]
    return Answer("demo/1", {"steps": steps}, "\n".join(each.text() for each in shown).rstrip("\n"))


@contextlib.contextmanager
def _temporary_home() -> Iterator[dict[str, str]]:
    """A new folder as working folder and home, with the files to lint in it."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="ptktctl-demo-") as folder, contextlib.chdir(folder):
        for name, text in FILES.items():
            with open(name, "w", encoding="ascii", newline="\n") as file:
                file.write(text)
        yield {"PTKTCTL_HOME": f"{folder}/home"}


def _run(context: Context) -> Iterator[Shown]:
    ticket = ""
    for step in STEPS:
        arguments = [word.replace(TICKET, ticket) for word in step.arguments.split()]
        status, output = _captured(context, arguments)
        ticket = output.strip() if step.keep else ticket
        yield Shown(step, status, output)


def _captured(context: Context, arguments: list[str]) -> tuple[int, str]:
    from ptktctl.commands.root import main

    context.stdout = context.stderr = output = io.StringIO()
    context.stdin = io.BytesIO()
    return main(arguments, context), output.getvalue()
